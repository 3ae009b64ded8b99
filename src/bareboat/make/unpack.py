"""A .deb becomes entries: paths judged, /usr merged, rules applied, contents read once.

Refuses what an image must not hold without being asked: device nodes, setuid programs, links that climb out.
The contents are in memory only while the package is worked on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.epoch import LATEST, ZERO, Epoch
from bareboat.base.errors import BuildError, FormatError, UnsafePathError
from bareboat.base.frozen import frozen
from bareboat.base.mode import LINK, SETGID, SETUID
from bareboat.base.path import ImagePath, leaves_root
from bareboat.debian.deb import Deb, Kind, Member, read_deb
from bareboat.make.contribution import Treatment
from bareboat.make.facts import facts_of
from bareboat.make.touched import Touched
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink

_ALIASED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_EXECUTABLE = 0o111
_SPECIAL = (Kind.char, Kind.block, Kind.fifo)
_LARGEST_ID = 2**32 - 2  # chown(2) takes (uid_t) -1 for "as it is"
_LARGEST_DEVICE = 0o7777777  # of a ustar header; Linux has 12 bits for the major and 20 for the minor number


@frozen
class Unpacked:
    """A package as entries (sorted by path) with the contents of its files, and what it says of itself.

    `saved` is bytes by the rule that dropped them; `moved` says where files are that are not where the package has
    them; `moment` is the newest timestamp of what stays; `warnings` name files that cannot be read; `touched` are the
    configuration's own globs that match something.
    """

    entries: tuple[AnyEntry, ...]
    contents: Mapping[ImagePath, bytes]
    control: bytes
    md5sums: bytes | None
    scripts: Mapping[str, bytes]
    saved: Mapping[str, int]
    moved: Mapping[ImagePath, ImagePath]
    moment: Epoch
    warnings: tuple[str, ...]
    touched: tuple[str, ...]


def unpack(open_deb: Callable[[], BinaryIO], package: str, treatment: Treatment) -> Unpacked:
    """Read a .deb under a treatment.

    Args:
        open_deb: Opens its bytes; called a second time only when a hard link outlives its target.
        package: Its name, for origins and errors.
        treatment: How.

    Raises:
        FormatError: When the .deb is not one, has a path twice once /usr is merged, or numbers that no system has.
        UnsafePathError: For links that leave the image.
        LimitError: When more comes out of it than a package may hold.
        BuildError: For devices and setuid programs that nobody asked for.
    """
    wanted: frozenset[ImagePath] = frozenset()
    while True:
        work = _Work(package, treatment, wanted)
        with open_deb() as stream, read_deb(stream, package) as deb:
            for member in deb.members():
                work.take(member)
            missing = work.missing_targets()
            if not missing:
                return work.finish(deb)
        wanted |= missing


class _Work:
    """The state of one unpacking; `wanted` are files to read though they are dropped."""

    def __init__(self, package: str, treatment: Treatment, wanted: frozenset[ImagePath]) -> None:
        self._package = package
        self._treatment = treatment
        self._wanted = wanted
        self._relocate = dict(treatment.relocate)
        self._came_from: dict[ImagePath, tuple[ImagePath, Kind]] = {}
        self._entries: dict[ImagePath, AnyEntry] = {}
        self._files: dict[ImagePath, File] = {}
        self._contents: dict[ImagePath, bytes] = {}
        self._links: dict[ImagePath, ImagePath] = {}
        self._stays: set[ImagePath] = set()
        self._saved: Counter[str] = Counter()
        self._moved: dict[ImagePath, ImagePath] = {}
        self._warnings: list[str] = []
        self._touched = Touched(treatment.pruning)

    def take(self, member: Member) -> None:
        """Look at one member of data.tar."""
        path = self._place(member.path, is_folder=member.kind is Kind.directory)
        if path is None:
            return
        self._refuse_twice(member, path)
        self._touched.see(path, is_folder=member.kind is Kind.directory)
        if member.kind is Kind.hardlink:
            self._links[path] = self._place(ImagePath(member.target), is_folder=False) or ImagePath(member.target)
        rule = self._treatment.verdict(path)
        if rule is None:
            self._stays.add(path)
            self._refuse(member, path)
        elif member.kind is Kind.file:
            self._saved[rule] += member.size
        if member.kind is Kind.file and (rule is None or path in self._wanted):
            self._files[path] = self._file(member, path)
        elif rule is None and member.kind is not Kind.hardlink:
            self._entries[path] = self._entry(member, path)

    def missing_targets(self) -> frozenset[ImagePath]:
        """Files that were not read, though a hard link to them stays."""
        ends = {self._end_of(link) for link in self._links if link in self._stays}
        return frozenset(ends - set(self._files))

    def finish(self, deb: Deb) -> Unpacked:
        """Everything together; a hard link to a file that was dropped is now the file."""
        self._settle_files()
        entries = tuple(self._entries[path] for path in sorted(self._entries))
        return Unpacked(
            entries=entries,
            contents={entry.path: self._contents[entry.path] for entry in entries if isinstance(entry, File)},
            control=deb.control,
            md5sums=deb.md5sums,
            scripts=dict(deb.scripts),
            saved=dict(sorted(self._saved.items())),
            moved=self._moved,
            moment=max((entry.mtime for entry in entries), default=ZERO),
            warnings=tuple(self._warnings),
            touched=self._touched.globs,
        )

    def _settle_files(self) -> None:
        """Make the first name (by path) of each file the file, the others links to it, all as the file was.

        A tar reader must meet the file before its links, and an archive of ours is sorted by path.
        """
        names: dict[ImagePath, list[ImagePath]] = {path: [path] for path in self._files if path in self._stays}
        for link in self._links:
            if link in self._stays:
                names.setdefault(self._end_of(link), []).append(link)
        for end, paths in names.items():
            file = self._files[end]
            first, *others = sorted(paths)
            self._refuse_setuid(first, file.mode)
            self._contents[first] = self._contents[end]
            self._entries[first] = replace(file, path=first)
            for path in others:
                self._entries[path] = Hardlink(
                    path=path, mode=file.mode, uid=file.uid, gid=file.gid, mtime=file.mtime, origin=file.origin,
                    target=first,
                )

    def _end_of(self, link: ImagePath) -> ImagePath:
        """The file that a chain of hard links ends in; tar names only earlier members, so there is no loop."""
        while link in self._links:
            link = self._links[link]
        return link

    def _place(self, path: ImagePath, *, is_folder: bool) -> ImagePath | None:
        """Where a path of the package goes: /usr merged (Debian's usrmerge), single files moved; None for nowhere."""
        if not path:
            return None
        placed = path
        if self._treatment.merged_usr and path.partition("/")[0] in _ALIASED:
            if "/" not in path:
                return None if is_folder else path
            placed = ImagePath(f"usr/{path}")
        placed = self._relocate.get(placed, placed)
        if placed != path:
            self._moved[path] = placed
        return placed

    def _refuse_twice(self, member: Member, path: ImagePath) -> None:
        """Two paths may become one when /usr is merged; folders are one then, nothing else is."""
        before, kind = self._came_from.setdefault(path, (member.path, member.kind))
        if before != member.path and not kind is member.kind is Kind.directory:
            raise FormatError(f'{self._package}: "/{before}" and "/{member.path}" are both "/{path}" in the image')

    def _refuse(self, member: Member, path: ImagePath) -> None:
        if member.kind in _SPECIAL and "devices" not in self._treatment.pruning.allowed:
            raise BuildError(
                f'{self._package}: "/{path}" is a {"FIFO" if member.kind is Kind.fifo else "device node"}',
                hint=f"write `keep: [devices]` if the image needs it, or `drop: [/{path}]`",
            )
        if member.kind is Kind.symlink and leaves_root(path, member.target):
            raise UnsafePathError(f'{self._package}: "/{path}" is a link to "{member.target}", outside of the image')

    def _refuse_setuid(self, path: ImagePath, mode: int) -> None:
        sets_id = mode & SETUID or (mode & SETGID and mode & _EXECUTABLE)
        if sets_id and "setuid" not in self._treatment.pruning.allowed:
            raise BuildError(
                f'{self._package}: "/{path}" runs as its owner (mode {mode:04o})',
                hint=f"write `keep: [setuid]` if the image needs it, or `drop: [/{path}]`",
            )

    def _common(self, member: Member, path: ImagePath) -> dict[str, Any]:
        if max(member.uid, member.gid) > _LARGEST_ID:
            raise FormatError(f'{self._package}: "/{path}" belongs to {member.uid}:{member.gid}, whom no system knows')
        if member.mtime > LATEST:
            raise FormatError(f'{self._package}: "/{path}" is from a time that has no date ({member.mtime} s)')
        return {
            "path": path, "mode": member.mode & 0o7777, "uid": member.uid, "gid": member.gid, "mtime": member.mtime,
            "origin": f"package:{self._package}", "xattrs": member.xattrs,
        }

    def _entry(self, member: Member, path: ImagePath) -> AnyEntry:
        common = self._common(member, path)
        match member.kind:
            case Kind.directory:
                return Directory(**common)
            case Kind.symlink:
                return Symlink(**common | {"mode": LINK}, target=member.target)
            case _:
                if max(member.major, member.minor) > _LARGEST_DEVICE:
                    raise FormatError(f'{self._package}: "/{path}" has a device number that no system has')
                return Device(**common, kind=str(member.kind), major=member.major, minor=member.minor)

    def _file(self, member: Member, path: ImagePath) -> File:
        content = member.read()
        self._contents[path] = content
        facts = facts_of(content, path, self._package)
        self._warnings += [facts.warning] if facts.warning else []
        return File(**self._common(member, path), size=len(content), digest=Digest.of(content), elf=facts.elf)
