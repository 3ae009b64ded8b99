"""The same tar, compressed to other bytes: which member of the gzip, or which frame of the zstd, is another.

RFC 1952, 2.2: a gzip file is a series of members. RFC 8878, 3: zstd data is a series of frames.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from bareboat.base.frozen import frozen
from bareboat.debian.zstandard import zstd
from bareboat.inspect.compare.difference import Difference, Part
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from bareboat.store.blobs import Blobs

_PIECE_BYTES = 16 * 1024
"""How much is decompressed at once: a piece may become a thousand times as large."""

_GZIP_WBITS = 31  # zlib's manual, inflateInit2: 16 more than the window's 15 bits means gzip
_GZIP_HEADER_BYTES = 10
_WORDS = {Compression.gzip: "member", Compression.zstd: "frame"}


@frozen
class Packed:
    """A layer, and where it lies."""

    blobs: Blobs
    descriptor: Descriptor

    @property
    def compression(self) -> Compression | None:
        """How it is packed by its media type; None when that is no filesystem layer."""
        return media.compression_of(self.descriptor.media_type)

    def open(self) -> BinaryIO:
        """Its bytes, as they are."""
        return self.blobs.open(self.descriptor.digest)


class _Engine(Protocol):
    """What decompresses one member and then stops."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


@frozen(kw_only=False)
class _Member:
    """Where a member begins in the compressed bytes, and where what it holds begins in the tar."""

    start: int
    tar_start: int


def compression_difference(one: Packed, other: Packed, offset: int, part: Part) -> Difference:
    """How two layers with the same tar are compressed differently; `offset` is the first byte that differs."""
    said = [_said(packed, offset) for packed in (one, other)]
    return Difference(part=part, field="compression", one=said[0], other=said[1], offset=offset)


def _said(packed: Packed, offset: int) -> str:
    compression = packed.compression or Compression.none
    if compression not in _WORDS:
        return str(compression)
    with packed.open() as stream:
        members = list(_members(stream, _engine(compression)))
    number = max((at for at, member in enumerate(members, 1) if member.start <= offset), default=1)
    word, found = _WORDS[compression], members[number - 1]
    header = compression is Compression.gzip and offset - found.start < _GZIP_HEADER_BYTES
    return (
        f"{compression}, {word} {number} of {len(members)}{' in its header' if header else ''}, which begins at byte "
        f"{found.start} and holds the tar from byte {found.tar_start} on"
    )


def _engine(compression: Compression) -> Callable[[], _Engine]:
    if compression is Compression.gzip:
        return lambda: zlib.decompressobj(_GZIP_WBITS)
    return lambda: zstd().ZstdDecompressor()


def _members(stream: BinaryIO, engine: Callable[[], _Engine]) -> Iterator[_Member]:
    read = unpacked = 0
    piece = stream.read(_PIECE_BYTES)
    while piece:
        yield _Member(read, unpacked)
        current = engine()
        while piece and not current.eof:
            read += len(piece)
            unpacked += len(current.decompress(piece))
            rest = current.unused_data if current.eof else b""
            read -= len(rest)
            piece = rest or stream.read(_PIECE_BYTES)
