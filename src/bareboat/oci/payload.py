"""The tar inside a layer: gzip of one or many members, zstd of one or many frames, or nothing around it.

RFC 1952, 2.2: "A gzip file consists of a series of "members"". RFC 8878, 3: "The decompressed content of multiple
concatenated frames is the concatenation of each frame's decompressed content."
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from typing import TYPE_CHECKING, BinaryIO, assert_never, cast

from bareboat.base.errors import FormatError
from bareboat.oci.gzip_members import GzipMembers
from bareboat.oci.media import Compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER_BYTES = 256 * 1024


def unpacked(stream: BinaryIO, compression: Compression) -> BinaryIO:
    """The bytes of `stream` without their compression, reading forward only.

    The caller closes `stream`.
    Every read may raise FormatError, when the bytes are not packed as said or end too early.
    """
    return cast("BinaryIO", io.BufferedReader(_Unpacked(stream, compression), _BUFFER_BYTES))


class _Unpacked(io.RawIOBase):
    """Decompression whose errors are ours."""

    def __init__(self, stream: BinaryIO, compression: Compression) -> None:
        super().__init__()
        self._compression = compression
        self._stream: BinaryIO | GzipMembers
        match compression:
            case Compression.none:
                self._stream = stream
            case Compression.gzip:
                self._stream = GzipMembers(stream)
            case Compression.zstd:
                self._stream = cast("BinaryIO", zstd.ZstdFile(stream, "rb"))
            case _:
                assert_never(compression)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            chunk = self._stream.read(len(view))
        except (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError) as fault:
            raise FormatError(f"cannot read as {self._compression}: {fault}") from fault
        view[: len(chunk)] = chunk
        return len(chunk)
