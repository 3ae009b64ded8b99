"""What every step of a build works with: the blobs, the records, the compressor, and the room for heavy work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import TYPE_CHECKING, Self

from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.make.compress import Compression, compression
from bareboat.make.room import Room
from bareboat.store.blobs import Blobs, Records

if TYPE_CHECKING:
    from bareboat.make.composition import Composition
    from bareboat.make.layer import Layer


@frozen
class Workshop:
    """The surroundings of a build: reads and writes the store, and nothing else of the world.

    `witness` is told of every layer that is made, and of what it was made from.
    """

    blobs: Blobs
    records: Records
    compression: Compression = field(default_factory=lambda: compression("gzip"))
    observer: Observer = field(default_factory=Silent)
    witness: Callable[[Layer, Composition], None] | None = None
    room: Room = field(default_factory=Room, repr=False, compare=False)

    def in_process(self, room: Room) -> Self:
        """This for another process, which tells nobody anything; `room` is what all processes share."""
        return replace(self, observer=Silent(), witness=None, room=room)
