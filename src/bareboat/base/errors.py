"""The one tree of errors, split by whose fault it is; each class carries its exit code.

    BareboatError              1
    ├─ UsageError              2   what was typed
    ├─ ConfigurationError      3   the user's bareboat.yaml
    ├─ LockError               4   bareboat.lock
    │  └─ StaleLockError           … which no longer answers the configuration
    ├─ ResolutionError         5   wishes that no set of packages meets
    ├─ TrustError              6   what cannot be believed
    │  ├─ SignatureError           … nobody we trust signed it
    │  ├─ ExpiredError             … it was valid once, or is not valid yet
    │  ├─ RollbackError            … it is older than what was seen before
    │  └─ DigestMismatchError      … the bytes are not those that were promised
    ├─ FetchError              7   the network and those who answer on it
    │  ├─ OfflineError             … which was switched off
    │  └─ NotFoundError            … no mirror has it
    ├─ FormatError             8   foreign bytes that break their own format
    │  ├─ UnsafePathError          … with a path that would leave the image
    │  └─ LimitError               … or outgrow a stated limit
    ├─ BuildError              9   packages or files that do not go together
    ├─ StoreError             10   this machine's disk
    ├─ EngineError            11   what runs containers on this machine
    └─ InternalError          70   us

Messages are lower case, begin with the place, and say *cannot …*; a hint is what to type next.
Only ``cli`` prints them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from bareboat.base.problem import Problem


class BareboatError(Exception):
    """Anything that Bareboat refuses to do, said for people.

    Args:
        message: What cannot be done and why, place first, without a full stop.
        hint: What to type or write next.
        problems: Every single fault, where several were gathered.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = problems


class UsageError(BareboatError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class ConfigurationError(BareboatError):
    """The user's configuration has faults."""

    exit_code = 3


class LockError(BareboatError):
    """The lock cannot be used."""

    exit_code = 4


class StaleLockError(LockError):
    """The lock does not answer what the configuration asks."""


class ResolutionError(BareboatError):
    """No set of packages meets the wishes."""

    exit_code = 5


class TrustError(BareboatError):
    """Something cannot be believed."""

    exit_code = 6


class SignatureError(TrustError):
    """No trusted key signed it."""


class ExpiredError(TrustError):
    """It is past its validity, or not valid yet."""


class RollbackError(TrustError):
    """It is older than what was accepted before."""


class DigestMismatchError(TrustError):
    """The bytes are not those that were promised."""


class FetchError(BareboatError):
    """No one on the network gave what was asked."""

    exit_code = 7


class OfflineError(FetchError):
    """The network is switched off and the store does not have it."""


class NotFoundError(FetchError):
    """No place that was asked has it."""


class FormatError(BareboatError):
    """Foreign bytes break their own format."""

    exit_code = 8


class UnsafePathError(FormatError):
    """A path would leave the image."""


class LimitError(FormatError):
    """Something outgrows a stated limit."""


class BuildError(BareboatError):
    """The parts of an image do not go together."""

    exit_code = 9


class StoreError(BareboatError):
    """The disk of this machine refuses."""

    exit_code = 10


class EngineError(BareboatError):
    """What runs containers on this machine refuses, or there is none."""

    exit_code = 11


class InternalError(BareboatError):
    """A promise of our own is broken."""

    exit_code = 70

    def __init__(self, message: str) -> None:
        super().__init__(f"internal error: {message}", hint="please report this with the command you typed")
