"""A .deb becomes entries: paths judged, /usr merged, rules applied, contents read once.

Refuses what an image must not hold without being asked: device nodes, setuid programs, links that climb out.
The contents are in memory only while the package is worked on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256 as new_sha256
from typing import BinaryIO

from bareboat.base.digest import Digest, sha256
from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import BuildError, FormatError, UnsafePathError
from bareboat.base.mode import SETGID, SETUID
from bareboat.base.path import ImagePath, leaves_root
from bareboat.debian.deb import Deb, Kind, Member, read_deb
from bareboat.make.contribution import Treatment
from bareboat.make.elf import is_elf, read_elf
from bareboat.make.tree import AnyEntry, Device, Directory, Entry, File, Hardlink, Symlink

_ALIASED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_EXECUTABLE = 0o111
_SPECIAL = (Kind.char, Kind.block, Kind.fifo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A package as entries (sorted by path) with the contents of its files, and what it says of itself."""

    entries: tuple[AnyEntry, ...]
    contents: Mapping[ImagePath, bytes]
    control: bytes
    md5sums: bytes | None
    scripts: Mapping[str, bytes]
    saved: Mapping[str, int]
    moved: Mapping[ImagePath, ImagePath]
    moment: Epoch


def unpack(open_deb: Callable[[], BinaryIO], package: str, treatment: Treatment) -> Unpacked:
    """Read a .deb under a treatment.

    Args:
        open_deb: Opens its bytes; called a second time only when a hard link outlives its target.
        package: Its name, for origins and errors.
        treatment: How.

    Raises:
        FormatError: When the .deb is not one.
        UnsafePathError: For links that leave the image.
        BuildError: For devices and setuid programs that nobody asked for.
    """
    wanted: frozenset[ImagePath] = frozenset()
    while True:
        work = _Work(package, treatment, wanted)
        with open_deb() as stream:
            deb = read_deb(stream, package)
            for member in deb.members():
                work.take(member)
            missing = work.missing_targets()
            if not missing or missing <= wanted:
                return work.finish(deb)
        wanted |= missing


