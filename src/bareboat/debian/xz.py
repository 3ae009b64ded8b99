"""The one place that knows who decompresses xz: compress-utils where it is installed, else the standard library.

Both are liblzma; that of compress-utils is of 5.8, whose decoder takes two thirds of the time that 5.4 takes, and
Python's own is the system's (decision 20).
"""

from __future__ import annotations

import lzma
from functools import cache
from types import ModuleType

MOST_MEMORY = 128 << 20
"""How much the standard library may take, in bytes; `xz -9` needs 65 MiB, and compress-utils refuses at 256 MiB."""

_WORDS = {
    "lzma_ret 6": "it needs more memory than any package does",
    "lzma_ret 7": "it is not of the format xz",
    "lzma_ret 8": "it uses options of xz that nobody knows here",
    "lzma_ret 9": "corrupt input data",
}
"""What liblzma's return codes mean (lzma/base.h)."""


class XzError(Exception):
    """The bytes are not sound, in words."""


@cache
def _library() -> ModuleType | None:
    try:
        import compress_utils
    except ImportError:
        return None
    return compress_utils


class Xz:
    """One stream, with the manners of the standard library's decompressors; a `library` of None stands for lzma."""

    def __init__(self, library: ModuleType | None) -> None:
        self._library = library
        self._inner = (
            lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
            if library is None else library.DecompressStream("xz", single_stream=True)
        )  # fmt: skip
        self._waiting = memoryview(b"")

    @property
    def eof(self) -> bool:
        """Whether the stream has ended and all of it was given."""
        return bool(self._inner.eof) and not self._waiting

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without further bytes."""
        inner = self._inner.needs_input if self._library is None else not self._inner.eof
        return not self._waiting and bool(inner)

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        return bytes(self._inner.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what `data` comes to.

        compress-utils gives everything at once, which is kept until it is asked for: at most 7,000 times `data`.

        Raises:
            XzError: When the bytes are damaged.
        """
        if self._library is None:
            try:
                return self._inner.decompress(data, max_length)
            except lzma.LZMAError as error:
                raise XzError(str(error)) from error
        if not self._waiting:
            try:
                piece = self._inner.decompress(data)
            except self._library.CompressError as error:
                raise XzError(_said(str(error))) from error
            if len(piece) <= max_length:
                return bytes(piece)
            self._waiting = memoryview(piece)
        given, self._waiting = self._waiting[:max_length], self._waiting[max_length:]
        return bytes(given)


def xz() -> Xz:
    """A decompressor at the beginning of a stream."""
    return Xz(_library())


def _said(error: str) -> str:
    return next((words for code, words in _WORDS.items() if error.endswith(code)), error)
