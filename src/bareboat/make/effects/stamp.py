"""The stamp that every entry of one effect carries: who made it, and when."""

from __future__ import annotations

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.mode import FILE, FOLDER, LINK
from bareboat.base.path import image_path
from bareboat.make.tree import Directory, File, Symlink, file_of


@frozen(kw_only=False)
class Stamp:
    """The name of an effect and the time of what it makes; everything belongs to root unless stated."""

    effect: str
    moment: Epoch

    @property
    def origin(self) -> str:
        """`effect:ldcache`."""
        return f"effect:{self.effect}"

    def file(self, path: str, data: bytes, *, mode: int = FILE) -> File:
        """A regular file."""
        return file_of(image_path(path), data, origin=self.origin, mode=mode, mtime=self.moment)

    def folder(self, path: str, *, mode: int = FOLDER, uid: int = 0, gid: int = 0) -> Directory:
        """A folder."""
        return Directory(
            path=image_path(path), mode=mode, uid=uid, gid=gid, mtime=self.moment, origin=self.origin
        )

    def link(self, path: str, target: str) -> Symlink:
        """A symbolic link."""
        return Symlink(path=image_path(path), mode=LINK, mtime=self.moment, origin=self.origin, target=target)
