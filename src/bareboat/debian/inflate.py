"""Compressed bytes as plain ones, in bounded pieces and up to a stated amount.

The compressions of deb(5): none, gzip, bzip2, xz and zstd; all through the standard library, but for zstd's backport
before Python 3.14 and a quicker xz where there is one.
A small input cannot become endless output: every step gives at most one piece, and `Limits` end it.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from bareboat.base.errors import FormatError, LimitError
from bareboat.base.frozen import frozen
from bareboat.debian.xz import XzError, xz
from bareboat.debian.zstandard import zstd

_PIECE = 1 << 20

# What is behind the end of a stream is copied: of many small streams, each would copy all that follow.
# And a bite of xz may come to seven thousand times its size, all at once.
_BITE = 1 << 14


@frozen
class Limits:
    """How much may come out: `max_bytes` in all, and `max_ratio` times what went in, once `free_bytes` are out."""

    max_bytes: int = 8 << 30
    max_ratio: int = 1000
    free_bytes: int = 64 << 20


class _Decompressor(Protocol):
    """One stream of one format, as the standard library has them."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the manners of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._inner.unconsumed_tail or self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length
        return piece


_FORMATS: dict[str, Callable[[], _Decompressor]] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": xz,
    "zst": lambda: zstd().ZstdDecompressor(),
}

COMPRESSIONS = ("", *_FORMATS)


def inflated(chunks: Iterable[bytes], compression: str, where: str, limits: Limits) -> Iterator[bytes]:
    """The plain bytes of `chunks`, in pieces of at most 1 MiB.

    Args:
        chunks: The compressed bytes, in order.
        compression: One of `COMPRESSIONS`: the suffix without its dot, empty for none.
        where: What to call the bytes in an error.
        limits: How much may come out.

    Raises:
        FormatError: When the bytes are damaged, end too early, or go on after their end.
        LimitError: When more comes out than `limits` allow.
    """
    taken = given = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for chunk in chunks:
            taken += len(chunk)
            yield chunk

    for piece in _streams(counted(), _FORMATS[compression], where) if compression else counted():
        given += len(piece)
        if given > limits.max_bytes:
            raise LimitError(f"{where}: cannot unpack more than {limits.max_bytes} bytes")
        if given > limits.free_bytes and given > taken * limits.max_ratio:
            raise LimitError(f"{where}: cannot unpack: more than {limits.max_ratio} times its size comes out")
        yield piece


def _streams(chunks: Iterator[bytes], make: Callable[[], _Decompressor], where: str) -> Iterator[bytes]:
    """One compressed stream after the other, as all four formats allow them to be joined."""
    current: _Decompressor | None = make()
    for bite in (chunk[start : start + _BITE] for chunk in chunks for start in range(0, len(chunk), _BITE)):
        data = bite
        while True:
            if current is None:
                # xz, "Stream Padding", and tape blocks after gzip: zero bytes between streams and at the end.
                data = data.lstrip(b"\0")
                if not data:
                    break
                current = make()
            piece = _step(current, data, where)
            if piece:
                yield piece
            if current.eof:
                data, current = current.unused_data, None
            elif current.needs_input:
                break
            else:
                data = b""
    if current is not None:
        raise FormatError(f"{where}: the compressed bytes end too early")


def _step(decompressor: _Decompressor, data: bytes, where: str) -> bytes:
    try:
        return decompressor.decompress(data, _PIECE)
    except (XzError, zlib.error, zstd().ZstdError, OSError, EOFError) as error:
        raise FormatError(f"{where}: cannot decompress: {error}") from error
