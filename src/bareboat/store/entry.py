"""One path of an image's filesystem, as its layers say it."""

from __future__ import annotations

from enum import StrEnum

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath


class EntryKind(StrEnum):
    """What a path is."""

    file = "file"
    folder = "folder"
    symbolic_link = "symbolic link"
    hard_link = "hard link"
    character_device = "character device"
    block_device = "block device"
    fifo = "fifo"


@frozen
class LayerEntry:
    """A path and everything about it but its content.

    `size` is in bytes and zero for all but files: a hard link's bytes are those of the file at `target`, which is there
    and sorts before it.
    `target` of a symbolic link is as written.
    `layer` is the position of the layer that gave the path, counted from the base; `major` and `minor` are a device's.
    """

    path: ImagePath
    kind: EntryKind
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: Epoch = Epoch(0)
    size: int = 0
    target: str = ""
    xattrs: tuple[tuple[str, bytes], ...] = ()
    major: int = 0
    minor: int = 0
    layer: int
