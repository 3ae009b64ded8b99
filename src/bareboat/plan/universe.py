"""Everything that could be chosen for one distro and architecture, asked by name.

Wishes and dependencies see the same universe; nothing here decides, `plan.prefer` orders and `plan.solve` searches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from bareboat.base.frozen import frozen
from bareboat.debian.index import PackageIndex
from bareboat.debian.package import Package
from bareboat.debian.relation import Provision
from bareboat.debian.version import Version
from bareboat.plan.lock import LockedPackage
from bareboat.plan.prefer import DEFAULT_PRIORITY, Candidate, preferred, provider_order

BASE_IMAGE = "the base image"
"""Where a package comes from that no archive has to give."""


@frozen
class Supply:
    """One index of one archive; `only` names the packages that may come from it, empty for all."""

    archive: str
    index: PackageIndex
    priority: int = DEFAULT_PRIORITY
    only: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The names of the packages that may come from here."""
        return frozenset(self.index.names) & self.only if self.only else frozenset(self.index.names)

    def named(self, name: str) -> tuple[Package, ...]:
        """The packages called `name`, none when they may not come from here."""
        return self.index.named(name) if not self.only or name in self.only else ()

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages that provide `name`."""
        return tuple(package for package in self.index.providers(name) if not self.only or package.name in self.only)


@frozen
class Universe:
    """The candidates of one distro and architecture (Debian's name).

    `locked` are the packages that an earlier decision took for this image and `shared` those that it took for others,
    by name: they come first, and need no index any more.
    `aboard` are the packages of the base image: of their names there is no other choice.
    """

    architecture: str
    supplies: tuple[Supply, ...]
    locked: Mapping[str, LockedPackage] = field(default_factory=dict)
    shared: Mapping[str, LockedPackage] = field(default_factory=dict)
    aboard: Mapping[str, Package] = field(default_factory=dict)
    _candidates: dict[str, tuple[Candidate, ...]] = field(default_factory=dict, repr=False, compare=False)
    _providers: dict[str, tuple[tuple[Candidate, Provision], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        """The packages called `name`, best first."""
        if name not in self._candidates:
            self._candidates[name] = preferred(self._collect(name))
        return self._candidates[name]

    def providers(self, name: str) -> tuple[tuple[Candidate, Provision], ...]:
        """Packages of other names with each way in which they provide `name`, the best provider and version first."""
        if name not in self._providers:
            names = {package.name for supply in self.supplies for package in supply.providers(name)}
            names |= {kept.name for kept in self._kept() if name in kept.provides}
            names |= {package.name for package in self.aboard.values() if name in package.provides_text}
            self._providers[name] = tuple(
                (candidate, provision)
                for candidates in sorted(map(self.candidates, names - {name}), key=provider_order)
                for candidate in candidates
                for provision in candidate.package.provides
                if provision.name == name
            )
        return self._providers[name]

    def knows(self, name: str) -> bool:
        """Whether any package has or provides `name`."""
        return bool(self.candidates(name) or self.providers(name))

    @property
    def names(self) -> frozenset[str]:
        """The names of all packages, for suggestions."""
        return frozenset(name for supply in self.supplies for name in supply.names)

    def _kept(self) -> tuple[LockedPackage, ...]:
        return (*self.locked.values(), *self.shared.values())

    @property
    def below(self) -> tuple[Candidate, ...]:
        """The packages of the base image, sorted by name."""
        return tuple(self.candidates(name)[0] for name in sorted(self.aboard))

    def _collect(self, name: str) -> list[Candidate]:
        if name in self.aboard:
            return [Candidate(package=self.aboard[name], archive=BASE_IMAGE)]
        found = [
            Candidate(package=package, archive=supply.archive, priority=supply.priority, rank=rank)
            for rank, supply in enumerate(self.supplies)
            for package in supply.named(name)
        ]
        for kept in dict.fromkeys(package for package in (self.locked.get(name), self.shared.get(name)) if package):
            same = [place for place, candidate in enumerate(found) if candidate.package.sha256 == kept.sha256]
            place = same[0] if same else len(found)
            if not same:
                found.append(Candidate(package=package_of(kept), archive=kept.archive, seen=kept.seen))
            locked, shared = kept == self.locked.get(name), kept == self.shared.get(name)
            found[place] = replace(found[place], locked=locked, shared=shared)
        return found


def package_of(kept: LockedPackage) -> Package:
    """The package that a lock remembers, with as much of its stanza as the lock has."""
    return Package(
        name=kept.name,
        version=Version.parse(kept.version),
        architecture=kept.architecture,
        source=kept.source,
        source_version=Version.parse(kept.source_version),
        depends_text=kept.depends,
        provides_text=kept.provides,
        filename=kept.path,
        size=kept.size,
        sha256=kept.sha256,
    )
