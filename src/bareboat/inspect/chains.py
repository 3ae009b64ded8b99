"""How packages come to be in an image: the shortest ways from wishes along `Pre-Depends` and `Depends`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from bareboat.base.frozen import frozen
from bareboat.debian.relation import Group, Relation
from bareboat.debian.version import Version
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.wishes import Wish


@frozen
class Need:
    """One package needs another: `relation` is the whole group with its alternatives, as `field` has it.

    `provides` is the name that `target` stands in for, empty when it is its own.
    """

    source: str
    field: str
    relation: str
    target: str
    provides: str = ""

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "package": self.source,
            "field": self.field,
            "relation": self.relation,
            "leads-to": self.target,
            **({"provides": self.provides} if self.provides else {}),
        }


@frozen
class Chain:
    """The shortest way from a wish to a package: no needs when the wish is for that very package.

    `start` is the package that answers the wish, which is `wish` itself or provides it.
    `stage` is empty for an image that does not say its wishes.
    """

    stage: str
    wish: str
    start: str
    needs: tuple[Need, ...]

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "stage": self.stage or None,
            "wish": self.wish,
            "package": self.start,
            "needs": [need.to_document() for need in self.needs],
        }


class Needs:
    """The graph of an image's packages.

    Args:
        packages: All of them.
    """

    def __init__(self, packages: Sequence[InstalledPackage]) -> None:
        self._providers = _providers(packages)
        self._needs = {package.name: tuple(self._needs_of(package)) for package in packages}

    def providers(self, name: str) -> tuple[str, ...]:
        """The packages that are called `name`, else those that provide it; sorted."""
        if name in self._needs:
            return (name,)
        return tuple(sorted({package.name for package, _ in self._providers.get(name, ())}))

    def needing(self, name: str) -> tuple[Need, ...]:
        """What needs `name` directly, sorted by package."""
        found = [need for needs in self._needs.values() for need in needs if need.target == name]
        return tuple(sorted(found, key=lambda need: need.source))

    def unneeded(self) -> tuple[str, ...]:
        """The packages that no other one needs, sorted."""
        needed = {need.target for needs in self._needs.values() for need in needs}
        return tuple(sorted(set(self._needs) - needed))

    def chains(self, name: str, wishes: Sequence[Wish]) -> tuple[Chain, ...]:
        """The shortest chain from each wish that leads to `name`, the shortest first, then in the order of `wishes`.

        Of several equally short ways, the one whose packages come first by name.
        """
        distances = self._distances(name)
        found: dict[tuple[str, str, str], Chain] = {}
        for wish in wishes:
            for start in self.providers(wish.package):
                if start in distances:
                    needs = tuple(self._way(start, distances))
                    chain = Chain(stage=wish.stage, wish=wish.package, start=start, needs=needs)
                    found.setdefault((wish.stage, wish.package, start), chain)
        return tuple(sorted(found.values(), key=lambda chain: len(chain.needs)))

    def _distances(self, name: str) -> dict[str, int]:
        """How many needs lead from a package to `name` at least."""
        needing: dict[str, list[str]] = {}
        for needs in self._needs.values():
            for need in needs:
                needing.setdefault(need.target, []).append(need.source)
        distances = {name: 0}
        rest = deque([name])
        while rest:
            here = rest.popleft()
            for source in needing.get(here, ()):
                if source not in distances:
                    distances[source] = distances[here] + 1
                    rest.append(source)
        return distances

    def _way(self, start: str, distances: Mapping[str, int]) -> Iterator[Need]:
        here = start
        while distances[here]:
            nearer = (need for need in self._needs[here] if distances.get(need.target) == distances[here] - 1)
            need = min(nearer, key=lambda need: need.target)
            yield need
            here = need.target

    def _needs_of(self, package: InstalledPackage) -> Iterator[Need]:
        """What of the image `package` needs, each package once."""
        seen = {package.name}
        for field, groups in (("Pre-Depends", package.pre_depends), ("Depends", package.depends)):
            for group in groups:
                for need in self._met_by(package.name, field, group):
                    if need.target not in seen:
                        seen.add(need.target)
                        yield need

    def _met_by(self, source: str, field: str, group: Group) -> Iterator[Need]:
        for relation in group.alternatives:
            for target in self._answers(relation):
                provides = "" if target == relation.name else relation.name
                yield Need(source=source, field=field, relation=str(group), target=target, provides=provides)

    def _answers(self, relation: Relation) -> tuple[str, ...]:
        there = self._providers.get(relation.name, ())
        return tuple(sorted({package.name for package, version in there if relation.admits(version)}))


_Providers = Mapping[str, tuple[tuple[InstalledPackage, Version | None], ...]]
"""Names to the packages that have or provide them, and in which version; none for a `Provides` without."""


def _providers(packages: Sequence[InstalledPackage]) -> _Providers:
    found: dict[str, tuple[tuple[InstalledPackage, Version | None], ...]] = {}
    for package in packages:
        names = [(package.name, package.version), *((one.name, one.version) for one in package.provides)]
        for name, version in names:
            found[name] = (*found.get(name, ()), (package, version))
    return found
