"""What every step of a build works with: the blobs, the records, the compressor, and the room for heavy work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Self

from bareboat.base.observer import Observer, Silent
from bareboat.make.compress import Compression, compression
from bareboat.store.blobs import Blobs, Records

if TYPE_CHECKING:
    from bareboat.make.composition import Composition
    from bareboat.make.layer import Layer

HEAVY_BYTES = 224 << 20
"""Compressed packages of a quarter of this many bytes and more are worked on one at a time: bounds the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The surroundings of a build: reads and writes the store, and nothing else of the world.

    `witness` is told of every layer that is made, and of what it was made from.
    """

    blobs: Blobs
    records: Records
    compression: Compression = field(default_factory=lambda: compression("gzip"))
    observer: Observer = field(default_factory=Silent)
    witness: Callable[[Layer, Composition], None] | None = None
    _heavy: AbstractContextManager[object] = field(default_factory=Lock, repr=False, compare=False)

    def in_process(self, heavy: AbstractContextManager[object]) -> Self:
        """This for another process, which tells nobody anything; `heavy` is a lock that all processes share."""
        return replace(self, observer=Silent(), witness=None, _heavy=heavy)

    @contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """Wait until there is memory for work on `size` compressed bytes."""
        if size * 4 < HEAVY_BYTES:
            yield
            return
        with self._heavy:
            yield
