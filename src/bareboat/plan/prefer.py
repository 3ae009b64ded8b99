"""The candidate policy, written in one place.

Among the candidates of one name: what the lock has for this image, unless it is to be upgraded; then what the lock has
for other images, so that images stay alike; then the higher priority of the archive (as in apt_preferences(5)); then
the higher version; then the archive named first.

Among packages of several names that provide another: the one that Debian gives the higher priority (Policy 2.5), as apt
does it; then the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.debian.package import Package

DEFAULT_PRIORITY = 500

_IMPORTANCE = ("required", "important", "standard")


@frozen
class Candidate:
    """A package that could be chosen, and where it comes from; `rank` is the position of its archive.

    `locked` says that the lock has it for this image, `shared` that it has it for some image; `seen` is the date of the
    archive that had it last, for a candidate that only the lock still knows.
    """

    package: Package
    archive: str
    priority: int = DEFAULT_PRIORITY
    rank: int = 0
    locked: bool = False
    shared: bool = False
    seen: Epoch | None = None

    @property
    def name(self) -> str:
        """The package's name."""
        return self.package.name

    def __str__(self) -> str:
        return f"{self.package.name} {self.package.version}"


def preferred(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """`candidates` of one name, best first; their order does not matter."""
    by_name = sorted(candidates, key=lambda one: (one.rank, one.package.architecture, one.package.sha256))
    by_version = sorted(by_name, key=lambda one: one.package.version, reverse=True)
    return tuple(sorted(by_version, key=lambda one: (not one.locked, not one.shared, -one.priority)))


def provider_order(candidates: Sequence[Candidate]) -> tuple[int, str]:
    """What to sort the providers of a name by: `candidates` are those of one provider, best first, at least one."""
    priority = candidates[0].package.priority
    return (_IMPORTANCE.index(priority) if priority in _IMPORTANCE else len(_IMPORTANCE), candidates[0].name)
