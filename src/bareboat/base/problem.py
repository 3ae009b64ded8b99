"""Faults with their place: gathered while reading, raised once with all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bareboat.base.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


MOST_SUGGESTIONS = 100
"""With more faults than that nobody asks what was meant in each, and looking for it takes long."""

MOST_PROBLEMS = 1_000
"""With more faults than that no further ones are looked for."""


@frozen(kw_only=False, order=True)
class Place:
    """Where in a text something stands; lines and columns count from one, zero means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@frozen(kw_only=False, order=True)
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

    def __len__(self) -> int:
        """How many were added."""
        return len(self._found)

    def add(self, place: Place, message: str, hint: str = "") -> None:
        """Remember one fault."""
        self._found.append(Problem(place, message, hint))

    @property
    def found(self) -> tuple[Problem, ...]:
        """All faults so far, in the order of their places."""
        return tuple(sorted(set(self._found)))

    @property
    def counted(self) -> str:
        """How many faults there are: `1 fault`, `6 faults`."""
        count = len(self.found)
        return f"{count} fault{'' if count == 1 else 's'}"

    def raise_as(self, error: Callable[..., Exception], summary: str, *, hint: str | None = None) -> None:
        """Raise `error` with every fault, or return when there is none."""
        if self.found:
            text = "\n".join([summary, *(f"  {problem}" for problem in self.found)])
            raise error(text, hint=hint, problems=self.found)


def suggestion(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """`did you mean "…"?` for the nearest of `known`, capital or small letters, or an empty string.

    `likeness`, from 0 to 1, is how near it must be.
    """
    from difflib import get_close_matches

    written = {name.lower(): name for name in sorted(known, reverse=True)}
    near = get_close_matches(word.lower(), sorted(written), n=1, cutoff=likeness)
    return f'did you mean "{written[near[0]]}"?' if near else ""
