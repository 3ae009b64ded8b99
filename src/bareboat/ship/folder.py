"""The paths of an image written into a folder of this machine, never through a link."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import assert_never

from bareboat.base.mode import PRIVATE_FOLDER, SETGID, SETUID
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.output import writing
from bareboat.store.rootfs import RootFilesystem

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a folder is opened so that names can be relative to it."""

_FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE_FILE = 0o600
_MOST_NAMED = 3

_OWNERS = "owners are not kept, only root can give them"
_DEVICES = "devices are left out, only root can make them"
_SETUID = "setuid and setgid are left out, as the owners are"
_XATTRS = "extended attributes are not kept, this machine refuses"


class FolderWriter:
    """Writes with names relative to open folders, one part at a time, so that no link is ever followed.

    Args:
        rootfs: What to write.
        folder: Where, for errors.
        root: The same folder, opened by the caller, who closes it.
        as_root: Whether to give owners and make devices.
    """

    def __init__(self, rootfs: RootFilesystem, folder: Path, root: int, *, as_root: bool) -> None:
        self._rootfs = rootfs
        self._folder = folder
        self._root = root
        self._as_root = as_root
        self._lost: dict[str, list[ImagePath]] = {}

    def write(self) -> tuple[str, ...]:
        """Write everything; return what could not be kept, one line for each reason.

        Raises:
            StoreError: When this machine refuses.
        """
        entries = self._rootfs.entries
        for path, entry in entries.items():
            with writing(self._folder / path), self._opened(parent_of(path)) as parent:
                self._make(entry, parent)
        # Folders get their modes and times when nothing more is written into them.
        for path in sorted(entries, reverse=True):
            entry = entries[path]
            if entry.kind is EntryKind.folder:
                with writing(self._folder / path), self._opened(path) as descriptor:
                    self._finish(entry, descriptor)
        return tuple(self._notes())

    def _make(self, entry: LayerEntry, parent: int) -> None:
        name = name_of(entry.path)
        match entry.kind:
            case EntryKind.folder:
                os.mkdir(name, PRIVATE_FOLDER, dir_fd=parent)
            case EntryKind.file:
                self._make_file(entry, parent)
            case EntryKind.symbolic_link:
                os.symlink(entry.target, name, dir_fd=parent)
                self._finish_in(entry, parent)
            case EntryKind.hard_link:
                target = ImagePath(entry.target)
                with self._opened(parent_of(target)) as folder:
                    os.link(name_of(target), name, src_dir_fd=folder, dst_dir_fd=parent, follow_symlinks=False)
            case EntryKind.fifo:
                os.mkfifo(name, _PRIVATE_FILE, dir_fd=parent)
                self._finish_in(entry, parent)
            case EntryKind.character_device | EntryKind.block_device:
                self._make_device(entry, parent)
            case _:
                assert_never(entry.kind)

    def _make_file(self, entry: LayerEntry, parent: int) -> None:
        descriptor = os.open(name_of(entry.path), _FILE_FLAGS, _PRIVATE_FILE, dir_fd=parent)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for chunk in self._rootfs.chunks(entry.path):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[file.write(rest) :]
            self._finish(entry, descriptor)

    def _make_device(self, entry: LayerEntry, parent: int) -> None:
        kind = 0o020000 if entry.kind is EntryKind.character_device else 0o060000  # inode(7), S_IFCHR and S_IFBLK
        device = os.makedev(entry.major, entry.minor)
        made = self._as_root and self._kept(
            _DEVICES, entry, lambda: os.mknod(name_of(entry.path), kind | _PRIVATE_FILE, device, dir_fd=parent)
        )
        if made:
            self._finish_in(entry, parent)
        elif not self._as_root:
            self._lose(_DEVICES, entry)

    def _finish(self, entry: LayerEntry, descriptor: int) -> None:
        """Owner, attributes, mode and time, in the order in which none undoes another."""
        owned = self._give(entry, lambda: os.chown(descriptor, entry.uid, entry.gid))
        for name, value in entry.xattrs:
            self._kept(_XATTRS, entry, partial(os.setxattr, descriptor, name, value))
        os.chmod(descriptor, self._mode(entry, owned=owned))
        os.utime(descriptor, (entry.mtime, entry.mtime))

    def _finish_in(self, entry: LayerEntry, parent: int) -> None:
        """As `_finish`, for what cannot be opened: links and special files."""
        name = name_of(entry.path)
        owned = self._give(
            entry, lambda: os.chown(name, entry.uid, entry.gid, dir_fd=parent, follow_symlinks=False)
        )
        if entry.xattrs:
            self._lose(_XATTRS, entry)
        if entry.kind is not EntryKind.symbolic_link:
            special = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            try:
                os.chmod(f"/proc/self/fd/{special}", self._mode(entry, owned=owned))  # noqa: PTH101
            finally:
                os.close(special)
        os.utime(name, (entry.mtime, entry.mtime), dir_fd=parent, follow_symlinks=False)

    def _give(self, entry: LayerEntry, change_owner: Callable[[], None]) -> bool:
        """Whether `entry` belongs to whom it should."""
        if self._as_root:
            return self._kept(_OWNERS, entry, change_owner)
        if (entry.uid, entry.gid) == (os.geteuid(), os.getegid()):
            return True
        self._lose(_OWNERS, entry)
        return False

    def _mode(self, entry: LayerEntry, *, owned: bool) -> int:
        """The mode, without setuid and setgid where they would lend the powers of somebody else."""
        special = entry.mode & (SETUID | SETGID)
        if owned or not special:
            return entry.mode
        self._lose(_SETUID, entry)
        return entry.mode & ~special

    def _kept(self, what: str, entry: LayerEntry, attempt: Callable[[], None]) -> bool:
        try:
            attempt()
        except (OSError, ValueError, OverflowError):
            self._lose(what, entry)
            return False
        return True

    def _lose(self, what: str, entry: LayerEntry) -> None:
        self._lost.setdefault(what, []).append(entry.path)

    def _notes(self) -> Iterator[str]:
        for what in sorted(self._lost):
            paths = sorted(set(self._lost[what]))
            named = ", ".join(f"/{path}" for path in paths[:_MOST_NAMED])
            more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
            yield f"{what}: {named}{more}"

    @contextmanager
    def _opened(self, path: ImagePath) -> Iterator[int]:
        """The folder at `path`, opened part by part without following links."""
        descriptor = os.dup(self._root)
        try:
            for part in filter(None, path.split("/")):
                inner = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)
