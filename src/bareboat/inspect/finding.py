"""What a check has to say of an image: a rule, where it was broken, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from bareboat.base.frozen import frozen


class Severity(StrEnum):
    """How much a finding matters: an `error` fails in use, a `warning` may, a `note` costs bytes and nothing else."""

    error = "error"
    warning = "warning"
    note = "note"


class Family(StrEnum):
    """What a rule is about: that nothing needed is missing, what users of distroless count on, or what always holds."""

    closure = "closure"
    contract = "contract"
    invariant = "invariant"


@frozen
class Rule:
    """Something that images are checked for.

    `name` is what findings, SARIF and the reference call it (`needed-library`); `title` says what must hold, in one
    line; `why` what happens to users otherwise, with the source.
    """

    name: str
    family: Family
    severity: Severity
    title: str
    why: str


@frozen
class Finding:
    """A rule that is broken at one place.

    `path` is absolute in the image, or empty for what is about the image's documents; `message` is one sentence without
    the path and without a full stop; `owner` is the package that brought the file, `needs` the soname, interpreter or
    file that is missing, `provider` the Debian package that has it, `hint` what to write or type next;
    `bytes` is what a note would save, before compression.
    """

    rule: Rule
    path: str
    message: str
    owner: str | None = None
    needs: str | None = None
    provider: str | None = None
    hint: str | None = None
    bytes: int = 0

    def to_document(self) -> dict[str, object]:
        """This for programs; what does not apply is left out."""
        said: dict[str, object] = {
            "rule": self.rule.name,
            "family": str(self.rule.family),
            "severity": str(self.rule.severity),
            "path": self.path,
            "message": self.message,
            "owner": self.owner,
            "needs": self.needs,
            "provider": self.provider,
            "hint": self.hint,
            "bytes": self.bytes,
        }
        return {key: value for key, value in said.items() if value not in (None, "", 0)}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: the gravest first, then by rule, path and what is needed."""
    gravity = list(Severity)
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda one: (gravity.index(one.rule.severity), one.rule.name, one.path, one.needs or "", one.message),
        )
    )
