"""Why two selections for one wish differ: found by looking at both, never by a list of names.

A selection is a mapping from `name=version` to the candidate.
What is in one alone must have come in by a group of alternatives that a package in both (or the wish) has, and that the
two met differently, or by what such a package needs in turn.
The kinds of such groups are the explanations; whatever is left over is a difference that nobody explained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bareboat.debian.relation import Group, Relation, on_architecture
from bareboat.plan.prefer import Candidate
from bareboat.plan.universe import Universe

Selection = Mapping[str, Candidate]


class Kind(StrEnum):
    """Why two selections differ, as the table says it; what is `needless` in ours is explained by nothing."""

    early = "apt takes its first way at once and keeps it; we see that another one is there anyway"
    provider = "several packages provide it, with one priority: we take the first by name, apt one of its own order"
    consequence = "one of the two has it anyway, by another choice"
    alternative = "the two settled on different alternatives"
    refusal = "apt finds no way at all, and nothing broken in the one that we found"
    needless = "ours has a package though another one is there anyway"


@dataclass(frozen=True)
class Fork:
    """A group that was met differently, who has it, and why that is."""

    owner: str
    group: Group
    kind: Kind

    def __str__(self) -> str:
        return f"{self.owner} needs {self.group}"


@dataclass(frozen=True)
class Difference:
    """What is in one selection alone, and the groups that it came in by; `unexplained` came in by none."""

    only_ours: frozenset[str]
    only_theirs: frozenset[str]
    forks: tuple[Fork, ...]
    unexplained: frozenset[str]


def difference(universe: Universe, wish: str, ours: Selection, theirs: Selection) -> Difference:
    """Compare two selections of packages of `universe` for the package called `wish`."""
    only_ours, only_theirs = ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
    forks = tuple(_forks(universe, wish, ours, theirs))
    real = {fork for fork in forks if fork.kind not in (Kind.early, Kind.needless)}
    left = _unreached(universe, ours, only_ours, real) | _unreached(universe, theirs, only_theirs, set(forks))
    return Difference(frozenset(only_ours), frozenset(only_theirs), forks, frozenset(left))


def selection(universe: Universe, text: str) -> Selection:
    """The candidates that `name=version …` means."""
    return {word: _candidate(universe, *word.split("=", 1)) for word in text.split()}


def _candidate(universe: Universe, name: str, version: str) -> Candidate:
    return next(one for one in universe.candidates(name) if str(one.package.version) == version)


def _forks(universe: Universe, wish: str, ours: Selection, theirs: Selection) -> Iterator[Fork]:
    for word in sorted(ours.keys() & theirs.keys()):
        for group in groups_of(universe, ours[word]):
            mine, others = met_by(group, ours), met_by(group, theirs)
            if mine != others:
                yield Fork(word, group, _kind(universe, wish, group, (ours, mine), (theirs, others)))


def _kind(
    universe: Universe, wish: str, group: Group, mine: tuple[Selection, set[str]], theirs: tuple[Selection, set[str]]
) -> Kind:
    extra = mine[1] - theirs[1]
    if not extra:
        return Kind.early
    if theirs[1] & mine[1] & _reached(universe, wish, mine[0], group, extra):
        return Kind.needless
    if any(met & _reached(universe, wish, chosen, group) for chosen, met in (mine, theirs)):
        return Kind.consequence
    ways = [{_place(group, chosen[one]) for one in met} for chosen, met in (mine, theirs)]
    relation = group.alternatives[min(ways[0])]
    is_virtual = all(chosen[one].name != relation.name for chosen, met in (mine, theirs) for one in met)
    return Kind.provider if min(ways[0]) == min(ways[1]) and is_virtual else Kind.alternative


def _reached(
    universe: Universe, wish: str, chosen: Selection, group: Group, without: Collection[str] = ()
) -> set[str]:
    """What of a selection the wish leads to, but not along `group`, nor along any that something of `without` meets."""
    waiting = [word for word, one in chosen.items() if one.name == wish]
    found: set[str] = set()
    while waiting:
        word = waiting.pop()
        if word not in found:
            found.add(word)
            ways = (met_by(other, chosen) for other in groups_of(universe, chosen[word]) if other != group)
            waiting += [other for met in ways if met.isdisjoint(without) for other in met]
    return found


def _place(group: Group, candidate: Candidate) -> int:
    return next(number for number, relation in enumerate(group.alternatives) if meets(candidate, relation))


def _unreached(universe: Universe, chosen: Selection, extra: set[str], forks: set[Fork]) -> set[str]:
    """What of `extra` neither meets a fork nor is needed by something that does."""
    waiting = [word for word in extra for fork in forks if word in met_by(fork.group, chosen)]
    found: set[str] = set()
    while waiting:
        word = waiting.pop()
        if word in extra and word not in found:
            found.add(word)
            waiting += [other for group in groups_of(universe, chosen[word]) for other in met_by(group, chosen)]
    return extra - found


def groups_of(universe: Universe, candidate: Candidate) -> tuple[Group, ...]:
    """What a candidate depends on."""
    package = candidate.package
    return tuple(on_architecture((*package.pre_depends, *package.depends), universe.architecture))


def met_by(group: Group, chosen: Selection) -> set[str]:
    """What of a selection meets a group."""
    return {word for word, one in chosen.items() if any(meets(one, relation) for relation in group.alternatives)}


def meets(candidate: Candidate, relation: Relation) -> bool:
    """Whether a candidate is, or provides, what a relation asks for."""
    if candidate.name == relation.name and relation.admits(candidate.package.version):
        return True
    provisions = candidate.package.provides
    return any(one.name == relation.name and relation.admits(one.version) for one in provisions)