class _Work:
    """The state of one unpacking."""

    def __init__(self, package: str, treatment: Treatment, wanted: frozenset[ImagePath]) -> None:
        self._package = package
        self._treatment = treatment
        self._wanted = wanted
        self._exclude = frozenset(treatment.exclude)
        self._relocate = dict(treatment.relocate)
        self._entries: dict[ImagePath, AnyEntry] = {}
        self._contents: dict[ImagePath, bytes] = {}
        self._dropped: dict[ImagePath, bytes] = {}
        self._saved: Counter[str] = Counter()
        self._moved: dict[ImagePath, ImagePath] = {}
        self._newest = ZERO

    def take(self, member: Member) -> None:
        """Look at one member of data.tar."""
        path = self._place(member.path, is_folder=member.kind is Kind.directory)
        if path is None:
            return
        rule = self._treatment.pruning.verdict(path)
        if rule is not None or path in self._exclude:
            if member.kind is Kind.file:
                self._saved[rule or "replaced"] += member.size
                if path in self._wanted:
                    self._dropped[path] = member.read()
            return
        self._refuse(member, path)
        entry = self._entry(member, path)
        self._newest = max(self._newest, entry.mtime)
        self._entries[path] = entry

    def missing_targets(self) -> frozenset[ImagePath]:
        """Targets of hard links that stay, though the targets themselves were dropped."""
        links = (entry for entry in self._entries.values() if isinstance(entry, Hardlink))
        targets = {self._end_of(link) for link in links}
        return frozenset(targets - set(self._entries) - set(self._dropped))

    def finish(self, deb: Deb) -> Unpacked:
        """Everything together, hard links of dropped targets turned into files."""
        self._settle_links()
        return Unpacked(
            entries=tuple(self._entries[path] for path in sorted(self._entries)),
            contents=self._contents,
            control=deb.control,
            md5sums=deb.md5sums,
            scripts=dict(deb.scripts),
            saved=dict(sorted(self._saved.items())),
            moved=self._moved,
            moment=self._newest,
        )

    def _settle_links(self) -> None:
        """Make the first name (by path) of each hard-linked file the file, the others links to it.

        A tar reader must meet the file before its links, and an archive of ours is sorted by path.
        """
        families: dict[ImagePath, list[ImagePath]] = {}
        for path in sorted(self._entries):
            link = self._entries[path]
            if isinstance(link, Hardlink):
                families.setdefault(self._end_of(link), []).append(path)
        for target, links in families.items():
            names = sorted([*links, *([target] if target in self._entries else [])])
            content = self._contents.pop(target, None)
            content = self._dropped.get(target) if content is None else content
            if content is None:
                raise FormatError(f'{self._package}: "/{links[0]}" is a hard link to "/{target}", which is not there')
            first = self._entries[names[0]]
            self._entries[names[0]] = self._file(first, content)
            for name in names[1:]:
                entry = self._entries[name]
                self._entries[name] = Hardlink(
                    path=name, mode=first.mode, uid=first.uid, gid=first.gid, mtime=entry.mtime, origin=first.origin,
                    target=names[0],
                )

    def _end_of(self, link: Hardlink) -> ImagePath:
        """The file that a chain of hard links ends in; tar names only earlier members, so there is no loop."""
        target = link.target
        while isinstance(further := self._entries.get(target), Hardlink):
            target = further.target
        return target

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

    def _refuse(self, member: Member, path: ImagePath) -> None:
        allowed = self._treatment.pruning.allowed
        if member.kind in _SPECIAL and "devices" not in allowed:
            raise BuildError(
                f'{self._package}: "/{path}" is a device node', hint="write `keep: [devices]` if the image needs it"
            )
        sets_id = member.mode & SETUID or (member.mode & SETGID and member.mode & _EXECUTABLE)
        if member.kind in (Kind.file, Kind.hardlink) and sets_id and "setuid" not in allowed:
            raise BuildError(
                f'{self._package}: "/{path}" runs as its owner (mode {member.mode:04o})',
                hint=f"write `keep: [setuid]` if the image needs it, or `drop: [/{path}]`",
            )
        if member.kind is Kind.symlink and leaves_root(path, member.target):
            raise UnsafePathError(f'{self._package}: "/{path}" is a link to "{member.target}", outside of the image')

    def _entry(self, member: Member, path: ImagePath) -> AnyEntry:
        origin = f"package:{self._package}"
        mtime = Epoch(max(0, member.mtime))
        mode = member.mode & 0o7777
        match member.kind:
            case Kind.directory:
                return Directory(
                    path=path, mode=mode, uid=member.uid, gid=member.gid, mtime=mtime, origin=origin, xattrs=member.xattrs
                )
            case Kind.symlink:
                return Symlink(
                    path=path, mode=0o777, uid=member.uid, gid=member.gid, mtime=mtime, origin=origin,
                    target=member.target,
                )
            case Kind.hardlink:
                target = self._place(ImagePath(member.target), is_folder=False) or ImagePath(member.target)
                return Hardlink(
                    path=path, mode=mode, uid=member.uid, gid=member.gid, mtime=mtime, origin=origin, target=target
                )
            case Kind.file:
                frame = Directory(
                    path=path, mode=mode, uid=member.uid, gid=member.gid, mtime=mtime, origin=origin, xattrs=member.xattrs
                )
                return self._file(frame, member.read())
            case _:
                return Device(
                    path=path, mode=mode, uid=member.uid, gid=member.gid, mtime=mtime, origin=origin,
                    kind=str(member.kind), major=member.major, minor=member.minor,
                )

    def _file(self, frame: Entry, content: bytes) -> File:
        self._contents[frame.path] = content
        digest: Digest = sha256(new_sha256(content).hexdigest())
        elf = read_elf(content, f"{self._package}: /{frame.path}") if is_elf(content[:4]) else None
        return File(
            path=frame.path, mode=frame.mode, uid=frame.uid, gid=frame.gid, mtime=frame.mtime, origin=frame.origin,
            xattrs=frame.xattrs, size=len(content), digest=digest, elf=elf,
        )
