"""From recipes and signed archives to a lock: every architecture together.

What an earlier lock has stays, unless it is to be upgraded or may not come from its archive any more.
`plan.staging` decides one recipe; here the archives are read once, and the decisions become one lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from types import MappingProxyType

from bareboat.base.errors import LockError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.base.platform import Architecture, architecture
from bareboat.debian.version import Version
from bareboat.plan.base_images import Base
from bareboat.plan.config.config import PinnedSource
from bareboat.plan.lock import (
    BYTE_FORMAT,
    Lock,
    LockedArchive,
    LockedBase,
    LockedImage,
    LockedPackage,
    LockedUpstream,
)
from bareboat.plan.recipe import Recipe
from bareboat.plan.refresh import Refreshed, Refresher, SuiteRequest
from bareboat.plan.staging import Memory, Staging, Taken
from bareboat.plan.universe import Supply, Universe
from bareboat.plan.wish import wish_digest

_WORKERS = 4


@frozen
class Resolver:
    """Decides for recipes.

    `suites` has the suites of every distro in order, of which the first counts where all else is equal; `sources` are
    the further archives that some of them come from; `upgrade` is None to upgrade everything, else the names of the
    packages and programs that may change; `bases` are the base images of recipes that stand on one.
    """

    refresher: Refresher
    suites: Mapping[str, tuple[SuiteRequest, ...]]
    sources: tuple[PinnedSource, ...] = ()
    old: Lock = field(default_factory=Lock)
    upgrade: frozenset[str] | None = frozenset()
    observer: Observer = field(default_factory=Silent)
    bases: Mapping[Recipe, Base] = field(default_factory=dict)

    def resolve(self, recipes: Mapping[Recipe, tuple[str, ...]]) -> Lock:
        """The lock of `recipes` for their architectures, together with what the old lock has of other images.

        Raises:
            ResolutionError: When the wishes of one cannot be met.
            TrustError: When an archive cannot be believed.
            FetchError: When it cannot be had.
            LockError: When two archives have different packages under one name, version and architecture.
        """
        archives = dict(self.old.archives)
        taken: dict[Recipe, dict[str, Taken]] = {recipe: {} for recipe in recipes}
        current: set[str] = set()
        for distro in sorted({recipe.distro for recipe in recipes}):
            chosen = {recipe: wanted for recipe, wanted in recipes.items() if recipe.distro == distro}
            order = [architecture(name) for name in sorted({name for wanted in chosen.values() for name in wanted})]
            debian = [arch.debian for arch in order]
            refreshed = self.refresher.fetch_indexes(self._refresh(distro), debian)
            archives |= {suite.request.name: self._archive(suite.locked, debian) for suite in refreshed}
            self.observer.begin("resolve", len(chosen) * len(order))
            for arch in order:
                supplies = self._supplies(refreshed, arch)
                current |= {package.id for package in self.old.packages.values() if _is_in(package, supplies, arch)}
                memory: Memory = {}
                for recipe, wanted in chosen.items():
                    if arch.oci in wanted:
                        taken[recipe][arch.oci] = self._staging(recipe, arch, supplies, memory).decide()
                    self.observer.advance("resolve", 1)
            self.observer.end("resolve")
        return self._lock(taken, archives, current)

    def _refresh(self, distro: str) -> tuple[Refreshed, ...]:
        self.observer.begin(f"release {distro}", 0)
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = tuple(pool.map(self.refresher.release, self.suites[distro]))
        self.observer.end(f"release {distro}")
        return found

    def _archive(self, new: LockedArchive, decided: Sequence[str]) -> LockedArchive:
        """`new`, with what was missing of architectures that are not decided on now."""
        old = self.old.archives.get(new.name)
        before = set(old.missing) - set(decided) if old is not None else set()
        return replace(new, missing=tuple(sorted(before | set(new.missing))))

    def _supplies(self, refreshed: Sequence[Refreshed], arch: Architecture) -> tuple[Supply, ...]:
        return tuple(
            Supply(archive=suite.request.name, index=index, priority=suite.request.priority, only=suite.request.only)
            for suite in refreshed
            for index in self.refresher.indexes(suite, arch.debian)
        )

    def _staging(self, recipe: Recipe, arch: Architecture, supplies: tuple[Supply, ...], memory: Memory) -> Staging:
        own = self._favoured([recipe.name], recipe, arch)
        shared = self._favoured(self.old.images, recipe, arch)
        base = self.bases.get(recipe)
        aboard = base.contents[arch.oci].packages if base is not None else ()
        universe = Universe(
            architecture=arch.debian, supplies=supplies, locked=own, shared=shared,
            aboard={package.name: package for package in aboard},
        )  # fmt: skip
        kept = self._kept_programs(recipe, arch)
        return Staging(recipe=recipe, architecture=arch, universe=universe, kept=kept, memory=memory)

    def _favoured(self, images: Iterable[str], recipe: Recipe, arch: Architecture) -> dict[str, LockedPackage]:
        """The packages of `images` in the old lock that stay, by name; the latest version where they differ."""
        if self.upgrade is None:
            return {}
        suites = {suite.name: suite for suite in self.suites[recipe.distro]}
        found = [
            package
            for image in images
            for package in self.old.packages_of(image, arch.oci)
            if package.name not in self.upgrade
            and package.archive in suites
            and suites[package.archive].admits(package.name, arch.debian)
        ]
        found.sort(key=lambda package: (Version(package.version), package.id))
        return {package.name: self._aged(package) for package in found}

    def _kept_programs(self, recipe: Recipe, arch: Architecture) -> list[LockedUpstream]:
        image = self.old.images.get(recipe.name)
        if self.upgrade is None or image is None:
            return []
        programs = (self.old.upstream[name] for stage in image.stages.get(arch.oci, ()) for name in stage.upstream)
        return [program for program in programs if program.name not in self.upgrade]

    def _aged(self, package: LockedPackage) -> LockedPackage:
        """A package of the old lock, with the date of the archive that had it."""
        return replace(package, seen=package.seen or self.old.archives[package.archive].date)

    def _lock(
        self, taken: Mapping[Recipe, Mapping[str, Taken]], archives: Mapping[str, LockedArchive], current: set[str]
    ) -> Lock:
        decided = {recipe.name for recipe in taken}
        bases = {**self.old.bases, **{base.locked.reference: base.locked for base in self.bases.values()}}
        others = {
            name: image
            for name, image in self.old.images.items()
            if name not in decided and (not image.base or _is_kept(self.old.bases[image.base], bases[image.base]))
        }
        rest = replace(self.old, images=MappingProxyType(others)).pruned()
        images, upstream = dict(rest.images), dict(rest.upstream)
        packages = {
            identity: replace(package, seen=None) if identity in current else self._aged(package)
            for identity, package in rest.packages.items()
        }
        for recipe, by_architecture in taken.items():
            for found in by_architecture.values():
                upstream |= {program.id: program for program in found.upstream}
                for package in found.packages:
                    packages[package.id] = _same(packages.get(package.id), package)
            images[recipe.name] = LockedImage(
                name=recipe.name,
                wish=wish_digest(recipe, self.sources),
                stages=MappingProxyType({name: found.stages for name, found in sorted(by_architecture.items())}),
                drift=_drift(by_architecture),
                base=self.bases[recipe].locked.reference if recipe in self.bases else "",
            )
        return Lock(
            byte_format=BYTE_FORMAT,
            archives=MappingProxyType(dict(archives)),
            bases=MappingProxyType(bases),
            packages=MappingProxyType({name: _dated(package, archives) for name, package in packages.items()}),
            upstream=MappingProxyType(upstream),
            images=MappingProxyType(images),
        ).pruned()


def _is_kept(before: LockedBase, now: LockedBase) -> bool:
    """Whether images that stand on `before` still do: what was decided for them counted with what is aboard there."""
    return before.digest == now.digest


def _is_in(package: LockedPackage, supplies: Sequence[Supply], arch: Architecture) -> bool:
    return package.architecture in (arch.debian, "all") and any(
        found.sha256 == package.sha256
        for supply in supplies
        if supply.archive == package.archive
        for found in supply.named(package.name)
    )


def _dated(package: LockedPackage, archives: Mapping[str, LockedArchive]) -> LockedPackage:
    """`package`, dated only when the lock's state of its archive is newer."""
    is_old = package.seen is not None and package.seen < archives[package.archive].date
    return package if is_old else replace(package, seen=None)


def _same(known: LockedPackage | None, package: LockedPackage) -> LockedPackage:
    if known is not None and known.sha256 != package.sha256:
        raise LockError(
            f"{package.id} is two different packages: {known.archive} and {package.archive} disagree",
            hint="give one of the archives a `pins` list, so that the package comes from one of them only",
        )
    return package


def _drift(taken: Mapping[str, Taken]) -> tuple[str, ...]:
    """Source packages whose versions differ between architectures, with the versions, the latest first."""
    versions: dict[str, dict[str, set[str]]] = {}
    for arch, found in taken.items():
        for package in found.packages:
            versions.setdefault(package.source, {}).setdefault(package.source_version, set()).add(arch)
    return tuple(sorted(f"{source}: {_told(found)}" for source, found in versions.items() if len(found) > 1))


def _told(versions: Mapping[str, set[str]]) -> str:
    latest_first = sorted(versions, key=lambda text: (Version(text), text), reverse=True)
    return ", ".join(f"{version} on {' '.join(sorted(versions[version]))}" for version in latest_first)
