"""Whether an expression matches somewhere in a text, in time that grows with the text and nothing else.

All ways through the expression are gone at once (Thompson 1968), and sets of ways that were met before are remembered
with where each character leads (a lazy automaton, as in RE2); no expression can make it try again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import assert_never

from bareboat.base.errors import FormatError
from bareboat.inspect.expression.classes import WORD, Ranges
from bareboat.inspect.expression.read import read_expression
from bareboat.inspect.expression.syntax import At, Characters, Choice, Node, Place, Repetition, Sequence

MOST_STEPS = 10_000
"""How many steps an expression may have once its counts are written out."""

_MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class _Step:
    """A step: take a character of `ranges`, pass where `place` holds, or pass freely; then go on at `ways`."""

    ways: list[int]
    ranges: Ranges | None = None
    place: Place | None = None


@dataclass(slots=True, eq=False)
class _State:
    """Ways that are open between two characters; `after` says where each character leads, None that all is found."""

    ways: frozenset[int]
    before: str
    after: dict[str, _State | None] = field(default_factory=dict)


class Expression:
    """An expression in RE2's syntax; `text` is as it was written."""

    def __init__(self, text: str) -> None:
        """Read `text`.

        Raises:
            FormatError: When RE2 would refuse it, or when it is larger than is read here.
        """
        self.text = text
        self._steps: list[_Step] = []
        self._end = self._add(_Step([]))
        self._begin = self._written(read_expression(text), self._end)
        self._states: dict[tuple[frozenset[int], str], _State] = {}
        self._remembered = 0

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def matches(self, text: str) -> bool:
        """Whether it matches somewhere in `text`."""
        state = self._state(frozenset([self._begin]), "")
        for character in text:
            after = state.after.get(character, state)
            if after is state and character not in state.after:
                after = self._go(state, character)
            if after is None:
                return True
            state = after
        return self._end in self._open(state, "")

    def _add(self, step: _Step) -> int:
        if len(self._steps) >= MOST_STEPS:
            hint = f"{MOST_STEPS} steps are the most"
            raise FormatError(f'cannot read the expression "{self.text[:200]}": it is too large', hint=hint)
        self._steps.append(step)
        return len(self._steps) - 1

    def _written(self, node: Node, then: int) -> int:
        """Where `node`, which goes on at `then`, begins among the steps."""
        match node:
            case Characters(ranges):
                return self._add(_Step([then], ranges=ranges))
            case At(place):
                return self._add(_Step([then], place=place))
            case Sequence(parts):
                for part in reversed(parts):
                    then = self._written(part, then)
                return then
            case Choice(branches):
                return self._add(_Step([self._written(branch, then) for branch in branches]))
            case Repetition(part, least, most):
                return self._repeated(part, least, most, then)
        assert_never(node)

    def _repeated(self, part: Node, least: int, most: int | None, then: int) -> int:
        if most is None:
            again = self._add(_Step([then]))
            begin = self._written(part, again)
            self._steps[again].ways.append(begin)
            then = again
        else:
            end = then
            for _ in range(most - least):
                then = self._add(_Step([self._written(part, then), end]))
        for _ in range(least):
            then = self._written(part, then)
        return then

    def _state(self, ways: frozenset[int], before: str) -> _State:
        """The state of these ways; `before` is the character before, or another one that counts the same."""
        key = (ways, before)
        if key not in self._states:
            self._states[key] = _State(ways, before)
        return self._states[key]

    def _go(self, state: _State, character: str) -> _State | None:
        if self._remembered >= _MOST_REMEMBERED:
            self._states.clear()
            self._remembered = 0
        ways = self._open(state, character)
        after: _State | None = None
        if self._end not in ways:
            steps = (self._steps[way] for way in ways)
            taken = {step.ways[0] for step in steps if step.ranges is not None and _holds(step.ranges, character)}
            after = self._state(frozenset(taken | {self._begin}), _like(character))
        self._remembered += 1
        state.after[character] = after
        return after

    def _open(self, state: _State, following: str) -> set[int]:
        """Every step that can be reached without taking a character, where `following` comes next, "" for the end."""
        found: set[int] = set()
        rest = list(state.ways)
        while rest:
            way = rest.pop()
            if way in found:
                continue
            found.add(way)
            step = self._steps[way]
            if step.ranges is None and (step.place is None or _is_at(step.place, state.before, following)):
                rest += step.ways
        return found


def _holds(ranges: Ranges, character: str) -> bool:
    position = bisect_right(ranges, (ord(character), 0x110000)) - 1
    return position >= 0 and ranges[position][0] <= ord(character) <= ranges[position][1]


def _like(character: str) -> str:
    """A character that counts as `character` does for the assertions behind it."""
    if character == "\n":
        return character
    return "w" if _holds(WORD, character) else " "


def _is_at(place: Place, before: str, following: str) -> bool:
    match place:
        case Place.text_begin:
            return not before
        case Place.text_end:
            return not following
        case Place.line_begin:
            return before in ("", "\n")
        case Place.line_end:
            return following in ("", "\n")
        case Place.word_edge | Place.no_word_edge:
            edge = (bool(before) and _holds(WORD, before)) != (bool(following) and _holds(WORD, following))
            return edge is (place is Place.word_edge)
    assert_never(place)
