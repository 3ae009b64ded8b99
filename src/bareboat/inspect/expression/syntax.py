"""What an expression says, as a tree of values."""

from __future__ import annotations

from enum import Enum, auto

from bareboat.base.frozen import frozen
from bareboat.inspect.expression.classes import Ranges


class Place(Enum):
    """Where an assertion without width holds."""

    text_begin = auto()
    text_end = auto()
    line_begin = auto()
    line_end = auto()
    word_edge = auto()
    no_word_edge = auto()


@frozen(kw_only=False)
class Characters:
    """One character out of a set."""

    ranges: Ranges


@frozen(kw_only=False)
class At:
    """Nothing, at a certain place."""

    place: Place


@frozen(kw_only=False)
class Sequence:
    """One part after the other; without parts, nothing."""

    parts: tuple[Node, ...]


@frozen(kw_only=False)
class Choice:
    """One of several branches."""

    branches: tuple[Node, ...]


@frozen(kw_only=False)
class Repetition:
    """A part several times; `most` is None where there is no limit."""

    part: Node
    least: int
    most: int | None


Node = Characters | At | Sequence | Choice | Repetition
