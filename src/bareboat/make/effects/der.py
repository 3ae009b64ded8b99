"""The little of DER that trust stores ask for; see ITU-T X.690, clauses 8 and 10.

Only definite lengths and low tag numbers, which is all that the names and dates of certificates are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

from bareboat.base.errors import FormatError

SEQUENCE = 0x30
SET = 0x31

_LONG_LENGTH = 0x80
_HIGH_TAG = 0x1F
_CONSTRUCTED = 0x20
_DEEPEST = 32  # certificates need a dozen


@dataclass(frozen=True, slots=True)
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
        parts = []
        rest = self.content
        while rest:
            part, rest = _first(rest)
            parts.append(part)
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


def check_nesting(value: Value, depth: int = 0) -> None:
    """See that every constructed value inside `value` is made of whole values.

    Raises:
        FormatError: When one is not, or they are nested too deeply.
    """
    if depth > _DEEPEST:
        raise FormatError("cannot read as DER: it is nested too deeply")
    if value.tag & _CONSTRUCTED:
        for part in value.parts():
            check_nesting(part, depth + 1)


def der(tag: int, content: bytes) -> bytes:
    """The encoding of `content` under `tag`."""
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH | len(length))) + length + content


def _first(data: bytes) -> tuple[Value, bytes]:
    """The value that `data` begins with, and what follows it."""
    if len(data) < 2 or data[0] & _HIGH_TAG == _HIGH_TAG:
        raise FormatError("cannot read as DER: no value begins here")
    start, size = 2, data[1]
    if size >= _LONG_LENGTH:
        start += size - _LONG_LENGTH
        length = data[2:start]
        if not length or len(length) > 4 or start > len(data):
            raise FormatError("cannot read as DER: a length is broken")
        size = int.from_bytes(length, "big")
    end = start + size
    if end > len(data):
        raise FormatError("cannot read as DER: it ends too early")
    return Value(data[0], data[start:end], data[:end]), data[end:]
