"""A search that knows no Debian: things are chosen until every rule about what is chosen holds.

It is conflict-driven clause learning, as in every modern solver of satisfiability (Marques-Silva and Sakallah, "GRASP",
1996), in its simplest form: what follows is drawn at once, what is left open is decided in the order of the rules, and
each dead end is learned as a rule of its own.
So it finds a choice whenever there is one, and else knows which rules cannot hold together.
The same rules in the same order give the same choice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from bareboat.base.frozen import frozen

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")

MOST_DEAD_ENDS = 20_000
"""How many dead ends are learned from before the search gives up."""


@frozen
class Rule(Generic[T, R]):
    """Once all of `premises` are chosen, one of `ways` is too, the first the most wanted.

    Without ways, the premises are not chosen together.
    `late` rules are decided after all others, when most of what they could be met with is known.
    """

    premises: tuple[T, ...] = ()
    ways: tuple[T, ...] = ()
    reason: R
    late: bool = False


class ContradictionError(Exception, Generic[T, R]):
    """No choice obeys `rules`, in the order in which they came up; without any one of them there would be one."""

    def __init__(self, rules: tuple[Rule[T, R], ...]) -> None:
        super().__init__(f"{len(rules)} rules cannot hold together")
        self.rules = rules


class ExhaustedError(Exception):
    """The search gave up."""


def search(rules: Iterable[Rule[T, R]], rules_of: Callable[[T], Iterable[Rule[T, R]]]) -> tuple[T, ...]:
    """Choose as few things as the decisions need.

    Args:
        rules: What holds from the beginning.
        rules_of: The rules that have a thing among their premises; asked once for each thing that is ever chosen.

    Raises:
        ContradictionError: When nothing obeys the rules.
        ExhaustedError: After too many dead ends.
    """
    found = _Search(rules_of).run(rules)
    if isinstance(found, _Core):
        raise ContradictionError(_smallest(found.rules))
    return found


@frozen(kw_only=False)
class _Core(Generic[T, R]):
    """Rules that cannot hold together."""

    rules: tuple[Rule[T, R], ...]


def _smallest(rules: tuple[Rule[T, R], ...]) -> tuple[Rule[T, R], ...]:
    """`rules` without each one that the contradiction does not need."""
    for rule in rules:
        if rule in rules:
            found = _Search[T, R](lambda _: ()).run(other for other in rules if other is not rule)
            rules = found.rules if isinstance(found, _Core) else rules
    return rules


@frozen(kw_only=False, eq=False)
class _Clause:
    """One of `literals` holds: the number of a thing that is chosen, negative for one that is not.

    `origins` are the numbers of the rules that it follows from.
    """

    literals: tuple[int, ...]
    origins: frozenset[int]


class _Search(Generic[T, R]):
    """The state of one search; `_level` counts the decisions above each drawn conclusion."""

    def __init__(self, rules_of: Callable[[T], Iterable[Rule[T, R]]]) -> None:
        self._rules_of = rules_of
        self._rules: list[Rule[T, R]] = []
        self._open: list[tuple[bool, tuple[int, ...], tuple[int, ...]]] = []
        self._things: list[T] = []
        self._numbers: dict[T, int] = {}
        self._known: set[int] = set()
        self._clauses: dict[int, list[_Clause]] = {}
        self._trail: list[int] = []
        self._drawn = 0
        self._starts: list[int] = []
        self._level: dict[int, int] = {}
        self._why: dict[int, _Clause | None] = {}
        self._true: set[int] = set()

    def run(self, rules: Iterable[Rule[T, R]]) -> tuple[T, ...] | _Core[T, R]:
        """What is chosen, in the order of choosing, or why nothing can be."""
        dead_end = next((clause for clause in map(self._add, rules) if not self._examine(clause)), None)
        dead_ends = 0
        while True:
            dead_end = dead_end or self._draw()
            if dead_end is None:
                decision = self._decision()
                if decision is None:
                    return tuple(self._things[number - 1] for number in self._trail if number > 0)
                self._starts.append(len(self._trail))
                self._hold(decision, None)
            elif not self._starts:
                return _Core(tuple(self._rules[number] for number in sorted(self._origins(dead_end))))
            else:
                dead_ends += 1
                if dead_ends > MOST_DEAD_ENDS:
                    raise ExhaustedError
                self._learn(dead_end)
                dead_end = None

    def _number(self, thing: T) -> int:
        number = self._numbers.setdefault(thing, len(self._things) + 1)
        if number > len(self._things):
            self._things.append(thing)
        return number

    def _add(self, rule: Rule[T, R]) -> _Clause:
        ways = tuple(map(self._number, rule.ways))
        premises = tuple(map(self._number, rule.premises))
        if len(ways) > 1:
            self._open.append((rule.late, premises, ways))
        self._rules.append(rule)
        return self._keep(_Clause((*(-number for number in premises), *ways), frozenset({len(self._rules) - 1})))

    def _keep(self, clause: _Clause) -> _Clause:
        for literal in clause.literals:
            self._clauses.setdefault(literal, []).append(clause)
        return clause

    def _hold(self, literal: int, why: _Clause | None) -> None:
        self._true.add(literal)
        self._trail.append(literal)
        self._level[abs(literal)] = len(self._starts)
        self._why[abs(literal)] = why

    def _draw(self) -> _Clause | None:
        """Draw every conclusion; a clause that cannot hold any more, if there is one."""
        while self._drawn < len(self._trail):
            literal = self._trail[self._drawn]
            if literal > 0 and literal not in self._known:
                self._known.add(literal)
                for rule in self._rules_of(self._things[literal - 1]):
                    self._add(rule)
            for clause in self._clauses.get(-literal, ()):
                if not self._examine(clause):
                    return clause
            self._drawn += 1
        return None

    def _examine(self, clause: _Clause) -> bool:
        """Hold the last literal that is left of `clause`; False when none is."""
        free = 0
        for literal in clause.literals:
            if literal in self._true:
                return True
            if -literal not in self._true:
                if free:
                    return True
                free = literal
        if free:
            self._hold(free, clause)
        return bool(free)

    def _decision(self) -> int | None:
        """The most wanted way of the first rule that is not met yet."""
        late = None
        for is_late, premises, ways in self._open:
            if (late is not None and is_late) or not self._true.issuperset(premises) or not self._true.isdisjoint(ways):
                continue
            way = next(way for way in ways if -way not in self._true)
            if not is_late:
                return way
            late = way
        return late

    def _learn(self, dead_end: _Clause) -> None:
        """Keep what the dead end teaches, and go back to where it would have mattered."""
        here = len(self._starts)
        kept: list[int] = []
        seen: set[int] = set()
        origins: set[int] = set()
        clause: _Clause | None = dead_end
        position = len(self._trail)
        unsettled = 0
        literal = 0
        while True:
            if clause is not None:
                origins |= clause.origins
                fresh = [item for item in clause.literals if abs(item) not in seen]
                seen.update(map(abs, fresh))
                unsettled += sum(self._level[abs(item)] == here for item in fresh)
                kept += [item for item in fresh if self._level[abs(item)] < here]
            while True:
                position -= 1
                literal = self._trail[position]
                if abs(literal) in seen:
                    break
            unsettled -= 1
            if not unsettled:
                break
            clause = self._why[abs(literal)]
        self._undo(max((self._level[abs(item)] for item in kept), default=0))
        self._hold(-literal, self._keep(_Clause((-literal, *kept), frozenset(origins))))

    def _undo(self, level: int) -> None:
        start = self._starts[level]
        self._true.difference_update(self._trail[start:])
        del self._trail[start:], self._starts[level:]
        self._drawn = min(self._drawn, start)

    def _origins(self, dead_end: _Clause) -> set[int]:
        """The rules that lead to a dead end without any decision."""
        origins: set[int] = set()
        seen: set[int] = set()
        waiting = [dead_end]
        while waiting:
            clause = waiting.pop()
            origins |= clause.origins
            for number in map(abs, clause.literals):
                why = self._why.get(number)
                if number not in seen and why is not None:
                    seen.add(number)
                    waiting.append(why)
        return origins
