"""What keeps an image from being judged: bytes that are gone, are others, or make no image at all.

It is told of that image alone, as a finding; the others are judged all the same.
"""

from __future__ import annotations

from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError, NotFoundError
from bareboat.base.frozen import frozen
from bareboat.inspect.finding import Family, Finding, Rule, Severity

DAMAGED = Rule(
    name="damaged-image",
    family=Family.invariant,
    severity=Severity.error,
    title="every byte of an image is there, is what was promised, and makes one filesystem",
    why="no registry takes such an image, and no container can be started from it",
)

DAMAGES = (FormatError, DigestMismatchError, NotFoundError)
"""The errors that are about an image's own bytes; every other one is about this machine or the network."""

UNKNOWN = "unknown"
"""The platform of an image that cannot say which one it is for."""

_HINT = "what was damaged or lost has to be had again: build, copy or pull it once more"


@frozen
class Damage:
    """Why an image cannot be judged; `kind` is the error that it would be if there were no other images."""

    kind: type[BareboatError]
    message: str
    hint: str

    @classmethod
    def of(cls, fault: BareboatError, where: str = "") -> Damage:
        """The damage that `fault` is about; `where` says in which part of the image, when the message does not."""
        message = ": ".join(filter(None, [where, fault.message]))
        return cls(kind=type(fault), message=message, hint=fault.hint or _HINT)

    @property
    def exit_code(self) -> int:
        """The exit code of its kind."""
        return self.kind.exit_code

    def finding(self) -> Finding:
        """What is said of the image."""
        return Finding(rule=DAMAGED, path="", message=self.message, hint=self.hint)
