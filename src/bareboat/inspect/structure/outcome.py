"""What structure tests came to: one result for each test, by image, platform and file."""

from __future__ import annotations

from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen


@frozen
class Result:
    """How one test ended; without `errors` it passed, unless `skipped` says why it was not run.

    `stdout` and `stderr` are those of a command; `notes` are what is good to know and no error.
    """

    name: str
    errors: tuple[str, ...] = ()
    stdout: str = ""
    stderr: str = ""
    notes: tuple[str, ...] = ()
    skipped: str = ""
    duration_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether it was run and everything held."""
        return not self.errors and not self.skipped


@frozen
class FileResults:
    """The results of one file for one image; `passed_over` says why none of it is about the image."""

    file: str
    results: tuple[Result, ...]
    passed_over: str = ""


@frozen
class ImageResults:
    """The results for one image on one platform."""

    name: str
    platform: str
    digest: Digest
    files: tuple[FileResults, ...]


@frozen
class Verdict:
    """The results for all images."""

    images: tuple[ImageResults, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """Every result, in order."""
        return tuple(result for image in self.images for file in image.files for result in file.results)

    @property
    def passes(self) -> int:
        """How many tests passed."""
        return sum(result.passed for result in self.results)

    @property
    def failures(self) -> int:
        """How many tests failed."""
        return sum(bool(result.errors) for result in self.results)

    @property
    def skips(self) -> int:
        """How many tests were not run."""
        return sum(bool(result.skipped) for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether there were tests and none of them failed."""
        return self.passes > 0 and not self.failures

    @property
    def duration_s(self) -> float:
        """How long all took together."""
        return sum(result.duration_s for result in self.results)
