"""The page of faults is true: each of its tests exists, and each test of the room of faults is on it."""

from __future__ import annotations

import re

import pytest

from bareboat.base import errors
from tests.docs.reading import ROOT

PAGE = ROOT / "docs/explanation/faults.md"
ROWS = [
    line.strip("| ").split(" | ")
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| fault")
]
_TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")
_FUNCTION = re.compile(r"^def (test_\w+)", re.MULTILINE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_fault_has_a_test_and_an_exit_code(row: list[str]) -> None:
    _, _, codes, tests = row
    known = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    named = _TEST.findall(tests)

    assert {int(code) for code in codes.split(", ")} <= known | {0}
    assert [f"`{file}::{test}`" for file, test in named] == tests.split(", ")
    assert [test for file, test in named if test not in _FUNCTION.findall((ROOT / file).read_text())] == []


def test_every_test_of_a_fault_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = sorted((ROOT / "tests/faults").glob("test_*.py"))
    tests = [f"{file.relative_to(ROOT)}::{test}" for file in files for test in _FUNCTION.findall(file.read_text())]

    assert len(files) >= 8
    assert [test for test in tests if f"`{test}`" not in text] == []
