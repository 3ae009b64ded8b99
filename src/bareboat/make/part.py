"""What one step adds: packages and upstream programs, each with the way in which it becomes entries.

Both are found in the records by what determines them, and worked out only when they are not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, Self

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import StaleLockError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.contribution import Treatment
from bareboat.plan.lock import LockedPackage, LockedUpstream
from bareboat.plan.upstream import Installed, Program


class Part(Protocol):
    """Something with files that a lock names; `make.contribute` works out what it brings."""

    @property
    def name(self) -> str:
        """Its name, unique in an image."""

    @property
    def label(self) -> str:
        """Name and version, for people."""

    @property
    def weight(self) -> int:
        """About how much work it is: the bytes that are to be read."""

    @property
    def key(self) -> Digest:
        """The digest of everything that determines its contribution."""

    def without(self, replaced: Iterable[ImagePath], shared: Iterable[ImagePath]) -> Self:
        """This, not writing paths that something else writes; see `Treatment`."""


@frozen
class PackagePart:
    """A Debian package."""

    package: LockedPackage
    treatment: Treatment

    @property
    def name(self) -> str:
        """As `Part.name`."""
        return self.package.name

    @property
    def label(self) -> str:
        """As `Part.label`."""
        return f"{self.package.name} {self.package.version}"

    @property
    def weight(self) -> int:
        """As `Part.weight`."""
        return self.package.size

    @property
    def key(self) -> Digest:
        """As `Part.key`."""
        return self.treatment.key(self.package.sha256)

    def without(self, replaced: Iterable[ImagePath], shared: Iterable[ImagePath]) -> Self:
        """As `Part.without`."""
        return replace(self, treatment=_without(self.treatment, replaced, shared))


@frozen
class ProgramPart:
    """An upstream program, at the paths that the catalogue gives its files.

    Raises:
        StaleLockError: For a lock of a catalogue that knew other files.
    """

    built: LockedUpstream
    program: Program
    treatment: Treatment

    def __post_init__(self) -> None:
        known = {file.member for file in self.program.files}
        for file in self.built.files:
            if file.member not in known:
                raise StaleLockError(
                    f'the lock has "{file.member}" of {self.built.name}, which the catalogue does not have',
                    hint="run `bareboat lock` to record the change",
                )

    @property
    def name(self) -> str:
        """As `Part.name`."""
        return self.built.name

    @property
    def label(self) -> str:
        """As `Part.label`."""
        return f"{self.built.name} {self.built.version}"

    @property
    def weight(self) -> int:
        """As `Part.weight`."""
        return sum(file.size for file in self.built.files)

    @property
    def files(self) -> tuple[tuple[Installed, Digest], ...]:
        """Where every file goes, and its content; sorted by path."""
        places = {file.member: file for file in self.program.files}
        found = [(places[file.member], file.sha256) for file in self.built.files]
        return tuple(sorted(found, key=lambda pair: pair[0].path))

    @property
    def key(self) -> Digest:
        """As `Part.key`."""
        return self.treatment.key(
            digest_of([[str(digest), file.path.lstrip("/"), file.mode] for file, digest in self.files])
        )

    def without(self, replaced: Iterable[ImagePath], shared: Iterable[ImagePath]) -> Self:
        """As `Part.without`."""
        return replace(self, treatment=_without(self.treatment, replaced, shared))


def _without(treatment: Treatment, replaced: Iterable[ImagePath], shared: Iterable[ImagePath]) -> Treatment:
    return replace(treatment, exclude=tuple(sorted(replaced)), shared=tuple(sorted(shared)))
