"""Text for terminals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.inspect.present.columns import columns, plain, size_text


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (9994, "9.99 kB"), (9996, "10.0 kB"), (99949, "99.9 kB"),
        (99951, "100 kB"), (999499, "999 kB"), (999500, "1.00 MB"), (23_400_000, "23.4 MB"), (5 * 10**15, "5000 TB"),
    ],
)  # fmt: skip
def test_sizes_have_three_figures(size: int, expected: str) -> None:
    assert size_text(size) == expected


def test_columns_are_aligned() -> None:
    assert columns([["a", "1", "x"], ["bcd", "234", ""]], right=frozenset({1})) == ["  a      1  x", "  bcd  234"]


@given(st.text())
def test_plain_text_is_printable_and_keeps_what_is(text: str) -> None:
    assert plain(text).isprintable()
    assert not text.isprintable() or plain(text) == text
