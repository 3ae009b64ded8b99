"""Fragments of the changelog can be joined by a program: names, kinds, and sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.reading import ROOT

FOLDER = ROOT / "changelog.d"
NAME = re.compile(r"[1-9][0-9]*\.[a-z][a-z0-9-]*\.(?P<kind>[a-z]+)\.md")
FRAGMENTS = sorted(file for file in FOLDER.iterdir() if file.name != "README.md")


def _name(file: Path) -> str:
    return file.name


def _kinds() -> set[str]:
    return set(re.findall(r"^\| `([a-z]+)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_kinds_are_those_of_keep_a_changelog() -> None:
    assert _kinds() == {"added", "changed", "deprecated", "removed", "fixed", "security"}


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=_name)
def test_a_fragment_is_named_after_its_issue_and_kind(fragment: Path) -> None:
    match = NAME.fullmatch(fragment.name)

    assert match is not None, "the name is ISSUE.WORD.KIND.md"
    assert match["kind"] in _kinds()


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=_name)
def test_a_fragment_is_sentences_one_to_a_line(fragment: Path) -> None:
    text = fragment.read_text(encoding="utf-8")
    lines = text.splitlines()

    assert text.endswith("\n")
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Z`].*[.`]", line)] == []
