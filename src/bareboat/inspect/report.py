"""What a check says of images: findings and what was looked at, for people and programs, and how it is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.inspect.accepted import Acceptance, AcceptedFinding
from bareboat.inspect.damage import Damage
from bareboat.inspect.finding import Finding, Rule, Severity
from bareboat.inspect.ruleset import RULES


@frozen
class Counts:
    """How much was looked at: `needs` are the libraries and loaders that ELF files name."""

    files: int = 0
    elves: int = 0
    needs: int = 0
    packages: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            files=self.files + other.files,
            elves=self.elves + other.elves,
            needs=self.needs + other.needs,
            packages=self.packages + other.packages,
        )

    def to_document(self) -> dict[str, int]:
        """This for programs."""
        return {"files": self.files, "elf-files": self.elves, "needs": self.needs, "packages": self.packages}


@frozen
class ImageReport:
    """What is to be said of one image on one platform; `findings` are those that nobody accepted, the gravest first.

    An image with `damage` could not be judged: its one finding says why.
    """

    names: tuple[str, ...]
    digest: Digest
    platform: str
    counts: Counts
    findings: tuple[Finding, ...]
    accepted: tuple[AcceptedFinding, ...] = ()
    damage: Damage | None = None

    @property
    def name(self) -> str:
        """What to call it: its first name, or its digest."""
        return self.names[0] if self.names else self.digest.short

    def worst(self) -> Severity | None:
        """The gravest severity among the findings; None without any."""
        return worst(self.findings)

    def to_document(self) -> dict[str, object]:
        """This for programs."""
        return {
            "names": list(self.names),
            "digest": str(self.digest),
            "platform": self.platform,
            **self.counts.to_document(),
            "findings": [finding.to_document() for finding in self.findings],
            "accepted": [accepted.to_document() for accepted in self.accepted],
        }


@frozen
class CheckReport:
    """What is to be said of all images that were checked."""

    where: str
    images: tuple[ImageReport, ...]

    def worst(self) -> Severity | None:
        """The gravest severity among the findings; None without any."""
        return worst(finding for image in self.images for finding in image.findings)

    @property
    def damages(self) -> tuple[Damage, ...]:
        """What kept images from being judged, in the order of the images."""
        return tuple(image.damage for image in self.images if image.damage is not None)

    @property
    def counts(self) -> Counts:
        """The sum over the images."""
        return sum((image.counts for image in self.images), Counts())

    def to_document(self) -> dict[str, object]:
        """This for programs; `summary` counts findings by severity, each image's own."""
        findings = [finding for image in self.images for finding in image.findings]
        return {
            "images": [image.to_document() for image in self.images],
            "summary": {
                "images": len(self.images),
                "damaged": len(self.damages),
                **self.counts.to_document(),
                **{f"{kind}s": sum(1 for one in findings if one.rule.severity is kind) for kind in Severity},
                "accepted": sum(len(image.accepted) for image in self.images),
            },
        }


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among `findings`; None without any."""
    there = {finding.rule.severity for finding in findings}
    return next((severity for severity in Severity if severity in there), None)


def record_of(report: ImageReport) -> bytes:
    """`report` as a record, without the names, which are not the image's own."""
    accepted = [
        {
            "finding": one.finding.to_document(),
            "path": one.acceptance.path,
            "needs": one.acceptance.needs,
            "rule": one.acceptance.rule,
            "reason": one.acceptance.reason,
        }
        for one in report.accepted
    ]
    return canonical({**report.to_document(), "names": [], "accepted": accepted})


def report_from(record: bytes) -> ImageReport | None:
    """The report of a record, without names, or None when it is none or names rules that there are no more."""
    rules = {rule.name: rule for rule in RULES}
    try:
        fields = json.loads(record)
        return ImageReport(
            names=(),
            digest=Digest.parse(fields["digest"]),
            platform=fields["platform"],
            counts=Counts(
                files=fields["files"], elves=fields["elf-files"], needs=fields["needs"], packages=fields["packages"]
            ),
            findings=tuple(_finding(item, rules) for item in fields["findings"]),
            accepted=tuple(_accepted(item, rules) for item in fields["accepted"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, FormatError):
        return None


def _accepted(item: Mapping[str, Any], rules: Mapping[str, Rule]) -> AcceptedFinding:
    acceptance = Acceptance(path=item["path"], needs=item["needs"], rule=item["rule"], reason=item["reason"])
    return AcceptedFinding(finding=_finding(item["finding"], rules), acceptance=acceptance)


def _finding(item: Mapping[str, Any], rules: Mapping[str, Rule]) -> Finding:
    rule = rules[item["rule"]]
    severity = Severity(item["severity"])
    return Finding(
        rule=rule if rule.severity is severity else replace(rule, severity=severity),
        path=item.get("path", ""),
        message=item["message"],
        owner=item.get("owner"),
        needs=item.get("needs"),
        provider=item.get("provider"),
        hint=item.get("hint"),
        bytes=item.get("bytes", 0),
    )
