"""Resolution: from wishes to a set of packages that satisfies Debian's relations.

`plan.search` searches and knows no Debian; here Debian's relations become its rules, and nothing is searched.

- A wish, a `Depends` or a `Pre-Depends` (Policy 7.2) asks for one of the candidates that meet it.
- `Conflicts` and `Breaks` (7.4, 7.3) forbid two candidates together; nothing is pulled in by them.
- Of one name there is one version.

Relations that leave a choice between names are decided last, when it is known what is there anyway.
`Recommends` are never followed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bareboat.base.errors import ResolutionError
from bareboat.base.frozen import frozen
from bareboat.debian.relation import Group, Relation, on_architecture
from bareboat.plan.explain import Cause, Refusal, explain
from bareboat.plan.prefer import Candidate
from bareboat.plan.search import ContradictionError, ExhaustedError, Rule, search
from bareboat.plan.universe import Universe

_NATIVE = frozenset({"", "any", "native"})


@frozen(kw_only=False)
class Need:
    """Somebody needs one of a group's alternatives; `wanted_by` says who, for people."""

    group: Group
    wanted_by: str


_Reason = Cause | Refusal | None
_Rule = Rule[Candidate, _Reason]


def solve(
    universe: Universe, needs: Iterable[Need], fixed: Iterable[Candidate], omitted: frozenset[str]
) -> Mapping[str, Candidate]:
    """Choose packages that meet `needs` beside the `fixed` ones.

    The order of `needs` and `fixed` does not matter.

    Args:
        universe: What there is.
        needs: The wishes.
        fixed: Packages that the stages below have already; they stay as they are.
        omitted: Names whose dependencies are dropped.

    Returns:
        The fixed packages and every new one that the needs lead to, by name, sorted.

    Raises:
        ResolutionError: With the story of why not.
    """
    book = _Rulebook(universe, omitted)
    kept = sorted(fixed, key=lambda candidate: candidate.name)
    wishes = sorted(needs, key=lambda need: (str(need.group), need.wanted_by))
    rules: list[_Rule] = [Rule(ways=(candidate,), reason=Cause(fixed=candidate)) for candidate in kept]
    try:
        chosen = search(rules + [book.rule(need) for need in wishes], book.rules_of)
    except ContradictionError as error:
        story, hint = explain(universe, tuple(rule.reason for rule in error.rules if rule.reason is not None))
        raise ResolutionError(story, hint=hint) from None
    except ExhaustedError:
        raise ResolutionError(
            f"cannot choose packages for {universe.architecture}: the search leads to too many dead ends",
            hint="wish for exact versions of some packages, such as libpq5 (= 15.3-1)",
        ) from None
    return _reachable(book, frozenset(chosen), wishes, kept)


def _reachable(
    book: _Rulebook, chosen: frozenset[Candidate], wishes: Sequence[Need], kept: Sequence[Candidate]
) -> Mapping[str, Candidate]:
    """What the wishes lead to among `chosen`: a choice that a later one made needless is dropped."""
    while True:
        found, choices = _reached(book, chosen, wishes, kept)
        needless = next((one for one in choices if _is_needless(book, chosen, wishes, kept, one)), None)
        if needless is None:
            return {candidate.name: candidate for candidate in sorted(found, key=lambda candidate: candidate.name)}
        chosen -= {needless}


def _is_needless(
    book: _Rulebook, chosen: frozenset[Candidate], wishes: Sequence[Need], kept: Sequence[Candidate], choice: Candidate
) -> bool:
    """Whether everything that `choice` is there for is met by what is there anyway."""
    anyway, _ = _reached(book, chosen - {choice}, wishes, kept, without=choice)
    needs = (*wishes, *(need for candidate in anyway for need in book.needs_of(candidate)))
    every = (book.ways(need.group) for need in needs)
    return all(any(way in anyway for way in ways) for ways in every if choice in ways)


