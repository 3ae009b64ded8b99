"""The little of DER that trust stores ask for; see ITU-T X.690, clauses 8 and 10.

Only definite lengths and low tag numbers, which is all that the names and dates of certificates are made of.
"""

from __future__ import annotations

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen

SEQUENCE = 0x30
SET = 0x31

_LONG_LENGTH = 0x80
_HIGH_TAG = 0x1F
_CONSTRUCTED = 0x20
_DEEPEST = 32  # certificates need a dozen


@frozen(kw_only=False)
class Value:
    """A value with its tag (the identifier octet) and its whole encoding."""

    tag: int
    content: bytes
    encoding: bytes

    def parts(self) -> tuple[Value, ...]:
        """The values that a constructed value is made of.

        Raises:
            FormatError: When they do not fill it exactly.
        """
        data, position, parts = self.content, 0, []
        while position < len(data):  # by positions: what follows is not copied for each of many values
            start, end = _bounds(data, position, len(data))
            parts.append(Value(data[position], data[start:end], data[position:end]))
            position = end
        return tuple(parts)


def read_der(data: bytes) -> Value:
    """The one value that `data` is.

    Raises:
        FormatError: When it is not exactly one value.
    """
    value, rest = _first(data)
    if rest:
        raise FormatError("cannot read as DER: something follows the value")
    return value


def check_nesting(data: bytes) -> None:
    """See that every constructed value inside the one value that `data` is, is made of whole values.

    Goes by positions, for a trust store has ten thousands of values.

    Raises:
        FormatError: When one is not, or they are nested too deeply.
    """
    ends = [len(data)]
    position = 0
    while True:
        while position == ends[-1]:
            ends.pop()
            if not ends:
                return
        start, end = _bounds(data, position, ends[-1])
        if data[position] & _CONSTRUCTED:
            if len(ends) > _DEEPEST:
                raise FormatError("cannot read as DER: it is nested too deeply")
            ends.append(end)
            position = start
        else:
            position = end


def der(tag: int, content: bytes) -> bytes:
    """The encoding of `content` under `tag`."""
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH | len(length))) + length + content


def _first(data: bytes) -> tuple[Value, bytes]:
    """The value that `data` begins with, and what follows it."""
    start, end = _bounds(data, 0, len(data))
    return Value(data[0], data[start:end], data[:end]), data[end:]


def _bounds(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """Where the content of the value at `at` begins and ends, before `limit`."""
    if limit - at < 2 or data[at] & _HIGH_TAG == _HIGH_TAG:
        raise FormatError("cannot read as DER: no value begins here")
    start, size = at + 2, data[at + 1]
    if size >= _LONG_LENGTH:
        start += size - _LONG_LENGTH
        length = data[at + 2 : start]
        if not length or len(length) > 4 or start > limit:
            raise FormatError("cannot read as DER: a length is broken")
        size = int.from_bytes(length, "big")
    end = start + size
    if end > limit:
        raise FormatError("cannot read as DER: it ends too early")
    return start, end
