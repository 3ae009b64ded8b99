"""The files of a configuration become entries: inline texts, local files and folders, links, and pinned downloads.

Timestamps of the disk never count; owners and modes are those of the configuration.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError, ConfigurationError
from bareboat.base.mode import FILE, FOLDER, PROGRAM
from bareboat.base.path import ImagePath
from bareboat.make.effects.accounts import owner_ids
from bareboat.make.elf import is_elf, read_elf
from bareboat.make.substitute import Words
from bareboat.make.tree import AnyEntry, Directory, Symlink, file_of
from bareboat.plan.config import Accounts, FileWish
from bareboat.store.blobs import Blobs, read

_OWNER_EXECUTES = 0o100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the contents of `files` come from: `folder` is that of the configuration, `blobs` has the downloads."""

    folder: Path
    blobs: Blobs


def placed(
    wish: FileWish, sources: Sources, accounts: Accounts, words: Words, moment: Epoch
) -> tuple[AnyEntry, ...]:
    """The entries of one wish.

    Raises:
        ConfigurationError: When a local file is missing or cannot be read.
        BuildError: When its owner is nobody of the image.
    """
    uid, gid = owner_ids(accounts, wish.owner) if wish.owner else (0, 0)
    frame = _Frame(wish=wish, uid=uid, gid=gid, moment=moment)
    if wish.link is not None:
        return (frame.link(wish.path, words.fill(wish.link, f"{wish.place}: link")),)
    if wish.text is not None:
        return (frame.file(wish.path, wish.text.encode(), FILE),)
    if wish.sha256 is not None:
        return (frame.file(wish.path, read(sources.blobs, wish.sha256), FILE),)
    if wish.source is not None:
        return tuple(_local(frame, sources.folder / wish.source, wish.path))
    if wish.folder:
        return (frame.folder(wish.path),)
    raise BuildError(f"{wish.place}: /{wish.path}: nothing says what it is")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What all entries of one wish share."""

    wish: FileWish
    uid: int
    gid: int
    moment: Epoch

    @property
    def origin(self) -> str:
        return f"config:/{self.wish.path}"

    def file(self, path: ImagePath, data: bytes, usual: int) -> AnyEntry:
        mode = usual if self.wish.mode is None else self.wish.mode
        plain = file_of(path, data, origin=self.origin, mode=mode, uid=self.uid, gid=self.gid, mtime=self.moment)
        return replace(plain, elf=read_elf(data, f"/{path}")) if is_elf(data[:4]) else plain

    def folder(self, path: ImagePath) -> Directory:
        mode = FOLDER if self.wish.mode is None or not self.wish.folder else self.wish.mode
        return Directory(path=path, mode=mode, uid=self.uid, gid=self.gid, mtime=self.moment, origin=self.origin)

    def link(self, path: ImagePath, target: str) -> Symlink:
        return Symlink(
            path=path, mode=0o777, uid=self.uid, gid=self.gid, mtime=self.moment, origin=self.origin, target=target
        )


def _local(frame: _Frame, source: Path, path: ImagePath) -> Iterator[AnyEntry]:
    """A local file or folder, folders sorted by name; links inside a folder stay links."""
    try:
        if source.is_symlink() and path != frame.wish.path:
            yield frame.link(path, str(source.readlink()))
        elif source.is_dir():
            yield frame.folder(path)
            for name in sorted(os.listdir(source)):
                yield from _local(frame, source / name, ImagePath(f"{path}/{name}" if path else name))
        elif source.is_file():
            usual = PROGRAM if source.stat().st_mode & _OWNER_EXECUTES else FILE
            yield frame.file(path, source.read_bytes(), usual)
        else:
            what = "is neither a file nor a folder" if source.exists() else "does not exist"
            raise ConfigurationError(
                f'{frame.wish.place}: source: "{frame.wish.source}" {what}',
                hint=f"paths are relative to {frame.wish.place.file or 'the configuration'}",
            )
    except OSError as error:
        raise ConfigurationError(f'{frame.wish.place}: cannot read "{source.name}": {error.strerror}') from error
