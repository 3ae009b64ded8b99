"""Every rule that images are checked for, and all findings of an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bareboat.inspect.aboard import Aboard
from bareboat.inspect.accepted import UNUSED_ACCEPTANCE, Judged, acceptances_in, judge
from bareboat.inspect.bearing import is_ours
from bareboat.inspect.closure.proof import RULES as CLOSURE
from bareboat.inspect.closure.proof import prove
from bareboat.inspect.damage import DAMAGED
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.inspect.rules import (
    accounts,
    documents,
    execution,
    files,
    leftovers,
    loader_cache,
    packages,
    programs,
    system,
)

_Find = Callable[[Aboard], Iterator[Finding]]

_SUBJECTS: tuple[tuple[tuple[Rule, ...], _Find], ...] = (
    (accounts.RULES, accounts.find),
    (system.RULES, system.find),
    (packages.RULES, packages.find),
    (programs.RULES, programs.find),
    (execution.RULES, execution.find),
    (documents.RULES, documents.find),
    (files.RULES, files.find),
    (leftovers.RULES, leftovers.find),
    (loader_cache.RULES, loader_cache.find),
)

RULES: tuple[Rule, ...] = (
    *CLOSURE,
    *(rule for rules, _ in _SUBJECTS for rule in rules),
    UNUSED_ACCEPTANCE,
    DAMAGED,
)
"""All of them: closure first, then contract and invariants by subject."""


def judged(aboard: Aboard) -> Judged:
    """Everything that is to be said of an image, and what of it its annotations accept.

    Raises:
        FormatError: When an annotation of ours cannot be read.
    """
    found = [*prove(aboard), *(finding for _, find in _SUBJECTS for finding in find(aboard))]
    return judge(found if is_ours(aboard) else map(_tempered, found), acceptances_in(aboard.annotations))


def _tempered(finding: Finding) -> Finding:
    """The finding about an image of another tool, which never promised to keep the contract of distroless."""
    if finding.rule.family is Family.contract and finding.rule.severity is Severity.error:
        return replace(finding, rule=replace(finding.rule, severity=Severity.warning))
    return finding
