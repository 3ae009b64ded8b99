"""Globs over paths of an image, few wildcards or many."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.make.globs import Automaton, matcher

PARTS = st.sampled_from(["a", "b", "/", "*", "**", "**/", "/**", "?", "."])
GLOBS = st.lists(st.lists(PARTS, max_size=6).map("".join), min_size=1, max_size=3).map(tuple)
PATHS = st.text("ab/.", max_size=8)


def plainly(glob: str) -> str:
    """The same as a regular expression, however long it takes."""
    words = {"**/": "(?:[^/]+/)*", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", glob))


@given(GLOBS, PATHS)
def test_globs_mean_the_same_however_they_are_judged(globs: tuple[str, ...], path: str) -> None:
    expected = re.compile("|".join(map(plainly, globs)), re.DOTALL).fullmatch(path) is not None
    assert (matcher(globs)(path), Automaton(globs).match(path)) == (expected, expected)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("usr/share/doc/**", "usr/share/doc", True),
        ("usr/share/doc/**", "usr/share/doc/a/b", True),
        ("usr/share/doc/**", "usr/share/docs", False),
        ("usr/*/x", "usr/a/b/x", False),
        ("**/x", "x", True),
        ("**/x", "a/b/x", True),
        ("**/x", "ax", False),
        ("a?c", "a/c", False),
        ("", "", True),
    ],
)
def test_what_a_glob_means(glob: str, path: str, expected: bool) -> None:
    assert matcher((glob,))(path) is expected


@pytest.mark.parametrize("glob", ["*a" * 40 + "b", "**/" * 30 + "x", "**a" * 40 + "b", "*a" + "?" * 60 + "b"])
def test_a_glob_of_many_wildcards_is_answered(glob: str) -> None:
    """A regular expression would try more ways than there is time for."""
    assert [matcher((glob,))(path) for path in ("a" * 250, "/".join("a" * 1000), "ax" * 1000)] == [False] * 3
