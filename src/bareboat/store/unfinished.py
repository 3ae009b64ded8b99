"""Files on their way: written in a corner of the same file system, moved into place when they are whole.

A reader finds either the old file, or the whole new one, or none; also after SIGKILL and, with `durable`, after a
power cut. Whoever must find the new one then, and not none, syncs the folder too: once, for all that was moved there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self


class Unfinished:
    """One file on its way; leaving the `with` block removes it unless it was moved into place.

    Args:
        corner: The folder for unfinished files; it is made when it is missing.

    Raises:
        OSError: From every method, as the operating system says it.
    """

    def __init__(self, corner: Path) -> None:
        make_folder(corner)
        self._path = corner / passing_name()
        # Blobs never change, so nobody gets the permission to write; the umask may take more away.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._path, flags, 0o444), "wb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Append all of `data`."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def move_to(self, place: Path, *, durable: bool) -> None:
        """End the file and give it its name, over whatever has that name.

        Args:
            place: The name, on the same file system.
            durable: Whether the bytes must lie on the disk before the name does.
        """
        if durable:
            os.fsync(self._file.fileno())
        self._file.close()
        make_folder(place.parent)
        self._path.replace(place)


def passing_name() -> str:
    """A name that no other process or thread chooses: two may write the same file at the same time."""
    return f"{os.getpid()}-{os.urandom(8).hex()}"


def link(corner: Path, target: Path, place: Path) -> None:
    """Have a symbolic link to `target` at `place`, over whatever has that name.

    Raises:
        OSError: As the operating system says it.
    """
    unfinished = corner / passing_name()
    make_folder(place.parent)
    unfinished.symlink_to(target)
    try:
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
