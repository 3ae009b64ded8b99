"""The root filesystem of an image for use without a container: as a folder, or as one tar stream.

A folder is written as whoever runs this: owners, devices and setuid bits are root's to give, and what could not be kept
is said.
The tar has everything, and the same bytes from every run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import BinaryIO, assert_never

from bareboat.base.digest import Digest, sha256
from bareboat.base.errors import StoreError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.tarball import END, header, padding
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink
from bareboat.ship.folder import FOLDER_FLAGS, FolderWriter
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.output import writing
from bareboat.store.rootfs import RootFilesystem

_EMPTY = "give a new or an empty folder"
_ORIGIN = "image"
_DEVICE_KINDS = {EntryKind.character_device: "char", EntryKind.block_device: "block", EntryKind.fifo: "fifo"}


@frozen
class Exported:
    """What an image holds: how many paths, how many bytes of files; `notes` say what could not be kept."""

    entries: int
    files_bytes: int
    notes: tuple[str, ...] = ()

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"entries": self.entries, "files-bytes": self.files_bytes, "notes": list(self.notes)}


def export_folder(rootfs: RootFilesystem, folder: Path, *, as_root: bool | None = None) -> Exported:
    """Write every path of `rootfs` into `folder`, which is made, or must be empty.

    Nothing is written through a link, not even through one that somebody puts there meanwhile.
    What was written is taken away again when not everything could be.

    Args:
        rootfs: What to write.
        folder: Where; its own mode and owner stay.
        as_root: Whether to give owners and make devices; None asks the operating system who we are.

    Raises:
        UsageError: When `folder` has something in it, or is no folder.
        StoreError: When this machine refuses.
    """
    _check_empty(folder)
    is_new = not folder.exists()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # A link to a folder that the user names is the user's wish; links are refused from here on.
        root = os.open(folder, FOLDER_FLAGS & ~os.O_NOFOLLOW)
    try:
        as_root = os.geteuid() == 0 if as_root is None else as_root
        notes = FolderWriter(rootfs, folder, root, as_root=as_root).write()
    except BaseException:
        _take_away(folder, root, is_new=is_new)
        raise
    finally:
        os.close(root)
    return Exported(entries=len(rootfs.entries), files_bytes=_files_bytes(rootfs), notes=notes)


def export_tar(rootfs: RootFilesystem, stream: BinaryIO) -> Exported:
    """Write `rootfs` to `stream` as one tar, sorted by path, the same bytes from every run.

    Raises:
        BrokenPipeError: When whoever reads the other end has gone.
        StoreError: When the stream cannot be written to for another reason.
    """
    for path, entry in rootfs.entries.items():
        _send(stream, header(_tree_entry(rootfs, entry)))
        if entry.kind is EntryKind.file:
            for chunk in rootfs.chunks(path):
                _send(stream, chunk)
            _send(stream, padding(entry.size))
    _send(stream, END)
    with _sending():
        stream.flush()
    return Exported(entries=len(rootfs.entries), files_bytes=_files_bytes(rootfs))


def _check_empty(folder: Path) -> None:
    with writing(folder):
        if not folder.exists() and not folder.is_symlink():
            return
        if not folder.is_dir():
            raise UsageError(f"{folder}: is no folder", hint=_EMPTY)
        if any(folder.iterdir()):
            raise UsageError(f"{folder}: is not empty, and nothing is overwritten", hint=_EMPTY)


def _take_away(folder: Path, root: int, *, is_new: bool) -> None:
    """Empty the folder opened as `root` as far as this machine lets us, following no link; a new one goes itself."""
    with suppress(OSError):
        for name in os.listdir(root):
            shutil.rmtree(name, ignore_errors=True, dir_fd=root)
            with suppress(OSError):  # a folder, which is gone or cannot go
                os.unlink(name, dir_fd=root)
        if is_new:
            folder.rmdir()


def _files_bytes(rootfs: RootFilesystem) -> int:
    return sum(entry.size for entry in rootfs.entries.values() if entry.kind is EntryKind.file)


def _send(stream: BinaryIO, data: bytes) -> None:
    rest = memoryview(data)
    with _sending():
        while rest:  # a stream without a buffer may take a part only
            rest = rest[stream.write(rest) :]


@contextmanager
def _sending() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise StoreError(f"cannot write the tar: {os.strerror(fault.errno or 0)}") from fault


def _tree_entry(rootfs: RootFilesystem, entry: LayerEntry) -> AnyEntry:
    """`entry` as the tar writer knows it."""
    path, mode, uid, gid, mtime, xattrs = entry.path, entry.mode, entry.uid, entry.gid, entry.mtime, entry.xattrs
    match entry.kind:
        case EntryKind.folder:
            return Directory(path=path, mode=mode, uid=uid, gid=gid, mtime=mtime, origin=_ORIGIN, xattrs=xattrs)
        case EntryKind.file:
            return File(
                path=path, mode=mode, uid=uid, gid=gid, mtime=mtime, origin=_ORIGIN, xattrs=xattrs,
                size=entry.size, digest=_digest(rootfs, path),
            )
        case EntryKind.symbolic_link:
            return Symlink(
                path=path, mode=mode, uid=uid, gid=gid, mtime=mtime, origin=_ORIGIN, xattrs=xattrs, target=entry.target
            )
        case EntryKind.hard_link:
            return Hardlink(
                path=path, mode=mode, uid=uid, gid=gid, mtime=mtime, origin=_ORIGIN, target=ImagePath(entry.target)
            )
        case EntryKind.character_device | EntryKind.block_device | EntryKind.fifo:
            return Device(
                path=path, mode=mode, uid=uid, gid=gid, mtime=mtime, origin=_ORIGIN, xattrs=xattrs,
                kind=_DEVICE_KINDS[entry.kind], major=entry.major, minor=entry.minor,
            )
        case _:
            assert_never(entry.kind)


def _digest(rootfs: RootFilesystem, path: ImagePath) -> Digest:
    content = new_sha256()
    for chunk in rootfs.chunks(path):
        content.update(chunk)
    return sha256(content.hexdigest())
