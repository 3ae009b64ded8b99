"""Faults with their place: gathered while reading, raised once with all of them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a text something stands; lines and columns count from one, zero means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: where it is, what it is, and what to write instead."""

    place: Place
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Problems:
    """A gathering of faults that is raised once, when everything has been read."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, place: Place, message: str, hint: str = "") -> None:
        """Remember one fault."""
        self._found.append(Problem(place, message, hint))

    @property
    def found(self) -> tuple[Problem, ...]:
        """All faults so far, in the order of their places."""
        return tuple(sorted(set(self._found)))

    def raise_as(self, error: Callable[..., Exception], summary: str, *, hint: str | None = None) -> None:
        """Raise `error` with every fault, or return when there is none."""
        if self.found:
            text = "\n".join([summary, *(f"  {problem}" for problem in self.found)])
            raise error(text, hint=hint, problems=self.found)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean "…"?` for the nearest of `known`, or an empty string."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
