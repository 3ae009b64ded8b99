"""`bareboat check` as text: what is wrong, said once for all images that it is wrong in, and what was proved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bareboat.inspect.finding import Finding, Severity
from bareboat.inspect.present.columns import many, plain, size_text
from bareboat.inspect.report import CheckReport
from bareboat.inspect.shared import images_by_accepted, images_by_finding, label_of, shared_findings

_WIDTH = max(len(severity) for severity in Severity)


def present_check(report: CheckReport, *, notes: bool = False) -> list[str]:
    """The lines of a report.

    Args:
        report: What was found.
        notes: Show notes and accepted findings too; otherwise they are counted.
    """
    lines: list[str] = []
    for section in shared_findings(report.images):
        shown = [one for one in section.findings if notes or one.rule.severity is not Severity.note]
        if shown:
            lines += [*([""] if lines else []), f"in {plain(label_of(section.images, report.images))}"]
            lines += [line for finding in shown for line in _finding(finding)]
    accepted = list(_accepted(report)) if notes else []
    lines += [*([""] if lines and accepted else []), *accepted]
    return [*lines, *([""] if lines else []), *_sums(report, notes=notes)]


def present_errors(report: CheckReport) -> list[str]:
    """The errors of a report alone, by the images that have them."""
    lines: list[str] = []
    for section in shared_findings(report.images):
        errors = [one for one in section.findings if one.rule.severity is Severity.error]
        if errors:
            lines.append(f"in {plain(label_of(section.images, report.images))}")
            lines += [line for finding in errors for line in _finding(finding)]
    return lines


def _finding(finding: Finding) -> Iterator[str]:
    where = f"{finding.path}: " if finding.path else ""
    yield f"  {finding.rule.severity:{_WIDTH}}  {plain(where + finding.message)} [{finding.rule.name}]"
    said = [
        f"from {finding.owner}" if finding.owner else "",
        f"{finding.provider} has it" if finding.provider else "",
        size_text(finding.bytes) if finding.bytes else "",
    ]
    if any(said):
        yield f"  {'':{_WIDTH}}  {plain('; '.join(filter(None, said)))}"
    if finding.hint:
        yield f"  {'':{_WIDTH}}  hint: {plain(finding.hint)}"


def _accepted(report: CheckReport) -> Iterator[str]:
    for accepted, images in images_by_accepted(report.images).items():
        yield f"accepted in {plain(label_of(images, report.images))}: {plain(accepted.acceptance.reason)}"
        yield from _finding(accepted.finding)


def _sums(report: CheckReport, *, notes: bool) -> Iterator[str]:
    found = list(images_by_finding(report.images))
    counts = report.counts
    platforms = sorted({image.platform for image in report.images})
    images = f"{many(len(report.images), 'image')} on {', '.join(platforms)}"
    looked_at = f"{images}; {many(counts.elves, 'ELF file')}, {many(counts.needs, 'need')}"
    faults = [
        many(number, severity)
        for severity in (Severity.error, Severity.warning)
        if (number := _count(found, severity))
    ]
    yield f"checked: {looked_at}; {' and '.join(faults)}" if faults else f"proved: {looked_at}; nothing is missing"
    more = _count(found, Severity.note)
    saved = sum(one.bytes for one in found if one.rule.severity is Severity.note)
    accepted = len(images_by_accepted(report.images))
    hidden = [
        many(more, "note") + (f" about {size_text(saved)}" if saved else "") if more else "",
        f"{many(accepted, 'finding')} accepted" if accepted else "",
    ]
    if any(hidden):
        yield f"also: {', '.join(filter(None, hidden))}{'' if notes else '; --notes shows them'}"


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(1 for finding in findings if finding.rule.severity is severity)
