"""ELF files that cannot be read are named: nothing can be proved of them, and nothing could load them."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.finding import Family, Finding, Rule, Severity

UNSOUND = Rule(
    name="unsound-elf",
    family=Family.closure,
    severity=Severity.note,
    title="every file that begins as an ELF file is one",
    why="the loader would refuse it; packages ship such files as samples for tests, others were cut off on their way",
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Each of them, with what is wrong."""
    for path, fault in grounds.files.unsound.items():
        message = fault.rpartition("cannot read as ELF: ")[2]
        size = grounds.files.entries[path].size
        yield grounds.finding(UNSOUND, path, f"cannot be read as an ELF file: {message}", size=size)
