"""Text for terminals: aligned columns, sizes for people, and nothing that a terminal would obey."""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = ("B", "kB", "MB", "GB", "TB")


def plain(text: str) -> str:
    """`text` with every control character written out: images are other people's, and terminals obey them."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def size_text(size: int) -> str:
    """A number of bytes in decimal units, with three figures: `23.4 MB`."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    figures = 0 if unit == 0 or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{figures}f} {_UNITS[unit]}"


def many(number: int, noun: str) -> str:
    """How many there are: `1 image`, `1,200 images`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: int = 2) -> list[str]:
    """Rows as lines, each column as wide as its widest cell, two spaces between.

    Args:
        rows: Cells, as many in each row.
        right: The positions of columns that are aligned to the right.
        indent: How many spaces each line begins with.
    """
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = [
            cell.rjust(width) if position in right else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((" " * indent + "  ".join(padded)).rstrip())
    return lines


def titled(title: str, lines: Sequence[str]) -> list[str]:
    """A block of lines under its title, after an empty line; nothing for no lines."""
    return ["", title, *lines] if lines else []
