"""Differences as lines for people: where, what, and both sides under one another."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.compare.difference import Comparison, Difference
from bareboat.inspect.present.columns import columns, plain

_MOST_CHARACTERS = 200


def present_comparison(comparison: Comparison, one: str, other: str) -> list[str]:
    """A block for each difference; `one` and `other` are what the sides are called."""
    lines = []
    for difference in comparison.differences:
        lines.append(f"  {plain(heading(difference))}")
        sides = [[f"{one}:", _said(difference.one)], [f"{other}:", _said(difference.other)]]
        lines += columns(sides, indent=6)
    return [*lines, "  and more"] if comparison.more else lines


def heading(difference: Difference) -> str:
    """Where and what: `linux/amd64 layer 1 (base): /etc/passwd: mode`."""
    what = " ".join(_what(difference))
    return ": ".join(filter(None, [str(difference.part), difference.path, what]))


def _what(difference: Difference) -> Iterator[str]:
    yield difference.field
    if difference.line is not None:
        yield f"(line {difference.line}, byte {difference.offset})"
    elif difference.offset is not None:
        in_content = difference.part.kind == "layer" and difference.path
        yield f"(byte {difference.offset}{'' if in_content else ' of the whole'})"


def _said(text: str | None) -> str:
    if text is None:
        return "-"
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
