"""Findings that several images share, said once: by the set of images that have them."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.base.frozen import frozen
from bareboat.inspect.accepted import AcceptedFinding
from bareboat.inspect.finding import Finding, in_order
from bareboat.inspect.report import ImageReport


@frozen
class Shared:
    """Findings, the gravest first, and the images that all of them are in, in the report's order."""

    images: tuple[ImageReport, ...]
    findings: tuple[Finding, ...]


def images_by_finding(images: Sequence[ImageReport]) -> dict[Finding, tuple[ImageReport, ...]]:
    """Every finding that nobody accepted, in order, and the images that have it."""
    found: dict[Finding, list[ImageReport]] = {}
    for image in images:
        for finding in image.findings:
            found.setdefault(finding, []).append(image)
    return {finding: tuple(found[finding]) for finding in in_order(found)}


def images_by_accepted(images: Sequence[ImageReport]) -> dict[AcceptedFinding, tuple[ImageReport, ...]]:
    """Every accepted finding, in order, and the images that have it."""
    found: dict[AcceptedFinding, list[ImageReport]] = {}
    for image in images:
        for accepted in image.accepted:
            found.setdefault(accepted, []).append(image)
    order = {finding: number for number, finding in enumerate(in_order(accepted.finding for accepted in found))}
    ordered = sorted(found, key=lambda accepted: (order[accepted.finding], accepted.acceptance.reason))
    return {accepted: tuple(found[accepted]) for accepted in ordered}


def shared_findings(images: Sequence[ImageReport]) -> tuple[Shared, ...]:
    """The findings by the images that have them: the gravest first, then what the most images have."""
    groups: dict[tuple[ImageReport, ...], list[Finding]] = {}
    for finding, having in images_by_finding(images).items():
        groups.setdefault(having, []).append(finding)
    sections = [Shared(images=having, findings=tuple(findings)) for having, findings in groups.items()]
    gravity = {finding: number for number, finding in enumerate(images_by_finding(images))}
    return tuple(sorted(sections, key=lambda section: (-len(section.images), gravity[section.findings[0]])))


def label_of(some: Sequence[ImageReport], everything: Sequence[ImageReport]) -> str:
    """What to call `some` of `everything`: all variants and platforms of an image go by its name alone.

    Platforms are said where there are several.
    """
    if len(some) == len(everything) > 1:
        return f"all {len(some)} images"
    several = len({one.platform for one in everything}) > 1
    parts = []
    for image in dict.fromkeys(_parts(one)[0] for one in some):
        own = [one for one in some if _parts(one)[0] == image]
        parts.append(_of_image(image, own, [one for one in everything if _parts(one)[0] == image], several))
    return ", ".join(parts)


def _of_image(image: str, some: Sequence[ImageReport], everything: Sequence[ImageReport], several: bool) -> str:
    tags, platforms = _dimensions(some)
    all_tags, all_platforms = _dimensions(everything)
    there = [one for one in everything if _parts(one)[1] in tags and one.platform in platforms]
    if len(there) != len(some):  # no rectangle of variants and platforms
        return ", ".join(f"{one.name} ({one.platform})" for one in some)
    short = tags == [""] or (len(tags) == len(all_tags) > 1)
    named = image if short else f"{image}:{','.join(tags)}"
    said = several and not len(platforms) == len(all_platforms) > 1
    return f"{named} ({', '.join(platforms)})" if said else named


def _dimensions(reports: Sequence[ImageReport]) -> tuple[list[str], list[str]]:
    """The tags and the platforms of some images, in their order."""
    return list(dict.fromkeys(_parts(one)[1] for one in reports)), list(dict.fromkeys(one.platform for one in reports))


def _parts(report: ImageReport) -> tuple[str, str]:
    """The name without its tag, and the tag; an image without a name has none."""
    head, colon, tag = report.name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (report.name, "")
