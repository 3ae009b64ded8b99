"""Resolution: from wishes to a set of packages that satisfies Debian's relations.

resolvelib searches and knows no Debian; the provider here knows Debian and searches nothing.
Three kinds of things are decided:

- `package:NAME`, one candidate of that name, or `ABSENT`;
- `group:TEXT`, which of several alternatives or providers meets a relation; each choice then needs its package.

`Conflicts` and `Breaks` (Policy 7.3, 7.4) are requirements that `ABSENT` satisfies, so that nothing is pulled in by
them.
`Recommends` are never followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver
from resolvelib.resolvers import ResolutionTooDeep

from bareboat.base.errors import ResolutionError
from bareboat.debian.relation import Group, Relation
from bareboat.plan.explain import Cause, explain
from bareboat.plan.prefer import Candidate
from bareboat.plan.universe import Universe

MOST_ROUNDS = 20_000


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody needs one of a group's alternatives; `wanted_by` says who, for people."""

    group: Group
    wanted_by: str


@dataclass(frozen=True, slots=True)
class _Exactly:
    """A choice was made: this candidate and no other."""

    candidate: Candidate
    wanted_by: str

    @property
    def key(self) -> str:
        return f"package:{self.candidate.name}"


@dataclass(frozen=True, slots=True)
class _Refuse:
    """A candidate that conflicts with `relation`; `ABSENT` satisfies it."""

    name: str
    relation: Relation
    through: Relation | None
    wanted_by: str

    @property
    def key(self) -> str:
        return f"package:{self.name}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A need as the search sees it, under the key that it decides."""

    key: str
    need: Need

    @property
    def wanted_by(self) -> str:
        return self.need.wanted_by


@dataclass(frozen=True, slots=True)
class _Absent:
    """The package is not installed."""

    key: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way of meeting a group."""

    key: str
    candidate: Candidate


_Requirement = _Wanted | _Exactly | _Refuse
_Option = Candidate | _Absent | _Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The packages chosen, by name, and who needed each of them first (a package name, or empty for a wish)."""

    packages: Mapping[str, Candidate]
    wanted_by: Mapping[str, str]


def solve(universe: Universe, needs: Sequence[Need], fixed: Iterable[Candidate], omitted: frozenset[str]) -> Selection:
    """Choose packages that meet `needs` beside the `fixed` ones.

    Args:
        universe: What there is.
        needs: The wishes.
        fixed: Packages that the stages below have already; they stay as they are.
        omitted: Names whose dependencies are dropped unless they are wished for.

    Returns:
        The fixed packages and every new one that the needs lead to.

    Raises:
        ResolutionError: With the story of why not.
    """
    kept = sorted(fixed, key=lambda candidate: candidate.name)
    provider = _Provider(universe, omitted)
    requirements: list[_Requirement] = [_Exactly(candidate, "the stages below") for candidate in kept]
    requirements += [provider.wanted(need) for need in needs]
    resolver = Resolver(provider, BaseReporter())
    try:
        result = resolver.resolve(requirements, max_rounds=MOST_ROUNDS)
    except ResolutionImpossible as error:
        causes = tuple(_cause(provider, information) for information in error.causes)
        story, hint = explain(universe, causes)
        raise ResolutionError(story, hint=hint) from error
    except ResolutionTooDeep as error:
        raise ResolutionError(
            f"cannot decide within {MOST_ROUNDS} rounds", hint="pin some versions in `packages`"
        ) from error
    chosen = {
        option.name: option for option in result.mapping.values() if isinstance(option, Candidate)
    }
    return _reachable(provider, chosen, needs, kept)


def _cause(provider: _Provider, information: Any) -> Cause:
    requirement = information.requirement
    match requirement:
        case _Wanted():
            return Cause(wanted_by=requirement.wanted_by, group=requirement.need.group)
        case _Refuse():
            relation = Group((requirement.relation,))
            return Cause(wanted_by=requirement.wanted_by, group=relation, refuses=requirement.name)
        case _:
            pinned = Relation(name=requirement.candidate.name)
            return Cause(wanted_by=requirement.wanted_by, group=Group((pinned,)), fixed=requirement.candidate)


def _reachable(
    provider: _Provider, chosen: Mapping[str, Candidate], needs: Sequence[Need], kept: Sequence[Candidate]
) -> Selection:
    """What the needs lead to among `chosen`: a choice that another package made needless is dropped."""
    packages = {candidate.name: candidate for candidate in kept}
    wanted_by: dict[str, str] = {}
    waiting = [(need, "") for need in needs]
    while waiting:
        need, asker = waiting.pop(0)
        for candidate in provider.ways(need.group):
            if chosen.get(candidate.name) == candidate:
                if candidate.name not in packages:
                    packages[candidate.name] = candidate
                    wanted_by[candidate.name] = asker
                    waiting += [(further, candidate.name) for further in provider.needs_of(candidate)]
                break
    return Selection(packages=dict(sorted(packages.items())), wanted_by=wanted_by)


