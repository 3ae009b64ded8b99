"""From recipes and signed archives to a lock: every architecture together, stage by stage.

A stage keeps what the stages below it have, so that images that share a stage share its layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import LockError, ResolutionError
from bareboat.base.observer import Observer, Silent
from bareboat.base.platform import Architecture, architecture
from bareboat.base.problem import suggestion
from bareboat.debian.relation import parse_relation
from bareboat.plan.config import PackageWish
from bareboat.plan.lock import BYTE_FORMAT, Lock, LockedImage, LockedPackage, LockedStage, LockedUpstream
from bareboat.plan.prefer import Candidate
from bareboat.plan.recipe import Recipe, Stage
from bareboat.plan.refresh import Refreshed, Refresher, SuiteRequest
from bareboat.plan.solve import Need, solve
from bareboat.plan.universe import Supply, Universe
from bareboat.plan.upstream import pinned

DEBUG = "debug:"
"""What the names of debug stages begin with in a lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Decides for recipes.

    `suites` has the suites of every distro, most preferred last resort last; `upgrade` is None to upgrade
    everything, else the names of the packages that may change.
    """

    refresher: Refresher
    suites: Mapping[str, tuple[SuiteRequest, ...]]
    old: Lock = field(default_factory=Lock)
    upgrade: frozenset[str] | None = frozenset()
    observer: Observer = field(default_factory=Silent)

    def resolve(self, recipes: Mapping[Recipe, tuple[str, ...]]) -> Lock:
        """The lock of `recipes` for their architectures, together with what the old lock has of other images.

        Raises:
            ResolutionError: When the wishes of one cannot be met.
            TrustError: When an archive cannot be believed.
            FetchError: When it cannot be had.
        """
        archives = dict(self.old.archives)
        packages = dict(self.old.packages)
        upstream = dict(self.old.upstream)
        images = dict(self.old.images)
        for distro in dict.fromkeys(recipe.distro for recipe in recipes):
            chosen = {recipe: wanted for recipe, wanted in recipes.items() if recipe.distro == distro}
            order = [architecture(name) for name in sorted({name for wanted in chosen.values() for name in wanted})]
            refreshed = self.refresher.fetch_indexes(self._refresh(distro), [arch.debian for arch in order])
            archives.update({suite.locked.name: suite.locked for suite in refreshed})
            for image, decided, programs in self._images(chosen, order, refreshed):
                images[image.name] = image
                upstream.update({program.id: program for program in programs})
                for package in decided:
                    packages[package.id] = _same(packages.get(package.id), package)
        return Lock(
            byte_format=BYTE_FORMAT,
            archives=MappingProxyType(archives),
            packages=MappingProxyType(packages),
            upstream=MappingProxyType(upstream),
            images=MappingProxyType(images),
        ).pruned()

    def _refresh(self, distro: str) -> tuple[Refreshed, ...]:
        self.observer.begin(f"release {distro}", 0)
        with ThreadPoolExecutor(4) as pool:
            found = tuple(pool.map(self.refresher.release, self.suites[distro]))
        self.observer.end(f"release {distro}")
        return found

    def _images(
        self, recipes: Mapping[Recipe, tuple[str, ...]], order: Sequence[Architecture], refreshed: tuple[Refreshed, ...]
    ) -> Iterable[tuple[LockedImage, list[LockedPackage], list[LockedUpstream]]]:
        stages: dict[str, dict[str, tuple[LockedStage, ...]]] = {recipe.name: {} for recipe in recipes}
        decided: dict[str, dict[str, LockedPackage]] = {recipe.name: {} for recipe in recipes}
        programs: dict[str, dict[str, LockedUpstream]] = {recipe.name: {} for recipe in recipes}
        self.observer.begin("resolve", len(recipes) * len(order))
        for arch in order:
            supplies = self._supplies(refreshed, arch)
            memory: dict[Digest, dict[str, Candidate]] = {}
            for recipe, wanted in recipes.items():
                self.observer.advance("resolve", 1)
                if arch.oci not in wanted:
                    continue
                universe = Universe(architecture=arch.debian, supplies=supplies, locked=self._favoured(recipe, arch))
                work = _Decision(recipe, arch, universe, memory)
                stages[recipe.name][arch.oci] = work.decide()
                decided[recipe.name] |= work.packages
                programs[recipe.name] |= work.upstream
        self.observer.end("resolve")
        for recipe in recipes:
            image = LockedImage(
                name=recipe.name,
                wish=wish_digest(recipe),
                stages=MappingProxyType(stages[recipe.name]),
                drift=_drift(stages[recipe.name], decided[recipe.name]),
            )
            yield image, list(decided[recipe.name].values()), list(programs[recipe.name].values())

    def _supplies(self, refreshed: tuple[Refreshed, ...], arch: Architecture) -> tuple[Supply, ...]:
        return tuple(
            Supply(archive=suite.request.name, index=index, priority=suite.request.priority, only=suite.request.only)
            for suite in refreshed
            for index in self.refresher.indexes(suite, arch.debian)
        )

    def _favoured(self, recipe: Recipe, arch: Architecture) -> dict[str, LockedPackage]:
        """The packages of the old lock that stay unless they are to be upgraded."""
        image = self.old.images.get(recipe.name)
        if self.upgrade is None or image is None:
            return {}
        chosen = (self.old.packages[name] for stage in image.stages.get(arch.oci, ()) for name in stage.packages)
        return {package.name: package for package in chosen if package.name not in self.upgrade}


class _Decision:
    """One recipe on one architecture; `memory` shares the decisions on common stages between recipes."""

    def __init__(
        self, recipe: Recipe, arch: Architecture, universe: Universe, memory: dict[Digest, dict[str, Candidate]]
    ) -> None:
        self._recipe = recipe
        self._arch = arch
        self._universe = universe
        self._memory = memory
        self._wished = _names(stage.packages for stage in (*recipe.stages, *recipe.debug_stages))
        self._omitted = frozenset(omission.package for omission in recipe.omit) - self._wished
        self.packages: dict[str, LockedPackage] = {}
        self.upstream: dict[str, LockedUpstream] = {}

    def decide(self) -> tuple[LockedStage, ...]:
        fixed: dict[str, Candidate] = {}
        done: list[LockedStage] = []
        below: list[Stage] = []
        for prefix, stage in [
            *(("", stage) for stage in self._recipe.stages),
            *((DEBUG, stage) for stage in self._recipe.debug_stages),
        ]:
            below.append(stage)
            chosen = self._stage(stage, fixed, below)
            new = {name: candidate for name, candidate in chosen.items() if name not in fixed}
            programs = [pinned(wish, self._arch) for wish in stage.upstream]
            self.upstream |= {program.id: program for program in programs}
            locked = {candidate.name: locked_package(candidate) for candidate in new.values()}
            self.packages |= {package.id: package for package in locked.values()}
            done.append(
                LockedStage(
                    name=f"{prefix}{stage.name}",
                    packages=tuple(locked[name].id for name in sorted(locked)),
                    upstream=tuple(sorted(program.id for program in programs)),
                )
            )
            fixed = chosen
        return tuple(done)

    def _stage(self, stage: Stage, fixed: dict[str, Candidate], below: list[Stage]) -> dict[str, Candidate]:
        key = digest_of({
            "stages": [[wish.relation for wish in item.packages] for item in below],
            "omitted": sorted(self._omitted),
            "locked": sorted(package.id for package in self._universe.locked.values()),
        })
        if key not in self._memory:
            needs = [need for wish in stage.packages if (need := self._need(wish)) is not None]
            solution = solve(self._universe, needs, fixed.values(), self._omitted)
            self._memory[key] = dict(solution.packages)
        return self._memory[key]

    def _need(self, wish: PackageWish) -> Need | None:
        from bareboat.debian.relation import Group  # noqa: PLC0415

        where = f"{wish.place}: packages" if wish.place.file else f"{self._recipe.name}: packages"
        relation = parse_relation(wish.relation, where)
        if not relation.applies_to(self._arch.debian):
            return None
        if not self._universe.knows(relation.name):
            hint = suggestion(relation.name, self._universe.names) or None
            raise ResolutionError(
                f'{where}: no archive of {self._recipe.distro} has a package "{relation.name}" for {self._arch}', hint=hint
            )
        return Need(Group((relation,)), f"image {self._recipe.name}")


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
    )


def wish_digest(recipe: Recipe) -> Digest:
    """The digest of everything in a recipe that the choice of packages depends on."""
    return digest_of({
        "distro": recipe.distro,
        "omit": sorted(omission.package for omission in recipe.omit),
        "stages": [
            [
                prefix + stage.name,
                [wish.relation for wish in stage.packages],
                [[wish.name, wish.version] for wish in stage.upstream],
            ]
            for prefix, stages in (("", recipe.stages), (DEBUG, recipe.debug_stages))
            for stage in stages
        ],
    })


def _names(groups: Iterable[tuple[PackageWish, ...]]) -> frozenset[str]:
    return frozenset(parse_relation(wish.relation, "packages").name for wishes in groups for wish in wishes)


def _same(known: LockedPackage | None, package: LockedPackage) -> LockedPackage:
    if known is not None and known.sha256 != package.sha256:
        raise LockError(
            f"{package.id} is two different packages: {known.archive} and {package.archive} disagree",
            hint="give one of the archives a `pins` list, so that the package comes from one of them only",
        )
    return package


def _drift(stages: Mapping[str, tuple[LockedStage, ...]], packages: Mapping[str, LockedPackage]) -> tuple[str, ...]:
    """Source packages whose versions differ between architectures, with the versions."""
    versions: dict[str, dict[str, set[str]]] = {}
    for arch, items in stages.items():
        for stage in items:
            for name in stage.packages:
                package = packages[name]
                versions.setdefault(package.source, {}).setdefault(package.source_version, set()).add(arch)
    return tuple(
        f"{source}: " + ", ".join(f"{version} on {' '.join(sorted(found[version]))}" for version in sorted(found))
        for source, found in sorted(versions.items())
        if len(found) > 1
    )