def _reached(
    book: _Rulebook, chosen: frozenset[Candidate], wishes: Sequence[Need], kept: Sequence[Candidate],
    without: Candidate | None = None,
) -> tuple[Mapping[Candidate, None], Sequence[Candidate]]:  # fmt: skip
    """What the wishes lead to, and what of it was taken though others of the chosen would do.

    Needs that several of the chosen could meet wait until all others have said what is there anyway; those that
    `without` could meet lead to nothing.
    """
    found = dict.fromkeys(kept)
    choices: list[Candidate] = []
    waiting = deque([*wishes, *(need for candidate in kept for need in book.needs_of(candidate))])
    undecided: deque[Need] = deque()
    while waiting or undecided:
        is_decided = bool(waiting)
        need = waiting.popleft() if is_decided else undecided.popleft()
        ways = [way for way in book.ways(need.group) if way in chosen or way == without]
        if not ways or without in ways or any(way in found for way in ways):
            continue
        if len(ways) > 1 and is_decided:
            undecided.append(need)
            continue
        choices += ways[:1] if len(ways) > 1 else []
        found[ways[0]] = None
        waiting += book.needs_of(ways[0])
    return found, choices


class _Rulebook:
    """Debian's relations as rules."""

    def __init__(self, universe: Universe, omitted: frozenset[str]) -> None:
        self._universe = universe
        self._omitted = omitted
        self._needs: dict[Candidate, tuple[Need, ...]] = {}
        self._ways: dict[Group, tuple[Candidate, ...]] = {}

    def rule(self, need: Need, *premises: Candidate) -> _Rule:
        """`need` as a rule that holds once `premises` are chosen."""
        ways = self.ways(need.group)
        return Rule(
            premises=premises,
            ways=ways,
            reason=Cause(wanted_by=need.wanted_by, group=need.group),
            late=len({way.name for way in ways}) > 1,
        )

    def rules_of(self, candidate: Candidate) -> Iterator[_Rule]:
        """What choosing `candidate` asks for and forbids."""
        for other in self._universe.candidates(candidate.name):
            if other != candidate:
                yield Rule(premises=(candidate, other), reason=None)
        for need in self.needs_of(candidate):
            yield self.rule(need, candidate)
        package = candidate.package
        for verb, groups in (("conflicts with", package.conflicts), ("breaks", package.breaks)):
            for group in on_architecture(groups, self._universe.architecture):
                for enemy in self._meeting(group):
                    if enemy.name != candidate.name:
                        reason = Refusal(wanted_by=str(candidate), verb=verb, group=group, enemy=enemy)
                        yield Rule(premises=(candidate, enemy), reason=reason)

    def needs_of(self, candidate: Candidate) -> tuple[Need, ...]:
        """What `candidate` depends on, without what is omitted and what it is itself."""
        if candidate not in self._needs:
            groups = (*candidate.package.pre_depends, *candidate.package.depends)
            self._needs[candidate] = tuple(
                Need(group, str(candidate))
                for group in on_architecture(groups, self._universe.architecture)
                if not self._is_omitted(group) and candidate not in self._meeting(group)
            )
        return self._needs[candidate]

    def _is_omitted(self, group: Group) -> bool:
        """Whether any alternative is omitted, or everything that could meet the group is."""
        meeting = self._meeting(group)
        return any(relation.name in self._omitted for relation in group.alternatives) or bool(
            meeting and all(candidate.name in self._omitted for candidate in meeting)
        )

    def ways(self, group: Group) -> tuple[Candidate, ...]:
        """What may be chosen to meet `group`, the most wanted first; what the lock has comes before all else."""
        if group not in self._ways:
            named = {relation.name for relation in group.alternatives}
            free = (way for way in self._meeting(group) if way.name in named or way.name not in self._omitted)
            self._ways[group] = tuple(sorted(free, key=lambda way: not way.locked))
        return self._ways[group]

    def _meeting(self, group: Group) -> tuple[Candidate, ...]:
        """Every candidate that meets `group`, alternative by alternative, real packages before providers."""
        return tuple(dict.fromkeys(way for relation in group.alternatives for way in self._one(relation)))

    def _one(self, relation: Relation) -> Iterator[Candidate]:
        if relation.qualifier not in _NATIVE and relation.qualifier != self._universe.architecture:
            return
        for candidate in self._universe.candidates(relation.name):
            if relation.admits(candidate.package.version):
                yield candidate
        for candidate, provision in self._universe.providers(relation.name):
            if relation.admits(provision.version):
                yield candidate
