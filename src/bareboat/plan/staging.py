"""One recipe on one architecture, decided stage by stage.

Each stage is decided on what the stages below it have, and on nothing above it: a wish of a debug stage, or of an image
further down the inheritance, changes no stage below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import ResolutionError
from bareboat.base.frozen import frozen
from bareboat.base.platform import Architecture
from bareboat.base.problem import suggestion
from bareboat.debian.relation import Group, Relation
from bareboat.plan.config.config import UpstreamWish
from bareboat.plan.lock import LockedPackage, LockedStage, LockedUpstream
from bareboat.plan.prefer import Candidate
from bareboat.plan.recipe import Recipe, Stage
from bareboat.plan.solve import Need, solve
from bareboat.plan.universe import Universe
from bareboat.plan.upstream import pinned
from bareboat.plan.wish import place_of, relation_of

Memory = dict[Digest, Mapping[str, Candidate]]
"""Decisions on stages that recipes have in common, on one architecture."""


@frozen
class Taken:
    """What one recipe takes on one architecture."""

    stages: tuple[LockedStage, ...]
    packages: tuple[LockedPackage, ...]
    upstream: tuple[LockedUpstream, ...]


@frozen
class Staging:
    """Decides one recipe; `kept` are the programs that an earlier decision took and that stay where they answer."""

    recipe: Recipe
    architecture: Architecture
    universe: Universe
    kept: Sequence[LockedUpstream]
    memory: Memory

    def decide(self) -> Taken:
        """What the recipe takes.

        Raises:
            ResolutionError: When a wish cannot be met.
        """
        stages: list[LockedStage] = []
        packages: list[LockedPackage] = []
        upstream: list[LockedUpstream] = []
        below: list[list[Need]] = []
        fixed: Mapping[str, Candidate] = {candidate.name: candidate for candidate in self.universe.below}
        for stage in (*self.recipe.stages, *self.recipe.debug_stages):
            below.append([Need(Group((relation,)), f"image {self.recipe.name}") for relation in self._relations(stage)])
            chosen = self._solved(below, fixed)
            new = [locked_package(candidate) for candidate in chosen.values() if candidate.name not in fixed]
            programs = [self._program(wish) for wish in stage.upstream]
            stages.append(LockedStage(name=stage.name, packages=_ids(new), upstream=_ids(programs)))
            packages += new
            upstream += programs
            fixed = chosen
        return Taken(stages=tuple(stages), packages=tuple(packages), upstream=tuple(upstream))

    def _solved(self, below: Sequence[Sequence[Need]], fixed: Mapping[str, Candidate]) -> Mapping[str, Candidate]:
        """The packages of the topmost of the stages `below` and of all others, which have `fixed`."""
        wished = {relation.name for needs in below for need in needs for relation in need.group.alternatives}
        omitted = {omission.package for omission in self.recipe.omit}
        key = digest_of(
            {
                "stages": [sorted(str(need.group) for need in needs) for needs in below],
                "omitted": sorted(omitted),
                "locked": _ids(self.universe.locked.values()),
                "shared": _ids(self.universe.shared.values()),
                "aboard": [str(candidate.package.sha256) for candidate in self.universe.below],
            }
        )
        if key not in self.memory:
            self.memory[key] = solve(self.universe, below[-1], fixed.values(), frozenset(omitted - wished))
        return self.memory[key]

    def _relations(self, stage: Stage) -> list[Relation]:
        """The wishes for packages of a stage that are meant for this architecture."""
        found = []
        for wish in stage.packages:
            relation = relation_of(wish, self.recipe)
            if not relation.applies_to(self.architecture.debian):
                continue
            if not self.universe.knows(relation.name):
                named = f'a package "{relation.name}" for {self.architecture}'
                raise ResolutionError(
                    f"{place_of(wish, self.recipe)}: no archive of {self.recipe.distro} has {named}",
                    hint=suggestion(relation.name, self.universe.names) or None,
                )
            found.append(relation)
        return found

    def _program(self, wish: UpstreamWish) -> LockedUpstream:
        for program in self.kept:
            if program.name == wish.name and f"{program.version}.".startswith(f"{wish.version}."):
                return program
        return pinned(wish, self.architecture)


def locked_package(candidate: Candidate) -> LockedPackage:
    """What a lock says of a candidate."""
    package = candidate.package
    depends = ", ".join(text for text in (package.pre_depends_text, package.depends_text) if text)
    return LockedPackage(
        name=package.name,
        version=str(package.version),
        architecture=package.architecture,
        source=package.source,
        source_version=str(package.source_version),
        archive=candidate.archive,
        path=package.filename,
        size=package.size,
        sha256=package.sha256,
        depends=" ".join(depends.split()),
        provides=" ".join(package.provides_text.split()),
        seen=candidate.seen,
    )


def _ids(items: Iterable[LockedPackage] | Iterable[LockedUpstream]) -> tuple[str, ...]:
    return tuple(sorted(item.id for item in items))
