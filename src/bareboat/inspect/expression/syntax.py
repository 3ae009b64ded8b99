"""What an expression says, as a tree of values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bareboat.inspect.expression.classes import Ranges


class Place(Enum):
    """Where an assertion without width holds."""

    text_begin = auto()
    text_end = auto()
    line_begin = auto()
    line_end = auto()
    word_edge = auto()
    no_word_edge = auto()


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class At:
    """Nothing, at a certain place."""

    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other; without parts, nothing."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several branches."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """A part several times; `most` is None where there is no limit."""

    part: Node
    least: int
    most: int | None


Node = Characters | At | Sequence | Choice | Repetition
