"""Every rule that images are checked for, and all findings of an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bareboat.inspect.aboard import Aboard, Files
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

_SUBJECTS = (accounts, system, packages, programs, execution, documents, files, leftovers, loader_cache)

OF_FILES: tuple[Callable[[Files], Iterator[Finding]], ...] = (
    packages.find_in, programs.find_in, files.find_in, leftovers.find_in
)
"""What finds in files alone: it is given no documents, so that what it finds holds for every image of these files."""

_IN_IMAGES: tuple[Callable[[Aboard], Iterator[Finding]], ...] = (
    accounts.find, system.find, packages.find, programs.find, execution.find, documents.find, files.find,
    loader_cache.find,
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    *CLOSURE,
    *(rule for subject in _SUBJECTS for rule in subject.RULES),
    UNUSED_ACCEPTANCE,
    DAMAGED,
)
"""All of them: closure first, then contract and invariants by subject."""


class Judge:
    """Holds images against all rules, one after the other.

    What it found in the files of the last one it remembers: the next may have the same files under other documents.
    """

    def __init__(self) -> None:
        self._last: tuple[Files, tuple[Finding, ...]] | None = None

    def judged(self, aboard: Aboard) -> Judged:
        """Everything that is to be said of an image, and what of it its annotations accept.

        Raises:
            FormatError: When an annotation of ours cannot be read.
        """
        found = [
            *prove(aboard),
            *(finding for find in _IN_IMAGES for finding in find(aboard)),
            *self._found_in(aboard.files),
        ]
        return judge(found if is_ours(aboard) else map(_tempered, found), acceptances_in(aboard.annotations))

    def _found_in(self, files: Files) -> tuple[Finding, ...]:
        if self._last is None or self._last[0] is not files:
            self._last = (files, tuple(finding for find in OF_FILES for finding in find(files)))
        return self._last[1]


def _tempered(finding: Finding) -> Finding:
    """The finding about an image of another tool, which never promised to keep the contract of distroless."""
    if finding.rule.family is Family.contract and finding.rule.severity is Severity.error:
        return replace(finding, rule=replace(finding.rule, severity=Severity.warning))
    return finding
