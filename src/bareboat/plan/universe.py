"""Everything that could be chosen for one distro and architecture, asked by name.

Wishes and dependencies see the same universe; nothing here decides, `plan.prefer` orders and `plan.solve` searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bareboat.debian.index import PackageIndex
from bareboat.debian.package import Package
from bareboat.debian.relation import Provision
from bareboat.debian.version import Version
from bareboat.plan.lock import LockedPackage
from bareboat.plan.prefer import DEFAULT_PRIORITY, Candidate, preferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One index of one archive; `only` names the packages that may come from it, empty for all."""

    archive: str
    index: PackageIndex
    priority: int = DEFAULT_PRIORITY
    only: frozenset[str] = frozenset()

    def named(self, name: str) -> tuple[Package, ...]:
        """The packages called `name`, none when they may not come from here."""
        return self.index.named(name) if not self.only or name in self.only else ()

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages that provide `name`."""
        return tuple(
            package for package in self.index.providers(name) if not self.only or package.name in self.only
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """The candidates of one distro and architecture (Debian's name).

    `locked` are the packages of an earlier decision that should stay: they come first, and need no index any more.
    """

    architecture: str
    supplies: tuple[Supply, ...]
    locked: Mapping[str, LockedPackage] = field(default_factory=dict)
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
        """Packages of other names that provide `name`, the best version of each, sorted by name."""
        if name not in self._providers:
            names = {package.name for supply in self.supplies for package in supply.providers(name)} - {name}
            found = []
            for provider in sorted(names):
                for candidate in self.candidates(provider):
                    provision = next((item for item in candidate.package.provides if item.name == name), None)
                    if provision is not None:
                        found.append((candidate, provision))
                        break
            self._providers[name] = tuple(found)
        return self._providers[name]

    def knows(self, name: str) -> bool:
        """Whether any package has or provides `name`."""
        return bool(self.candidates(name) or self.providers(name))

    @property
    def names(self) -> Iterable[str]:
        """The names of all packages, for suggestions."""
        return {name for supply in self.supplies for name in supply.index.names}

    def _collect(self, name: str) -> list[Candidate]:
        found = [
            Candidate(package=package, archive=supply.archive, priority=supply.priority, rank=rank)
            for rank, supply in enumerate(self.supplies)
            for package in supply.named(name)
        ]
        kept = self.locked.get(name)
        if kept is None:
            return found
        for position, candidate in enumerate(found):
            if candidate.package.sha256 == kept.sha256:
                found[position] = replace(candidate, locked=True)
                return found
        return [*found, Candidate(package=package_of(kept), archive=kept.archive, locked=True)]


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
