"""The results as text, JSON, JUnit XML and TAP."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from bareboat.base.digest import Digest
from bareboat.inspect.present.junit import junit_of
from bareboat.inspect.present.structure import present_structure, seconds, structure_document
from bareboat.inspect.present.tap import tap_of
from bareboat.inspect.structure.outcome import FileResults, ImageResults, Result, Verdict

DIGEST = Digest.of(b"")
RESULTS = (
    Result(name="Command Test: one", stdout="a\nb\n", stderr="c", duration_s=1.5, notes=("setup ended with 1: x",)),
    Result(name="File Existence Test: #2 \\", errors=("File <x> & y", "again\x1b"), duration_s=0.000_25),
    Result(name="Command Test: three", skipped="no commands are run"),
)
FILES = (
    FileResults(file="tests/a.yaml", results=RESULTS),
    FileResults(file="b.yaml", results=(), passed_over="it is for the variants debug, not for latest"),
)
IMAGE = ImageResults(name="app:latest", platform="linux/amd64", digest=DIGEST, files=FILES)
VERDICT = Verdict(images=(IMAGE,))
GOOD = Verdict(images=(ImageResults(
    name="app", platform="linux/arm64", digest=DIGEST, files=(FileResults(file="a.yaml", results=RESULTS[:1]),)
),))  # fmt: skip
NOTHING = Verdict(images=(ImageResults(name="app", platform="linux/arm64", digest=DIGEST, files=FILES[1:]),))


def test_people_read_what_container_structure_test_prints() -> None:
    assert list(present_structure(VERDICT)) == [
        "",
        "===============================",
        "====== Test file: a.yaml ======",
        "===============================",
        "=== RUN: Command Test: one",
        "--- PASS",
        "duration: 1.5s",
        "stdout: a\nb\n",
        "stderr: c",
        "Note: setup ended with 1: x",
        "=== RUN: File Existence Test: #2 \\",
        "--- FAIL",
        "duration: 250µs",
        "Error: File <x> & y",
        "Error: again\\x1b",
        "=== RUN: Command Test: three",
        "--- SKIP: no commands are run",
        "",
        "====== Test file: b.yaml: passed over: it is for the variants debug, not for latest",
        "",
        "===============================",
        "=========== RESULTS ===========",
        "===============================",
        "Passes:      1",
        "Failures:    1",
        "Skipped:     1",
        "Duration:    1.5s",
        "Total tests: 3",
        "",
        "FAIL",
    ]


def test_several_images_are_told_apart() -> None:
    lines = list(present_structure(Verdict(images=(*GOOD.images, *VERDICT.images))))

    assert [line for line in lines if line.startswith("Image:")] == [
        "Image: app (linux/arm64)",
        "Image: app:latest (linux/amd64)",
    ]


def test_the_last_line_says_what_all_came_to() -> None:
    assert list(present_structure(GOOD))[-1] == "PASS"
    assert list(present_structure(VERDICT))[-1] == "FAIL"
    assert list(present_structure(NOTHING))[-1] == "No tests run! Check config file format."


def test_colours_are_asked_for_by_name() -> None:
    painted = list(present_structure(GOOD, lambda text, colour: f"<{colour}>{text}"))

    assert "<green>--- PASS" in painted
    assert painted[-1] == "<green>PASS"


@pytest.mark.parametrize(("duration_s", "text"), [
    (0.0, "0µs"), (0.000_041, "41µs"), (0.0123, "12.3ms"), (1.0, "1s"), (75.25, "75.25s"), (0.1, "100ms"),
])  # fmt: skip
def test_times_are_short(duration_s: float, text: str) -> None:
    assert seconds(duration_s) == text


def test_programs_read_the_keys_of_the_original() -> None:
    document = json.loads(json.dumps(structure_document(VERDICT)))
    common = {"Image": "app:latest", "Platform": "linux/amd64", "Digest": str(DIGEST), "File": "tests/a.yaml"}

    assert {key: value for key, value in document.items() if key != "Results"} == {
        "Pass": 1, "Fail": 1, "Skip": 1, "Total": 3, "Duration": 1_500_250_000,
    }  # fmt: skip
    assert document["Results"] == [
        {"Name": "Command Test: one", "Pass": True, "Duration": 1_500_000_000, "Stdout": "a\nb\n", "Stderr": "c",
         "Notes": ["setup ended with 1: x"], **common},
        {"Name": "File Existence Test: #2 \\", "Pass": False, "Duration": 250_000,
         "Errors": ["File <x> & y", "again\x1b"], **common},
        {"Name": "Command Test: three", "Pass": False, "Duration": 0, "Skipped": "no commands are run", **common},
    ]  # fmt: skip


def test_ci_reads_junit_xml() -> None:
    root = ElementTree.fromstring(junit_of(VERDICT, "mine"))

    assert (root.tag, root.attrib) == (
        "testsuites", {"tests": "3", "failures": "1", "skipped": "1", "time": "1.500250"},
    )  # fmt: skip
    assert [suite.get("name") for suite in root] == [
        "app:latest (linux/amd64) tests/a.yaml", "app:latest (linux/amd64) b.yaml",
    ]  # fmt: skip
    one, two, three = root.iter("testcase")
    assert one.attrib == {"name": "Command Test: one", "classname": "mine", "time": "1.500000"}
    assert {child.tag: child.text for child in one} == {"system-out": "a\nb\n", "system-err": "c"}
    assert {child.tag: child.text for child in two} == {"failure": "File <x> & y\nagain\ufffd"}
    assert [(child.tag, child.attrib) for child in three] == [("skipped", {"message": "no commands are run"})]


def test_harnesses_read_tap() -> None:
    assert list(tap_of(VERDICT)) == [
        "TAP version 14",
        "1..3",
        "# app:latest (linux/amd64) tests/a.yaml",
        "ok 1 - Command Test: one",
        "  ---",
        '  notes: ["setup ended with 1: x"]',
        "  duration_ms: 1500",
        "  ...",
        "not ok 2 - File Existence Test: \\#2 \\\\",
        "  ---",
        '  errors: ["File <x> & y", "again\\u001b"]',
        "  duration_ms: 0",
        "  ...",
        "ok 3 - Command Test: three # SKIP no commands are run",
        "# app:latest (linux/amd64) b.yaml",
        "# passed over: it is for the variants debug, not for latest",
    ]


@pytest.mark.parametrize(("verdict", "passed"), [(VERDICT, False), (GOOD, True), (NOTHING, False)])
def test_all_is_well_when_something_passed_and_nothing_failed(verdict: Verdict, passed: bool) -> None:
    assert verdict.passed is passed
