"""Two JSON documents, value by value: where they differ, as JSON pointers.

RFC 6901, "JavaScript Object Notation (JSON) Pointer".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from bareboat.base.canon import canonical
from bareboat.inspect.compare.bytes import first_difference_of
from bareboat.inspect.compare.difference import Difference, Part

_ABSENT = object()


def document_differences(
    one: bytes, other: bytes, part: Part, *, told: Collection[str] = ()
) -> Iterator[Difference]:
    """Every value that differs, in the order of keys and positions.

    Args:
        one: A document.
        other: What it is compared with.
        part: What to call them.
        told: Pointers to values whose difference is the consequence of another one that is told already.
    """
    if one == other:
        return
    try:
        left, right = json.loads(one), json.loads(other)
    except (ValueError, RecursionError):
        yield _bytes(one, other, part)
        return
    if left == right:
        yield _bytes(one, other, part)
        return
    yield from _values(left, right, "", part, frozenset(told))


def _values(one: object, other: object, pointer: str, part: Part, told: Collection[str]) -> Iterator[Difference]:
    if pointer in told or (one == other and type(one) is type(other)):
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            left, right = one.get(key, _ABSENT), other.get(key, _ABSENT)
            yield from _values(left, right, f"{pointer}/{_escaped(key)}", part, told)
    elif isinstance(one, list) and isinstance(other, list):
        for position in range(max(len(one), len(other))):
            left = one[position] if position < len(one) else _ABSENT
            right = other[position] if position < len(other) else _ABSENT
            yield from _values(left, right, f"{pointer}/{position}", part, told)
    else:
        yield Difference(part=part, path=pointer, field="value", one=_text(one), other=_text(other))


def _bytes(one: bytes, other: bytes, part: Part) -> Difference:
    """Documents that say the same and are written differently, or that are no JSON."""
    offset = first_difference_of(one, other)
    return Difference(
        part=part, field="bytes", one=_around(one, offset), other=_around(other, offset), offset=offset
    )


def _around(data: bytes, offset: int) -> str:
    return data[max(0, offset - 8) : offset + 24].decode("utf-8", "backslashreplace")


def _escaped(key: str) -> str:
    """> Because the characters '~' and '/' have special meanings in JSON Pointer, '~' needs to be encoded as '~0' and
    > '/' needs to be encoded as '~1' when these characters appear in a reference token.
    """
    return key.replace("~", "~0").replace("/", "~1")


def _text(value: object) -> str | None:
    if value is _ABSENT:
        return None
    try:
        return canonical(value).decode()
    except ValueError:  # NaN, or half a character
        return json.dumps(value, sort_keys=True)
