"""`bareboat check` as SARIF, which code hosts and editors show: a result for each finding, and the images that have it.

Static Analysis Results Interchange Format 2.1.0 (OASIS Standard, 2020); the same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bareboat.base.canon import digest_of
from bareboat.inspect.finding import Finding, Rule
from bareboat.inspect.report import CheckReport, ImageReport
from bareboat.inspect.ruleset import RULES
from bareboat.inspect.shared import images_by_accepted, images_by_finding

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ROOT = "IMAGE"
_FINGERPRINT = "bareboat/v1"
_POSITIONS = {rule.name: position for position, rule in enumerate(RULES)}


def sarif_of(report: CheckReport, version: str) -> dict[str, Any]:
    """The log of a report; `version` is that of this program."""
    results = [
        _result(finding, images, None) for finding, images in images_by_finding(report.images).items()
    ] + [
        _result(accepted.finding, images, accepted.acceptance.reason)
        for accepted, images in images_by_accepted(report.images).items()
    ]
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "bareboat",
                        "semanticVersion": version,
                        "rules": [_rule(rule) for rule in RULES],
                    }
                },
                # 3.14.14: an entry may say what a base means without saying where it is
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root filesystem of the image."}}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": f"{rule.title}: {rule.why}."},
        "help": {"text": f"{rule.why}."},
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {"tags": [str(rule.family)]},
    }


def _result(finding: Finding, images: Sequence[ImageReport], accepted: str | None) -> dict[str, Any]:
    # 3.27.5: the level of a result wins over that of its rule
    said: dict[str, Any] = {
        "ruleId": finding.rule.name,
        "ruleIndex": _POSITIONS[finding.rule.name],
        "level": str(finding.rule.severity),
        "message": {"text": _message(finding)},
        "locations": [_location(finding, images)],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding)},
        "properties": _properties(finding, images),
    }
    if accepted is not None:
        # 3.35.2: `inSource` is for comments in the file itself; the configuration of the image is not that
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": accepted}]
    return said


def _fingerprint(finding: Finding) -> str:
    """What stays the same when a message is worded anew, as far as something else tells findings of a path apart."""
    return digest_of([finding.rule.name, finding.path, finding.needs or finding.message]).hex


def _message(finding: Finding) -> str:
    where = f"{finding.path}: " if finding.path else ""
    provider = f"; {finding.provider} has it" if finding.provider else ""
    hint = f" Hint: {finding.hint}." if finding.hint else ""
    return f"{where}{finding.message}{provider}.{hint}"


def _location(finding: Finding, images: Sequence[ImageReport]) -> dict[str, Any]:
    """The path in the image, which scanners want even of what is about its documents, and the images by name."""
    path = finding.path.lstrip("/")
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(path) or ".", "uriBaseId": _ROOT}},
        "logicalLocations": [
            {
                "name": image.name,
                "fullyQualifiedName": f"{image.name}@{image.digest} {image.platform}",
                "kind": "module",
            }
            for image in images
        ],
    }


def _properties(finding: Finding, images: Sequence[ImageReport]) -> Mapping[str, Any]:
    said = {
        "owner": finding.owner,
        "needs": finding.needs,
        "provider": finding.provider,
        "bytes": finding.bytes or None,
        "images": [f"{image.name} {image.platform}" for image in images],
    }
    return {key: value for key, value in said.items() if value is not None}
