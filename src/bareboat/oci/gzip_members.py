"""Decompressing gzip quickly: members of moderate size at once by libdeflate, larger ones bit by bit by zlib.

RFC 1952. Layers of ours are many members of a few MiB each, for which libdeflate is about three times as fast.
libdeflate does not say where a member ends; its trailer does, which holds the checksum and the size of what came out.
"""

from __future__ import annotations

import gzip
import re
import zlib
from typing import BinaryIO

import deflate

_MAGIC = b"\x1f\x8b\x08"
_HEADER_BYTES = 10
_CHUNK_BYTES = 1 << 20
_BITE_BYTES = 1 << 16
"""How much is given to zlib at a time: it copies what is behind a member, and there may be many small ones."""
_ZEROS = re.compile(rb"\0*")
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
        self._has_begun = False

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
        while self._fill(_HEADER_BYTES) and self._has_begun and self._packed[self._start] == 0:
            # zeros behind a member, with which tapes are filled up
            zeros = _ZEROS.match(self._packed, self._start)
            self._start = zeros.end() if zeros else self._start
        if self._start == len(self._packed):
            return False
        self._has_begun = True
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
        # RFC 1952, 2.3.1: CRC32 and ISIZE end the member
        trailer = deflate.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
        at = self._packed.find(trailer, self._start + _HEADER_BYTES)
        if at < 0:
            return False
        end = at + len(trailer)
        self._start = end
        self._plain = memoryview(plain)
        return True

    def _inflate(self, inflater: zlib._Decompress) -> None:
        """Decompress the next piece of a member."""
        if not self._fill(1):
            raise EOFError("it ends too early")
        bite = self._packed[self._start : self._start + _BITE_BYTES]
        self._plain = memoryview(inflater.decompress(bite, _CHUNK_BYTES))
        rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        self._start += len(bite) - len(rest)
        if inflater.eof:
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
