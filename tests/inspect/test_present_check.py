"""What a check found, said for people once for all images that share it, and as SARIF for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bareboat.base.digest import Digest
from bareboat.inspect.accepted import Acceptance, AcceptedFinding
from bareboat.inspect.finding import Finding
from bareboat.inspect.present.check import present_check, present_errors
from bareboat.inspect.present.sarif import sarif_of
from bareboat.inspect.report import CheckReport, Counts, ImageReport
from bareboat.inspect.ruleset import RULES
from bareboat.inspect.shared import label_of

RULE = {rule.name: rule for rule in RULES}
LIBRARY = Finding(
    rule=RULE["needed-library"], path="/usr/bin/sail", message="needs libmast.so.1, which is not in the image",
    owner="sail", needs="libmast.so.1", provider="libmast1", hint="add the package libmast1",
)  # fmt: skip
SHELL = Finding(rule=RULE["no-shell"], path="/usr/bin/sh", message="is a shell", owner="dash")
NOTE = Finding(rule=RULE["no-leftover"], path="/var/lib/apt", message="has what is left", bytes=1234567)
DOCUMENT = Finding(rule=RULE["oci-document"], path="", message="index: is wrong")
KNOWN = AcceptedFinding(
    finding=SHELL, acceptance=Acceptance(path="/usr/bin/sh", rule="no-shell", reason="it is asked for")
)
COUNTS = Counts(files=10, elves=700, needs=2000, packages=3)


def image(
    name: str, *findings: Finding, platform: str = "linux/amd64", accepted: Sequence[AcceptedFinding] = ()
) -> ImageReport:
    return ImageReport(
        names=(name,) if name else (), digest=Digest.of(f"{name} {platform}".encode()), platform=platform,
        counts=COUNTS, findings=findings, accepted=tuple(accepted),
    )  # fmt: skip


def report(*images: ImageReport) -> CheckReport:
    return CheckReport(where="out", images=images)


def test_nothing_found_is_a_proof() -> None:
    assert present_check(report(image("sail:latest"), image("sail:latest", platform="linux/arm64"))) == [
        "proved: 2 images on linux/amd64, linux/arm64; 1,400 ELF files, 4,000 needs; nothing is missing"
    ]


def test_shared_findings_are_said_once_and_what_many_have_comes_first() -> None:
    lines = present_check(
        report(
            image("hull:latest", SHELL),
            image("sail:debug", LIBRARY, SHELL, NOTE),
            image("sail:latest", SHELL, DOCUMENT, accepted=[KNOWN]),
        )
    )

    assert lines == [
        "in all 3 images",
        "  warning  /usr/bin/sh: is a shell [no-shell]",
        "           from dash",
        "",
        "in sail:debug",
        "  error    /usr/bin/sail: needs libmast.so.1, which is not in the image [needed-library]",
        "           from sail; libmast1 has it",
        "           hint: add the package libmast1",
        "",
        "in sail:latest",
        "  error    index: is wrong [oci-document]",
        "",
        "checked: 3 images on linux/amd64; 2,100 ELF files, 6,000 needs; 2 errors and 1 warning",
        "also: 1 note about 1.23 MB, 1 finding accepted; --notes shows them",
    ]


def test_notes_and_accepted_findings_are_shown_when_asked_for() -> None:
    lines = present_check(report(image("sail:latest", NOTE, accepted=[KNOWN])), notes=True)

    assert lines == [
        "in sail:latest",
        "  note     /var/lib/apt: has what is left [no-leftover]",
        "           1.23 MB",
        "",
        "accepted in sail:latest: it is asked for",
        "  warning  /usr/bin/sh: is a shell [no-shell]",
        "           from dash",
        "",
        "proved: 1 image on linux/amd64; 700 ELF files, 2,000 needs; nothing is missing",
        "also: 1 note about 1.23 MB, 1 finding accepted",
    ]


def test_what_an_image_says_cannot_command_the_terminal() -> None:
    evil = Finding(rule=RULE["no-shell"], path="/\x1b[2J", message="is\x07 a shell", owner="\x9b", hint="\x1b]0;x\x07")
    text = "\n".join(present_check(report(image("a:\x1b[31m", evil)), notes=True))

    assert all(character.isprintable() or character == "\n" for character in text)


EVERYTHING = [
    image(name, platform=f"linux/{architecture}")
    for name in ("hull:latest", "sail:debug", "sail:latest", "sail:nonroot", "registry.example:5000/mast")
    for architecture in ("amd64", "arm64")
]


@pytest.mark.parametrize(
    ("chosen", "label"),
    [
        (range(10), "all 10 images"),
        (range(2), "hull:latest"),
        (range(2, 8), "sail"),
        ([2, 4, 6], "sail (linux/amd64)"),
        ([2, 3, 4, 5], "sail:debug,latest"),
        ([2, 4], "sail:debug,latest (linux/amd64)"),
        ([2, 5], "sail:debug (linux/amd64), sail:latest (linux/arm64)"),
        ([0, 8, 9], "hull:latest (linux/amd64), registry.example:5000/mast"),
    ],
)
def test_images_are_called_by_the_shortest_name_that_is_true(chosen: Sequence[int], label: str) -> None:
    assert label_of([EVERYTHING[position] for position in chosen], EVERYTHING) == label


def test_an_image_without_a_name_is_called_by_its_digest() -> None:
    nameless = image("")

    assert label_of([nameless], [nameless]) == nameless.digest.short


# SARIF


REPORT = report(
    image("sail:debug", LIBRARY, NOTE),
    image("sail:latest", LIBRARY, DOCUMENT, accepted=[KNOWN]),
)


def test_the_log_has_the_form_of_the_standard() -> None:
    """SARIF 2.1.0, 3.13 to 3.28: the properties that are required, and the values that are allowed."""
    log = json.loads(json.dumps(sarif_of(REPORT, "1.2.3")))

    assert (log["version"], set(log)) == ("2.1.0", {"$schema", "version", "runs"})
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("bareboat", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.name for rule in RULES]
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert all(rule[key]["text"].endswith(".") for key in ("shortDescription", "fullDescription", "help"))
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note", "none"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] in run["originalUriBaseIds"]
        assert not artifact["uri"].startswith("/")
        assert all(logical["name"] and logical["kind"] == "module" for logical in location["logicalLocations"])


def test_a_result_names_the_file_and_all_images() -> None:
    (run,) = sarif_of(REPORT, "1")["runs"]
    library = next(result for result in run["results"] if result["ruleId"] == "needed-library")

    assert (library["level"], library["message"]["text"]) == (
        "error",
        "/usr/bin/sail: needs libmast.so.1, which is not in the image; libmast1 has it. "
        "Hint: add the package libmast1.",
    )
    (location,) = library["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "usr/bin/sail"
    assert [one["name"] for one in location["logicalLocations"]] == ["sail:debug", "sail:latest"]
    assert library["properties"]["owner"] == "sail"


def test_accepted_findings_are_suppressed_with_their_reason() -> None:
    (run,) = sarif_of(REPORT, "1")["runs"]

    assert {result["ruleId"]: result.get("suppressions") for result in run["results"]} == {
        "needed-library": None,
        "oci-document": None,
        "no-leftover": None,
        "no-shell": [{"kind": "external", "status": "accepted", "justification": "it is asked for"}],
    }


def test_a_fingerprint_outlives_another_image_and_wording() -> None:
    """Code hosts know an old result by it."""
    reworded = replace(LIBRARY, message="x", hint=None)
    other = report(image("hull:latest", reworded))
    prints = [sarif_of(one, "1")["runs"][0]["results"][0]["partialFingerprints"] for one in (REPORT, other)]

    assert prints[0] == prints[1]


def test_errors_alone_can_be_told() -> None:
    lines = present_errors(report(image("sail:debug", LIBRARY, SHELL), image("sail:latest", SHELL)))

    assert lines == [
        "in sail:debug",
        "  error    /usr/bin/sail: needs libmast.so.1, which is not in the image [needed-library]",
        "           from sail; libmast1 has it",
        "           hint: add the package libmast1",
    ]
