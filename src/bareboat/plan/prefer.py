"""The candidate policy, written in one place.

Among the candidates of one name: what the lock has, unless it is to be upgraded; then the higher priority of the
archive (as in apt_preferences(5)); then the higher version; then the archive named first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key

from bareboat.debian.package import Package

DEFAULT_PRIORITY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A package that could be chosen, and where it comes from; `rank` is the position of its archive."""

    package: Package
    archive: str
    priority: int = DEFAULT_PRIORITY
    rank: int = 0
    locked: bool = False

    @property
    def name(self) -> str:
        """The package's name."""
        return self.package.name

    def __str__(self) -> str:
        return f"{self.package.name} {self.package.version}"


def preferred(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """`candidates` of one name, best first."""
    return tuple(sorted(candidates, key=cmp_to_key(_compare)))


def _compare(left: Candidate, right: Candidate) -> int:
    if left.locked != right.locked:
        return -1 if left.locked else 1
    if left.priority != right.priority:
        return right.priority - left.priority
    if left.package.version != right.package.version:
        return -1 if left.package.version > right.package.version else 1
    return left.rank - right.rank
