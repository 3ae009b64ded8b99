"""The members of an `ar` archive, read forward from a stream: the outermost shell of a .deb.

Obeys deb(5), "FORMAT": "an ar archive with a magic value of !<arch>. Only the common ar archive format is supported,
with no long file name extensions, but with file names containing an optional trailing slash".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen

_MAGIC = b"!<arch>\n"
_HEADER_SIZE = 60
_HEADER = re.compile(rb"([!-.0-~]{1,16})/? *([0-9 ]{12})([0-9 ]{6})([0-9 ]{6})([0-7 ]{8})([0-9]{1,10}) *`\n", re.DOTALL)


@frozen(kw_only=False)
class ArMember:
    """The name of a member and its size in bytes."""

    name: str
    size: int


class ArReader:
    """Goes through an archive once; the stream stays the caller's.

    Args:
        stream: The archive, at its beginning.
        where: What to call it in an error.

    Raises:
        FormatError: When the stream is no `ar` archive or ends too early; so does every method.
    """

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream = stream
        self._where = where
        self._left = 0
        self._padding = 0
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise FormatError(f"{where}: cannot read as a Debian package: it is no ar archive")

    def next_member(self) -> ArMember | None:
        """Go on to the next member, past what is left of this one; None at the end of the archive."""
        for _ in self.chunks():
            pass
        # Members begin at even offsets; a newline fills the gap.
        if self._padding and self._stream.read(1) not in (b"\n", b"\0", b""):
            raise FormatError(f"{self._where}: cannot read the ar archive: no filler after a member of odd size")
        header = self._stream.read(_HEADER_SIZE)
        if not header:
            return None
        match = _HEADER.fullmatch(header)
        if match is None:
            raise FormatError(f"{self._where}: cannot read the ar archive: a member has no sound header")
        self._left = int(match[6])
        self._padding = self._left % 2
        return ArMember(match[1].decode("ascii"), self._left)

    def chunks(self, max_bytes: int = 1 << 18) -> Iterator[bytes]:
        """What is left of the member, in pieces of at most `max_bytes`."""
        while self._left:
            piece = self._stream.read(min(max_bytes, self._left))
            if not piece:
                raise FormatError(f"{self._where}: the archive ends too early: {self._left} bytes are missing")
            self._left -= len(piece)
            yield piece

    def read(self, max_bytes: int) -> bytes:
        """The whole member, which may have at most `max_bytes`."""
        if self._left > max_bytes:
            raise FormatError(f"{self._where}: a member has {self._left} bytes where at most {max_bytes} can be")
        return b"".join(self.chunks())
