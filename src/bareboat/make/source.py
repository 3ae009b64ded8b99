"""The files of a configuration become entries: inline texts, local files and folders, links, and pinned downloads.

Timestamps of the disk never count; owners and modes are those of the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError, ConfigurationError
from bareboat.base.frozen import frozen
from bareboat.base.mode import FILE, FOLDER, LINK, PROGRAM
from bareboat.base.path import ROOT, ImagePath, image_path, leaves_root
from bareboat.make.effects.accounts import owner_ids
from bareboat.make.facts import facts_of
from bareboat.make.substitute import Words
from bareboat.make.tree import AnyEntry, Directory, Symlink, file_of
from bareboat.plan.config.config import Accounts, FileWish
from bareboat.store.blobs import Blobs, read

_OWNER_EXECUTES = 0o100
_READABLE = 0o444


@frozen
class Sources:
    """Where the contents of `files` come from: `folder` is that of the configuration, `blobs` has the downloads."""

    folder: Path
    blobs: Blobs


def placed(
    wish: FileWish, sources: Sources, accounts: Accounts, words: Words, moment: Epoch
) -> tuple[AnyEntry, ...]:
    """The entries of one wish, every folder before what stands in it.

    Raises:
        ConfigurationError: When a local file is missing, cannot be read, or has no place in an image.
        BuildError: When its owner is nobody of the image, or a `${…}` of a link has no meaning.
        NotFoundError: When the store does not have a download.
    """
    frame = _Frame(wish=wish, owner=_owner(wish, accounts), moment=moment)
    if wish.link is not None:
        return (frame.link(wish.path, words.fill(wish.link, f"{wish.place}: link")),)
    if wish.text is not None:
        return (frame.file(wish.path, wish.text.encode(), FILE),)
    if wish.source is not None:
        return tuple(_local(frame, sources.folder / wish.source, wish.path))
    if wish.sha256 is not None:
        return (frame.file(wish.path, read(sources.blobs, wish.sha256), FILE),)
    if wish.folder:
        return (frame.folder(wish.path),)
    raise BuildError(f"{wish.place}: /{wish.path}: nothing says what it is")


def _owner(wish: FileWish, accounts: Accounts) -> tuple[int, int]:
    if wish.owner is None:
        return (0, 0)
    try:
        return owner_ids(accounts, wish.owner)
    except BuildError as error:
        raise BuildError(f"{wish.place}: {error.message}", hint=error.hint) from error


@frozen
class _Frame:
    """What all entries of one wish share."""

    wish: FileWish
    owner: tuple[int, int]
    moment: Epoch

    @property
    def origin(self) -> str:
        return f"config:/{self.wish.path}"

    def file(self, path: ImagePath, data: bytes, usual: int) -> AnyEntry:
        mode = usual if self.wish.mode is None else self.wish.mode
        uid, gid = self.owner
        plain = file_of(path, data, origin=self.origin, mode=mode, uid=uid, gid=gid, mtime=self.moment)
        return replace(plain, elf=facts_of(data, path, str(self.wish.place)).elf)

    def folder(self, path: ImagePath) -> Directory:
        mode = FOLDER if self.wish.mode is None else self.wish.mode
        if self.wish.mode is not None and not self.wish.folder:
            mode |= (mode & _READABLE) >> 2  # who may read the files of a folder may enter it, as chmod's X has it
        uid, gid = self.owner
        return Directory(path=path, mode=mode, uid=uid, gid=gid, mtime=self.moment, origin=self.origin)

    def link(self, path: ImagePath, target: str) -> Symlink:
        if leaves_root(path, target):
            raise ConfigurationError(f'{self.wish.place}: "/{path}" is a link to "{target}", outside of the image')
        uid, gid = self.owner
        return Symlink(
            path=path, mode=LINK, uid=uid, gid=gid, mtime=self.moment, origin=self.origin,
            target=_sound(self.wish, target),
        )


def _local(frame: _Frame, source: Path, path: ImagePath) -> Iterator[AnyEntry]:
    """A local file or folder, folders sorted by name; links inside a folder stay links."""
    try:
        if source.is_symlink() and path != frame.wish.path:
            yield frame.link(path, str(source.readlink()))
        elif source.is_dir():
            if path != ROOT:
                yield frame.folder(path)
            for inside in sorted(source.iterdir()):
                place = image_path(f"{path}/{_sound(frame.wish, inside.name)}")
                yield from _local(frame, inside, place)
        elif source.is_file():
            usual = PROGRAM if source.stat().st_mode & _OWNER_EXECUTES else FILE
            yield frame.file(path, source.read_bytes(), usual)
        else:
            what = "is neither a file nor a folder" if source.exists() else "does not exist"
            raise ConfigurationError(
                f'{frame.wish.place}: source: "{_said(frame, path)}" {what}',
                hint=f"paths are relative to {frame.wish.place.file or 'the configuration'}",
            )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f'{frame.wish.place}: source: cannot read "{_said(frame, path)}": {reason}') from error


def _said(frame: _Frame, path: ImagePath) -> str:
    """The local file that goes to `path`, as the configuration would say it."""
    rest = path.removeprefix(frame.wish.path).lstrip("/")
    return f"{(frame.wish.source or '').rstrip('/')}/{rest}" if rest else frame.wish.source or ""


def _sound(wish: FileWish, name: str) -> str:
    """`name`, when it can stand in an image."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"{wish.place}: source: the name {name!r} is not valid UTF-8") from error
    return name
