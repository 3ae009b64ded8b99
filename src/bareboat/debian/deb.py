"""A Debian binary package, read forward once, in constant memory.

Obeys deb(5): an `ar` archive of `debian-binary`, `control.tar` and `data.tar`, "in this exact order".
It is as strict as a reader of hostile bytes must be: each path comes once, stays inside the image, and is never
written through a link of the same package.
Setuid files and devices are reported as they are; the maker of images decides about them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO, Self

from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError, InternalError, LimitError, UnsafePathError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, archive_path, parents_of
from bareboat.debian.ar import ArReader
from bareboat.debian.inflate import COMPRESSIONS, Limits, inflated
from bareboat.debian.tar import TarEntry, TarReader

SCRIPTS = ("config", "postinst", "postrm", "preinst", "prerm")

USUAL_LIMITS = Limits()

_CONTROL_LIMITS = Limits(max_bytes=64 << 20)

_LONGEST_PATH = 4096  # Linux, PATH_MAX
_MOST_FOLDER_BYTES = 64 << 20  # of the names of all folders: hundreds of times what a package of Debian has


class Kind(StrEnum):
    """What a member of `data.tar` is."""

    file = "file"
    directory = "directory"
    symlink = "symlink"
    hardlink = "hardlink"
    char = "char"
    block = "block"
    fifo = "fifo"


_KINDS = {
    "0": Kind.file, "1": Kind.hardlink, "2": Kind.symlink, "3": Kind.char, "4": Kind.block, "5": Kind.directory,
    "6": Kind.fifo,
}  # fmt: skip


@frozen
class Member:
    """One member of `data.tar`; its content can be read until the next member is asked for, and once.

    `target` is the text of a symbolic link, or the path of the earlier file that a hard link names; empty otherwise.
    `size` is in bytes; `major` and `minor` are those of a device; `xattrs` are sorted by name.
    """

    path: ImagePath
    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: Epoch = Epoch(0)
    size: int = 0
    target: str = ""
    major: int = 0
    minor: int = 0
    xattrs: tuple[tuple[str, bytes], ...] = ()
    content: Iterator[bytes] = field(default_factory=lambda: iter(()), repr=False, compare=False)

    def chunks(self) -> Iterator[bytes]:
        """The content, in pieces of at most 1 MiB.

        Raises:
            FormatError: When the package is damaged or ends too early.
        """
        return self.content

    def read(self) -> bytes:
        """The whole content."""
        first = next(self.content, b"")
        if len(first) == self.size:
            return first
        gathered = BytesIO()  # which grows in place: pieces that wait to be joined would take its room once more
        gathered.write(first)
        for piece in self.content:
            gathered.write(piece)
        data = gathered.getvalue()
        if len(data) != self.size:
            raise InternalError(f'the content of "{self.path}" is read twice')
        return data


@frozen
class Deb:
    """A package whose control archive has been read; the bytes are as they came.

    `control` is the control file; `md5sums` and `triggers` are None when there are none; `scripts` has the
    maintainer scripts by name; `conffiles` are the paths that the file of that name lists.
    As a context it ends the reading of members; the stream stays the caller's.
    """

    control: bytes
    md5sums: bytes | None
    scripts: Mapping[str, bytes]
    triggers: bytes | None
    conffiles: tuple[ImagePath, ...]
    _data: Generator[Member, None, None] = field(repr=False, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._data.close()

    def members(self) -> Iterator[Member]:
        """The members of `data.tar`, once, in their order, the root folder with its empty path among them.

        Raises:
            FormatError: When the package is damaged, has a path twice, or a hard link to nothing.
            UnsafePathError: When a path would leave the image, or leads through a link of the same package.
            LimitError: When more comes out than the limits allow.
        """
        return self._data


def read_deb(stream: BinaryIO, where: str, limits: Limits = USUAL_LIMITS) -> Deb:
    """Read a package up to its data; `Deb.members` goes on from there.

    Args:
        stream: The package at its beginning; the caller closes it, after the members have been read.
        where: What to call it in an error.
        limits: How much `data.tar` may unpack to.

    Raises:
        FormatError: When it is no Debian package, or its control archive is damaged or without a control file.
    """
    archive = ArReader(stream, where)
    first = archive.next_member()
    # "The first member is named debian-binary and contains a series of lines, separated by newlines. Currently only
    # one line is present, the format version number, 2.0". "If the major number has changed, … the program should
    # stop."
    if first is None or first.name != "debian-binary" or not archive.read(1024).startswith(b"2."):
        raise FormatError(f"{where}: cannot read as a Debian package: it is not of format 2")
    control = _control_files(_tar_member(archive, "control", where, _CONTROL_LIMITS), where)
    if "control" not in control:
        raise FormatError(f"{where}: the package has no control file")
    data = _tar_member(archive, "data", where, limits)
    return Deb(
        control=control["control"],
        md5sums=control.get("md5sums"),
        scripts=MappingProxyType({name: control[name] for name in SCRIPTS if name in control}),
        triggers=control.get("triggers"),
        conffiles=_conffiles(control.get("conffiles", b""), where),
        _data=_members(data, archive, where),
    )


def _tar_member(archive: ArReader, stem: str, where: str, limits: Limits) -> TarReader:
    """The member `control.tar` or `data.tar`, with any compression.

    "Any additional members that may need to be inserted … will have names starting with an underscore."
    """
    member = archive.next_member()
    while member is not None and member.name.startswith("_"):
        member = archive.next_member()
    name = member.name if member else ""
    compression = name.removeprefix(f"{stem}.tar").removeprefix(".")
    if not name.startswith(f"{stem}.tar") or compression not in COMPRESSIONS:
        raise FormatError(f'{where}: expected "{stem}.tar", the package goes on with "{name}"')
    inner = f"{where}: {name}"
    return TarReader(inflated(archive.chunks(), compression, inner, limits), inner)


def _control_files(tar: TarReader, where: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    while (entry := tar.next_entry()) is not None:
        name = archive_path(entry.name, where=f"{where}: control.tar")
        if entry.type == "0":
            if name in files:
                raise FormatError(f'{where}: control.tar has "{name}" twice')
            files[name] = b"".join(tar.chunks())
        elif entry.type != "5":
            raise FormatError(f'{where}: control.tar has "{name}", which is no file')
    return files


def _conffiles(data: bytes, where: str) -> tuple[ImagePath, ...]:
    """deb-conffiles(5): "absolute pathnames", one a line; those with a flag before them are not in the package."""
    paths = []
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        if line.startswith("/"):
            paths.append(archive_path(line.strip().lstrip("/"), where=f"{where}: conffiles"))
    return tuple(paths)


def _members(tar: TarReader, archive: ArReader, where: str) -> Generator[Member, None, None]:
    paths = _Paths(where)
    while (entry := tar.next_entry()) is not None:
        yield paths.member(entry, tar.chunks())
    # "Current implementations should ignore any additional members after data.tar"; a second package is none of them.
    while (member := archive.next_member()) is not None:
        if member.name.startswith(("control.tar", "data.tar", "debian-binary")):
            raise FormatError(f'{where}: the package has a second "{member.name}"')


class _Paths:
    """The paths that a package has brought so far, and the judgement of the next."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._kinds: dict[ImagePath, Kind] = {}
        self._folders: set[ImagePath] = set()
        self._folder_bytes = 0

    def member(self, entry: TarEntry, content: Iterator[bytes]) -> Member:
        path = archive_path(entry.name, where=self._where)
        if len(path.encode()) > _LONGEST_PATH:
            raise LimitError(f'{self._where}: "{path[:80]}…" is longer than Linux allows')
        kind = _KINDS[entry.type]
        self._judge(path, kind)
        target = entry.link
        if kind is Kind.hardlink:
            target = archive_path(target, where=f'{self._where}: hard link "{path}"')
            if self._kinds.get(ImagePath(target)) not in (Kind.file, Kind.hardlink):
                raise FormatError(f'{self._where}: "{path}" is a hard link to "{target}", which is no earlier file')
        elif kind is Kind.symlink:
            self._judge_target(path, target)
        self._kinds[path] = kind
        return Member(
            path=path, kind=kind, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=Epoch(entry.mtime),
            size=entry.size, target=target if kind in (Kind.hardlink, Kind.symlink) else "", major=entry.major,
            minor=entry.minor, xattrs=entry.xattrs, content=content,
        )  # fmt: skip

    def _judge(self, path: ImagePath, kind: Kind) -> None:
        before = self._kinds.get(path)
        if before is not None and not before is kind is Kind.directory:
            raise FormatError(f'{self._where}: the package has "{path}" twice')
        if kind is not Kind.directory and (not path or path in self._folders):
            raise FormatError(f'{self._where}: "{path}" is a folder and a {kind} at once')
        for parent in reversed(parents_of(path)):
            if parent in self._folders:
                break
            if self._kinds.get(parent, Kind.directory) is not Kind.directory:
                what = self._kinds[parent]
                raise UnsafePathError(f'{self._where}: "{path}" leads through "{parent}", a {what} of the same package')
            self._folders.add(parent)
            self._folder_bytes += len(parent)
        if self._folder_bytes > _MOST_FOLDER_BYTES:
            raise LimitError(f"{self._where}: the names of its folders have more than {_MOST_FOLDER_BYTES} bytes")

    def _judge_target(self, path: ImagePath, target: str) -> None:
        # Bytes that are not UTF-8 came through as surrogates, which have no encoding.
        if not target or "\0" in target or target != target.encode("utf-8", "replace").decode():
            raise UnsafePathError(f'{self._where}: "{path}" is a link to {target!r}, which is no path')
