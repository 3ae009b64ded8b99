"""The filesystem of an image as a value: paths to entries, frozen.

A `Tree` never touches a disk.
Contents that effects and proofs need travel along (`data`, `elf`); all others are known by digest and size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.base.path import ROOT, ImagePath, parent_of, parents_of
from bareboat.make.elf import ElfFacts

_MOST_LINKS = 40


@frozen
class Entry:
    """What every kind of entry has.

    `origin` names who brought it: `package:libc6`, `effect:ldcache` or `config:/etc/app.toml`.
    """

    path: ImagePath
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: Epoch = ZERO
    origin: str
    xattrs: tuple[tuple[str, bytes], ...] = ()


@frozen
class Directory(Entry):
    """A folder."""


@frozen
class File(Entry):
    """A regular file; `data` is there when it was kept, `elf` when it is an ELF file."""

    size: int
    digest: Digest
    data: bytes | None = field(default=None, repr=False)
    elf: ElfFacts | None = None

    @property
    def content(self) -> bytes:
        """The kept bytes.

        Raises:
            BuildError: When the bytes were not kept.
        """
        if self.data is None:
            raise BuildError(f'"/{self.path}": the content was not kept')
        return self.data


@frozen
class Symlink(Entry):
    """A symbolic link."""

    target: str


@frozen
class Hardlink(Entry):
    """A second name of a regular file of the same package."""

    target: ImagePath


@frozen
class Device(Entry):
    """A device node or FIFO, allowed only where the configuration asks for it.

    `kind` is `char`, `block` or `fifo`.
    """

    kind: str
    major: int = 0
    minor: int = 0


AnyEntry = Directory | File | Symlink | Hardlink | Device


def file_of(
    path: str, data: bytes, *, origin: str, mode: int = 0o644, uid: int = 0, gid: int = 0, mtime: Epoch = ZERO
) -> File:
    """A regular file with its bytes at hand."""
    return File(
        path=ImagePath(path), mode=mode, uid=uid, gid=gid, mtime=mtime, origin=origin,
        size=len(data), digest=Digest.of(data), data=data,
    )


@frozen(kw_only=False)
class Tree(Mapping[ImagePath, AnyEntry]):
    """Paths to entries; iteration is sorted by path."""

    entries: Mapping[ImagePath, AnyEntry] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, entries: Iterable[AnyEntry]) -> Tree:
        """A tree of `entries`, a later one replacing an earlier one of the same path."""
        by_path = {entry.path: entry for entry in entries}
        return cls(MappingProxyType(dict(sorted(by_path.items()))))

    def __getitem__(self, path: ImagePath) -> AnyEntry:
        return self.entries[path]

    def __iter__(self) -> Iterator[ImagePath]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def with_entries(self, entries: Iterable[AnyEntry]) -> Tree:
        """This tree with `entries` put over it."""
        return Tree.of([*self.entries.values(), *entries])

    def without(self, paths: Iterable[ImagePath]) -> Tree:
        """This tree without `paths`."""
        gone = frozenset(paths)
        return Tree(MappingProxyType({path: entry for path, entry in self.entries.items() if path not in gone}))

    def under(self, folder: str) -> tuple[AnyEntry, ...]:
        """Everything below `folder`, sorted by path, the folder itself left out."""
        prefix = f"{folder}/" if folder else ""
        return tuple(entry for path, entry in self.entries.items() if path.startswith(prefix) and path != folder)

    def resolve(self, path: str) -> AnyEntry | None:
        """The entry that `path` leads to as in a chroot, every symbolic and hard link followed; None when dangling."""
        place = self.real_path(path)
        found = self.entries.get(place) if place is not None else None
        if isinstance(found, Hardlink):
            return self.entries.get(found.target)
        return found

    def real_path(self, path: str) -> ImagePath | None:
        """`path` with every symbolic link on the way followed; None for a loop or where nothing is.

        As POSIX, "Pathname Resolution", in a chroot; links are followed at most 40 times, as Linux does.
        A folder that something stands in is there, whether it has an entry of its own or not.
        """
        rest = path.split("/")[::-1]  # a stack: the next part is the last one
        here = ROOT
        links = 0
        while rest:
            part = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not self._is_there(here):
                    return None
                here = parent_of(here)
                continue
            step = ImagePath(f"{here}/{part}" if here else part)
            entry = self.entries.get(step)
            if isinstance(entry, Symlink):
                links += 1
                if links > _MOST_LINKS:
                    return None
                here = ROOT if entry.target.startswith("/") else here
                rest += entry.target.split("/")[::-1]
            elif rest and not isinstance(entry, Directory | None):
                return None  # "a path prefix … names an existing file that is neither a directory nor a symbolic link"
            else:
                here = step
        return here if self._is_there(here) else None

    def _is_there(self, path: ImagePath) -> bool:
        return path == ROOT or path in self.entries or any(other.startswith(f"{path}/") for other in self.entries)

    def missing_parents(self) -> tuple[ImagePath, ...]:
        """Folders that entries stand in but that the tree does not have, sorted."""
        return tuple(sorted(self.folders() - self.entries.keys()))

    def folders(self) -> frozenset[ImagePath]:
        """Every path that an entry stands in, directly or not, without the root, whether the tree has it or not."""
        nearest = {parent_of(path) for path in self.entries}
        return frozenset(parent for path in nearest if path for parent in (*parents_of(path), path))
