"""What an image says is known and does no harm: findings that somebody accepted, each with the reason.

They travel in the annotation `dev.bareboat.accepted`, so that whoever checks an image sees them and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from bareboat.base.document import Document
from bareboat.base.errors import FormatError, LimitError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.inspect.finding import Family, Finding, Rule, Severity, in_order
from bareboat.make.prune import matches
from bareboat.oci.annotations import ACCEPTED

UNUSED_ACCEPTANCE = Rule(
    name="unused-acceptance",
    family=Family.invariant,
    severity=Severity.note,
    title="every acceptance accepts something",
    why="one that accepts nothing any more would hide the next fault of that kind",
)

_MOST = 4_096
_MOST_BYTES = 4 << 20
_WHERE = f"annotation {ACCEPTED}"


@frozen
class Acceptance:
    """A finding that is known.

    `path` is an absolute glob as in the configuration's `drop`, `needs` a glob over what is missing, `rule` the name of
    a rule; None is any.
    """

    path: str
    needs: str | None = None
    rule: str | None = None
    reason: str

    def accepts(self, finding: Finding) -> bool:
        """Whether this is about `finding`."""
        return (
            self.rule in (None, finding.rule.name)
            and (self.needs is None or fnmatchcase(finding.needs or "", self.needs))
            and matches((self.path.lstrip("/"),), ImagePath(finding.path.lstrip("/")))
        )


@frozen
class AcceptedFinding:
    """A finding, and the first acceptance that is about it."""

    finding: Finding
    acceptance: Acceptance

    def to_document(self) -> dict[str, object]:
        """This for programs: the finding, and the reason why it is accepted."""
        return {**self.finding.to_document(), "accepted": self.acceptance.reason}


@frozen
class Judged:
    """Findings, those that stand and those that are accepted, both in the order of `finding.in_order`."""

    open: tuple[Finding, ...]
    accepted: tuple[AcceptedFinding, ...]


def judge(findings: Iterable[Finding], acceptances: Iterable[Acceptance]) -> Judged:
    """Hold findings against what is accepted; an acceptance that is about none of them is a finding itself."""
    known = tuple(acceptances)
    standing: list[Finding] = []
    accepted: list[AcceptedFinding] = []
    used: set[Acceptance] = set()
    for finding in in_order(findings):
        about = [acceptance for acceptance in known if acceptance.accepts(finding)]
        used.update(about)
        if about:
            accepted.append(AcceptedFinding(finding=finding, acceptance=about[0]))
        else:
            standing.append(finding)
    standing += [_unused(acceptance) for acceptance in known if acceptance not in used]
    return Judged(open=in_order(standing), accepted=tuple(accepted))


def acceptances_in(annotations: Mapping[str, str]) -> tuple[Acceptance, ...]:
    """What the annotations of an image's manifest accept; nothing where they do not say.

    Raises:
        FormatError: When the annotation is no list of acceptances.
        LimitError: When it outgrows a limit.
    """
    text = annotations.get(ACCEPTED)
    if text is None:
        return ()
    if len(text) > _MOST_BYTES:
        raise LimitError(f"{_WHERE}: has {len(text)} bytes, the limit is {_MOST_BYTES}")
    items = _items(text)
    if len(items) > _MOST:
        raise LimitError(f"{_WHERE}: has {len(items)} acceptances, the limit is {_MOST}")
    return tuple(_acceptance(item) for item in items)


def _items(text: str) -> tuple[Document, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise FormatError(f"{_WHERE}: cannot read as JSON") from fault
    if not isinstance(value, list):
        raise FormatError(f"{_WHERE}: must be a list")
    return Document({"accepted": value}, _WHERE).documents("accepted")


def _acceptance(item: Document) -> Acceptance:
    path = item.string("path")
    if not path.startswith("/"):
        raise FormatError(f'{item.where}: path: "{path[:80]}" does not begin with /')
    return Acceptance(
        path=path,
        needs=item.optional_string("needs") or None,
        rule=item.optional_string("rule") or None,
        reason=item.string("reason"),
    )


def _unused(acceptance: Acceptance) -> Finding:
    about = " ".join(filter(None, [acceptance.rule, acceptance.needs and f"needing {acceptance.needs}"]))
    return Finding(
        rule=UNUSED_ACCEPTANCE,
        path=acceptance.path,
        message=f"is accepted{f' ({about})' if about else ''}, and nothing here is found",
        needs=acceptance.needs,
        hint="take the acceptance out of `accept`",
    )