class _Provider(AbstractProvider[Any, Any, str]):
    """Debian's relations in resolvelib's words."""

    def __init__(self, universe: Universe, omitted: frozenset[str]) -> None:
        self._universe = universe
        self._omitted = omitted
        self._needs: dict[Candidate, tuple[Need, ...]] = {}

    def wanted(self, need: Need) -> _Wanted:
        """`need` under the key that it decides."""
        relations = need.group.alternatives
        if len(relations) == 1 and not self._universe.providers(relations[0].name):
            return _Wanted(f"package:{relations[0].name}", need)
        return _Wanted(f"group:{need.group}", need)

    def ways(self, group: Group) -> Iterator[Candidate]:
        """Every candidate that meets `group`, in the order of preference: real packages before providers."""
        for relation in group.alternatives:
            for candidate in self._universe.candidates(relation.name):
                if relation.admits(candidate.package.version):
                    yield candidate
            for candidate, provision in self._universe.providers(relation.name):
                if candidate.name not in self._omitted and relation.admits(provision.version):
                    yield candidate

    def needs_of(self, candidate: Candidate) -> tuple[Need, ...]:
        """What `candidate` depends on, without what is omitted."""
        if candidate not in self._needs:
            package = candidate.package
            groups = [*package.pre_depends, *package.depends]
            architecture = self._universe.architecture
            self._needs[candidate] = tuple(
                Need(Group(meant), str(candidate))
                for group in groups
                if (meant := tuple(item for item in group.alternatives if item.applies_to(architecture)))
                and not any(item.name in self._omitted for item in meant)
                and not any(item.name == candidate.name for item in meant)
            )
        return self._needs[candidate]

    def _refusals(self, candidate: Candidate) -> Iterator[_Refuse]:
        asker = str(candidate)
        for group in [*candidate.package.conflicts, *candidate.package.breaks]:
            for relation in group.alternatives:
                if not relation.applies_to(self._universe.architecture):
                    continue
                if relation.name != candidate.name and self._universe.candidates(relation.name):
                    yield _Refuse(relation.name, relation, None, asker)
                for other, provision in self._universe.providers(relation.name):
                    if other.name != candidate.name and relation.admits(provision.version):
                        yield _Refuse(other.name, Relation(name=other.name), relation, asker)

    def identify(self, requirement_or_candidate: _Requirement | _Option) -> str:
        """The thing that is decided."""
        if isinstance(requirement_or_candidate, Candidate):
            return f"package:{requirement_or_candidate.name}"
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, _Option],
        candidates: Mapping[str, Iterator[_Option]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, str]:
        """Packages before groups, so that a group sees what is chosen already; then by name."""
        return (identifier.startswith("group:"), self._is_refused_only(information[identifier]), identifier)

    @staticmethod
    def _is_refused_only(information: Iterator[Any]) -> bool:
        return all(isinstance(item.requirement, _Refuse) for item in information)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[_Requirement]],
        incompatibilities: Mapping[str, Iterator[_Option]],
    ) -> list[_Option]:
        """The options for `identifier`, best first."""
        asked = list(requirements.get(identifier, iter(())))
        barred = list(incompatibilities.get(identifier, iter(())))
        options: list[_Option]
        if identifier.startswith("group:"):
            first = next(item for item in asked if isinstance(item, _Wanted))
            options = [_Choice(identifier, candidate) for candidate in self.ways(first.need.group)]
        elif all(isinstance(item, _Refuse) for item in asked):
            options = [_Absent(identifier)]
        else:
            pinned = [item.candidate for item in asked if isinstance(item, _Exactly)]
            options = list(pinned[:1] or self._universe.candidates(identifier.partition(":")[2]))
        return [
            option
            for option in options
            if option not in barred and all(self.is_satisfied_by(item, option) for item in asked)
        ]

    def is_satisfied_by(self, requirement: _Requirement, candidate: _Option) -> bool:
        """Whether `candidate` does what `requirement` asks."""
        match requirement, candidate:
            case _Refuse(), _Absent():
                return True
            case _, _Absent():
                return False
            case _Wanted(), _Choice():
                return True
            case _Exactly(), Candidate():
                return requirement.candidate == candidate
            case _Refuse(), Candidate():
                return requirement.through is None and not requirement.relation.admits(candidate.package.version)
            case _Wanted(), Candidate():
                return any(
                    relation.name == candidate.name and relation.admits(candidate.package.version)
                    for relation in requirement.need.group.alternatives
                )
            case _:
                return False

    def get_dependencies(self, candidate: _Option) -> list[_Requirement]:
        """What choosing `candidate` asks for."""
        match candidate:
            case _Absent():
                return []
            case _Choice():
                return [_Exactly(candidate.candidate, candidate.key.removeprefix("group:"))]
            case _:
                wanted: list[_Requirement] = [self.wanted(need) for need in self.needs_of(candidate)]
                return [*wanted, *self._refusals(candidate)]
