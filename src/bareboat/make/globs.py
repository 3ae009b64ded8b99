"""Globs over image paths, many at once, in a time that grows with the length of a path and with nothing else.

`*` stands for anything within one part, `?` for one character of a part, `**/` for any number of parts, `/**` at the
end for everything below and the folder itself, `**` elsewhere for anything.

Globs with few wildcards become a regular expression, which is quick.
One of `*a*a*a*b` would take time beyond measure, and the globs of an image that somebody else made are judged too:
those become an automaton, whose states are made when they are first needed and remembered.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from functools import cache

_TOKENS = re.compile(r"(\*\*/|/\*\*$|\*\*|\*|\?)")
_REGEX = {"**/": r"(?:[^/]+/)*", "/**": r"(?:/.*)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
_MOST_EASY = 2  # with n wildcards a regular expression may take the n-th power of a path's length
_MOST_STATES = 20_000
_OPEN = ("**/", "**", "*")
_ANY, _NO_SLASH = "", "/"

_DEAD = 0
_Places = frozenset[int]


@cache
def matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """What says whether any of `globs` matches a whole path; safe to use from several threads."""
    hard = {glob for glob in globs if len([part for part in _TOKENS.findall(glob) if part in _OPEN]) > _MOST_EASY}
    easy = re.compile("|".join(_regex(glob) for glob in globs if glob not in hard), re.DOTALL)
    if not hard:
        return lambda path: easy.fullmatch(path) is not None
    automaton = Automaton(sorted(hard))
    if hard.issuperset(globs):
        return automaton.match
    return lambda path: easy.fullmatch(path) is not None or automaton.match(path)


def _regex(glob: str) -> str:
    return "".join(_REGEX.get(part) or re.escape(part) for part in _TOKENS.split(glob))


class Automaton:
    """Some globs, one of which is to match; safe to use from several threads."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._rules: list[list[tuple[str, bool, int]]] = []  # of every place: character, whether it is a class, target
        self._skips: list[list[int]] = []  # of every place: those that are reached without a character
        self._ends: set[int] = set()
        self._lock = threading.Lock()
        begin = self._closed({self._add(glob) for glob in globs})
        self._ids: dict[_Places, int] = {frozenset(): _DEAD, begin: 1}
        self._places: list[_Places] = [frozenset(), begin]
        self._steps: list[dict[str, int]] = [{}, {}]

    def match(self, path: str) -> bool:
        """Whether any glob matches the whole `path`."""
        state, steps = 1, self._steps
        for at, character in enumerate(path):
            following = steps[state].get(character)
            if following is None:
                following = self._step(state, character)
                if following < 0:
                    return self._slowly(self._places[state], path[at:])
            if following == _DEAD:
                return False
            state = following
        return not self._ends.isdisjoint(self._places[state])

    def _add(self, glob: str) -> int:
        """Add the places of one glob; the first of them."""
        first = here = self._new()
        for part in filter(None, _TOKENS.split(glob)):
            match part:
                case "**/":
                    here = self._skip(here)
                    word = self._new()
                    self._rules[here].append((_NO_SLASH, True, word))
                    self._rules[word] += [(_NO_SLASH, True, word), ("/", False, here)]
                case "**" | "*":
                    here = self._skip(here)
                    self._rules[here].append((_ANY if part == "**" else _NO_SLASH, True, here))
                case "/**":
                    self._ends.add(here)
                    here = self._go(here, "/")
                    self._rules[here].append((_ANY, True, here))
                case "?":
                    here = self._go(here, _NO_SLASH, is_class=True)
                case _:
                    for character in part:
                        here = self._go(here, character)
        self._ends.add(here)
        return first

    def _new(self) -> int:
        self._rules.append([])
        self._skips.append([])
        return len(self._rules) - 1

    def _skip(self, here: int) -> int:
        there = self._new()
        self._skips[here].append(there)
        return there

    def _go(self, here: int, character: str, *, is_class: bool = False) -> int:
        there = self._new()
        self._rules[here].append((character, is_class, there))
        return there

    def _closed(self, places: set[int]) -> _Places:
        rest = list(places)
        while rest:
            new = [place for place in self._skips[rest.pop()] if place not in places]
            places.update(new)
            rest += new
        return frozenset(places)

    def _after(self, places: _Places, character: str) -> _Places:
        reached = {
            there
            for place in places
            for wanted, is_class, there in self._rules[place]
            if (wanted != character if is_class else wanted == character)
        }
        return self._closed(reached)

    def _step(self, state: int, character: str) -> int:
        """The state behind `character`, remembered; negative when there are too many to remember."""
        places = self._after(self._places[state], character)
        with self._lock:
            following = self._ids.get(places)
            if following is None:
                if len(self._places) >= _MOST_STATES:
                    return -1
                following = len(self._places)
                self._places.append(places)
                self._steps.append({})
                self._ids[places] = following
            self._steps[state][character] = following
        return following

    def _slowly(self, places: _Places, rest: str) -> bool:
        for character in rest:
            places = self._after(places, character)
            if not places:
                return False
        return not self._ends.isdisjoint(places)
