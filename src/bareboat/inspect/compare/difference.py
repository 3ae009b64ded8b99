"""How two images differ, as values: each difference with its place, its field, and what both sides say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bareboat.base.frozen import frozen

Kind = Literal["index", "manifest", "config", "layer"]
"""The parts that an image is made of."""


@frozen
class Part:
    """One part of an image: `platform` is empty for an index; a layer has its number, from one, and its history line.

    Where the sides have the same layer at different places, the number is that of the first side.
    """

    kind: Kind
    platform: str = ""
    layer: int | None = None
    about: str = ""

    def __str__(self) -> str:
        words = [self.platform, self.kind, str(self.layer or ""), f"({self.about})" if self.about else ""]
        return " ".join(filter(None, words))


@frozen
class Difference:
    """One place at which two images differ.

    Attributes:
        part: Which part of the image.
        path: An absolute path for an entry of a layer, a JSON pointer (RFC 6901) in a document, empty for the whole.
        field: What differs there, such as `mode`, `content`, `value`, `order` or `compression`.
        one: What the first side says; None where it has nothing.
        other: What the second side says.
        offset: Where the first differing byte is, counted from zero, in the content of a file or in the whole.
        line: The line of that byte, counted from one, where the content is text.
    """

    part: Part
    path: str = ""
    field: str
    one: str | None
    other: str | None
    offset: int | None = None
    line: int | None = None

    def to_document(self) -> dict[str, object]:
        """As JSON; what does not apply is left out, and a side that has nothing is null."""
        where: dict[str, object] = {
            "part": self.part.kind,
            "platform": self.part.platform or None,
            "layer": self.part.layer,
            "about": self.part.about or None,
            "path": self.path or None,
            "field": self.field,
            "offset": self.offset,
            "line": self.line,
        }
        said = {key: value for key, value in where.items() if value is not None}
        return {**said, "one": self.one, "other": self.other}


@frozen
class Comparison:
    """The differences of two images, causes before their consequences; not all of them when there are `more`."""

    differences: tuple[Difference, ...] = ()
    more: bool = False

    @property
    def is_same(self) -> bool:
        """Whether every byte is the same."""
        return not self.differences

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "same": self.is_same,
            "differences": [difference.to_document() for difference in self.differences],
            "more": self.more,
        }


def joined(comparisons: Sequence[Comparison]) -> Comparison:
    """One comparison of several images."""
    return Comparison(
        differences=tuple(difference for one in comparisons for difference in one.differences),
        more=any(one.more for one in comparisons),
    )


def shown(text: str) -> str:
    """`text` of a tar header as text that can be written anywhere: bytes that are no UTF-8 are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()
