"""Decompressing gzip quickly: members of moderate size at once by libdeflate, larger ones bit by bit by zlib.

RFC 1952. Layers of ours are many members of a few MiB each, for which libdeflate is about three times as fast.
libdeflate does not say where a member ends; its trailer does: the member's size, and behind it the next member or the
end.
"""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO

import deflate

_MAGIC = b"\x1f\x8b\x08"
_HEADER_BYTES = 10
_CHUNK_BYTES = 1 << 20
_MOST_PLAIN = 8 << 20
"""How many bytes a member may have that is decompressed at once; ours have no more."""
_MOST_PACKED = _MOST_PLAIN + (64 << 10)
"""How many it may have compressed: what cannot be compressed grows a little."""


class GzipMembers:
    """The bytes inside the gzip members of `stream`, reading forward only; the caller closes `stream`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._packed = b""  # what was read; from `_start` on it is not yet decompressed
        self._start = 0
        self._is_read = False
        self._plain = memoryview(b"")  # what was decompressed and not yet given
        self._inflater: zlib._Decompress | None = None
        self._tries_whole = True

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end.

        Raises:
            EOFError: When the last member ends too early.
            gzip.BadGzipFile: When something is no gzip member.
            zlib.error: When a member is damaged.
        """
        while not self._plain:
            if self._inflater is None and not self._begin():
                return b""
            if self._inflater is not None:
                self._inflate(self._inflater)
        piece = bytes(self._plain[:size])
        self._plain = self._plain[size:]
        return piece

    def _begin(self) -> bool:
        """Begin the next member; False at the end of all."""
        while self._fill(_HEADER_BYTES) and self._packed[self._start] == 0:
            # zeros behind a member, with which tapes are filled up
            self._packed, self._start = self._packed[self._start :].lstrip(b"\0"), 0
        if self._start == len(self._packed):
            return False
        if not self._packed.startswith(_MAGIC, self._start):
            raise gzip.BadGzipFile(f"a member begins with {self._packed[self._start : self._start + 3]!r}")
        if not (self._tries_whole and self._decompress_whole()):
            self._tries_whole = False
            self._inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        return True

    def _decompress_whole(self) -> bool:
        """Decompress the member that begins now, if it is small and sound; what is not is left to zlib."""
        self._fill(_MOST_PACKED)
        try:
            plain = deflate.gzip_decompress(memoryview(self._packed)[self._start :], _MOST_PLAIN)
        except deflate.DeflateError:
            return False
        end = self._end_of(len(plain))
        if end < 0:
            return False
        self._start = end
        self._plain = memoryview(plain)
        return True

    def _end_of(self, size: int) -> int:
        """Where the member of `size` bytes ends that begins now; negative when that cannot be told."""
        trailer = size.to_bytes(4, "little")  # RFC 1952, 2.3.1, ISIZE
        before_next = self._packed.find(trailer + _MAGIC, self._start + _HEADER_BYTES)
        if before_next >= 0:
            return before_next + len(trailer)
        is_last = self._is_read and self._packed.endswith(trailer)
        return len(self._packed) if is_last else -1

    def _inflate(self, inflater: zlib._Decompress) -> None:
        """Decompress the next piece of a member."""
        if not self._fill(1):
            raise EOFError("it ends too early")
        self._plain = memoryview(inflater.decompress(self._packed[self._start :], _CHUNK_BYTES))
        self._packed, self._start = inflater.unconsumed_tail, 0
        if inflater.eof:
            self._packed = inflater.unused_data
            self._inflater = None

    def _fill(self, size: int) -> int:
        """Read until `size` compressed bytes are there, or all; how many there are."""
        there = len(self._packed) - self._start
        if there >= size or self._is_read:
            return there
        pieces = [self._packed[self._start :]]
        while there < size + size // 2:  # more than asked for, so that what is left is not moved for every member
            piece = self._stream.read(_CHUNK_BYTES)
            if not piece:
                self._is_read = True
                break
            pieces.append(piece)
            there += len(piece)
        self._packed, self._start = b"".join(pieces), 0
        return there
