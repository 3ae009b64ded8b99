"""Sets of characters, as ranges of code points: the named classes of RE2, and what differs by capital letters alone.

RE2's syntax page (github.com/google/re2/wiki/Syntax); `\\d`, `\\s`, `\\w` and the POSIX classes are ASCII's.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType

Ranges = tuple[tuple[int, int], ...]
"""Code points from the first to the second of each pair, both included; sorted, and no two touch."""

LAST = sys.maxunicode
ALL: Ranges = ((0, LAST),)


def ranges_of(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges that hold what any of `pairs` holds."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def characters(text: str) -> Ranges:
    """The set of the characters of `text`."""
    return ranges_of((ord(one), ord(one)) for one in text)


def negated(ranges: Ranges) -> Ranges:
    """Every code point that is not in `ranges`."""
    found, next_one = [], 0
    for low, high in ranges:
        if low > next_one:
            found.append((next_one, low - 1))
        next_one = high + 1
    return (*found, (next_one, LAST)) if next_one <= LAST else tuple(found)


def folded(ranges: Ranges) -> Ranges:
    """`ranges` with everything that differs from something in it by capital letters alone."""
    more = [(other, other) for one, orbit in _orbits().items() if _holds(ranges, one) for other in orbit]
    return ranges_of([*ranges, *more])


def category(name: str) -> Ranges | None:
    """The characters of a general category of Unicode, such as `Lu` or `L`; None when there is none of that name."""
    if name == "Any":
        return ALL
    return _categories().get(name)


LETTERED: Ranges = ((0, 0x2E7F), (0xA640, 0xABBF), (0xFB00, 0x1EFFF))
"""Where Unicode has letters that come in two sizes; looking elsewhere would take ten times as long."""

DIGITS: Ranges = ((0x30, 0x39),)
_UPPER, _LOWER = ((0x41, 0x5A),), ((0x61, 0x7A),)
_LETTERS = ranges_of((*_UPPER, *_LOWER))
WORD = ranges_of((*DIGITS, *_LETTERS, *characters("_")))
SPACES = characters("\t\n\f\r ")

PERL: Mapping[str, Ranges] = MappingProxyType({"d": DIGITS, "s": SPACES, "w": WORD})

POSIX: Mapping[str, Ranges] = MappingProxyType({
    "alnum": ranges_of((*DIGITS, *_LETTERS)),
    "alpha": _LETTERS,
    "ascii": ((0, 0x7F),),
    "blank": characters("\t "),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": DIGITS,
    "graph": ((0x21, 0x7E),),
    "lower": _LOWER,
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": characters("\t\n\v\f\r "),
    "upper": _UPPER,
    "word": WORD,
    "xdigit": ranges_of((*DIGITS, (0x41, 0x46), (0x61, 0x66))),
})


def _holds(ranges: Ranges, point: int) -> bool:
    return any(low <= point <= high for low, high in ranges)


@cache
def _orbits() -> Mapping[int, tuple[int, ...]]:
    """For every letter that has others like it, these others: `k`, `K` and the Kelvin sign are of one orbit."""
    alike: dict[str, list[int]] = {}
    for point in chain(*(range(low, high + 1) for low, high in LETTERED)):
        character = chr(point)
        simple = next((one for one in (character.casefold(), character.lower()) if len(one) == 1), character)
        if simple != character:
            alike.setdefault(simple, [ord(simple)]).append(point)
    return MappingProxyType({
        point: tuple(other for other in orbit if other != point) for orbit in alike.values() for point in orbit
    })


@cache
def _categories() -> Mapping[str, Ranges]:
    found: dict[str, list[tuple[int, int]]] = {}
    for point in range(LAST + 1):
        name = unicodedata.category(chr(point))
        for key in (name, name[0]):
            pairs = found.setdefault(key, [])
            if pairs and pairs[-1][1] == point - 1:
                pairs[-1] = (pairs[-1][0], point)
            else:
                pairs.append((point, point))
    return MappingProxyType({name: tuple(pairs) for name, pairs in found.items()})
