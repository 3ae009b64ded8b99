"""Two streams side by side: where their first differing byte is, and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from bareboat.store.limits import CHUNK_BYTES

_SHOWN_BYTES = 16
_SHOWN_LINE = 160
_CONTINUATION = bytes(range(0x80, 0xC0))  # of a character in UTF-8

Reader = Callable[[int, int], bytes]
"""Gives so many bytes from an offset on; fewer at the end."""


def first_difference(one: BinaryIO, other: BinaryIO) -> int | None:
    """The offset of the first byte that differs, which may be the end of the shorter one; None when all are the same.

    Reads both forward, in pieces.
    """
    offset = 0
    while True:
        left, right = _filled(one), _filled(other)
        if left != right:
            return offset + first_difference_of(left, right)
        if not left:
            return None
        offset += len(left)


def first_difference_of(one: bytes, other: bytes) -> int:
    """The offset of the first byte that differs; the length of the shorter one when it is how the other begins."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high) // 2
        if one[low : middle + 1] == other[low : middle + 1]:
            low = middle + 1
        else:
            high = middle
    return low


def lines_at(one: Reader, other: Reader, offset: int) -> tuple[int | None, str, str]:
    """What both sides have at `offset`: the number of the line and the line on each side, where both are text.

    Else None, and some bytes in hexadecimal.
    """
    begin, number = _line(one, offset)
    texts = [_text(side(begin, offset - begin + _SHOWN_LINE), offset - begin) for side in (one, other)]
    if texts[0] is None or texts[1] is None:
        return None, one(offset, _SHOWN_BYTES).hex(" "), other(offset, _SHOWN_BYTES).hex(" ")
    return number, texts[0], texts[1]


def _filled(stream: BinaryIO) -> bytes:
    """The next piece; shorter than others only at the end."""
    parts = []
    rest = CHUNK_BYTES
    while rest and (part := stream.read(rest)):
        parts.append(part)
        rest -= len(part)
    return b"".join(parts)


def _line(side: Reader, offset: int) -> tuple[int, int]:
    """Where the line of `offset` begins, at most so many bytes before it, and its number."""
    number, begin = 1, 0
    for start, piece in _pieces(side, offset):
        number += piece.count(b"\n")
        last = piece.rfind(b"\n")
        begin = start + last + 1 if last >= 0 else begin
    return max(begin, offset - _SHOWN_LINE), number


def _pieces(side: Reader, end: int) -> Iterator[tuple[int, bytes]]:
    for start in range(0, end, CHUNK_BYTES):
        yield start, side(start, min(CHUNK_BYTES, end - start))


def _text(data: bytes, offset: int) -> str | None:
    """The line that `offset` is in, without its end; None when it is no text."""
    end = data.find(b"\n", offset)
    line = (data[:end] if end >= 0 else data).lstrip(_CONTINUATION)  # the beginning may be cut off too
    for trimmed in range(4 if end < 0 else 1):  # a character may be cut off
        try:
            text = line[: len(line) - trimmed].decode()
        except UnicodeDecodeError:
            continue
        return text if all(character.isprintable() or character == "\t" for character in text) else None
    return None

