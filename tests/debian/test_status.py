from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import BareboatError, FormatError, UnsafePathError
from bareboat.base.path import ImagePath
from bareboat.debian.status import (
    Md5Line,
    format_md5sums,
    kept_md5sums,
    md5sums_path,
    moved_md5sums,
    parse_md5sums,
    status_path,
)

ONE, TWO = "1" * 32, "2" * 32
LINES = (Md5Line(ImagePath("usr/b"), ONE), Md5Line(ImagePath("lib/a b"), TWO))
TEXT = f"{ONE}  usr/b\n{TWO}  lib/a b\n".encode()

PATHS = st.lists(st.text("ab\\\n\r é.", min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)


def test_read_and_written_in_the_same_order() -> None:
    assert parse_md5sums(TEXT, "x") == LINES
    assert format_md5sums(LINES) == TEXT
    assert parse_md5sums(b"", "x") == ()


@given(st.lists(PATHS, max_size=4))
def test_every_path_survives(paths: list[str]) -> None:
    lines = [Md5Line(ImagePath(path), ONE) for path in paths if not {".", ".."} & set(path.split("/"))]
    assert parse_md5sums(format_md5sums(lines), "x") == tuple(lines)


def test_upper_case_digits_are_the_same_digits() -> None:
    assert parse_md5sums(f"{'AB' * 16}  a\n".encode(), "x") == (Md5Line(ImagePath("a"), "ab" * 16),)


def test_only_what_stays_is_kept() -> None:
    assert kept_md5sums(LINES, {"usr/b", "usr/c"}) == LINES[:1]


def test_moved_paths_are_sorted_again() -> None:
    moved = moved_md5sums(LINES, lambda path: ImagePath(f"usr/{path}") if path.startswith("lib") else path)
    assert moved == (Md5Line(ImagePath("usr/b"), ONE), Md5Line(ImagePath("usr/lib/a b"), TWO))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (b"nonsense\n", FormatError, 'x:1: cannot read "nonsense" as a checksum and a path'),
        (f"\n{ONE} a".encode(), FormatError, f'x:2: cannot read "{ONE} a" as a checksum and a path'),
        (f"{ONE}  /etc/a\n".encode(), UnsafePathError, 'x:1: "/etc/a" is an absolute path'),
        (f"{ONE}  ../a\n".encode(), UnsafePathError, 'x:1: "../a" would leave the image'),
        (f"{ONE}  \xff\n".encode("latin-1"), FormatError, "x:1: cannot read as UTF-8"),
    ],
)
def test_what_is_no_checksum_is_refused(text: bytes, error: type[BareboatError], message: str) -> None:
    with pytest.raises(error) as caught:
        parse_md5sums(text, "x")
    assert caught.value.message == message


def test_where_things_stand() -> None:
    assert status_path("libc6") == "var/lib/dpkg/status.d/libc6"
    assert md5sums_path("libstdc++6") == "var/lib/dpkg/status.d/libstdc++6.md5sums"


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x"])
def test_a_name_that_is_none_has_no_place(name: str) -> None:
    with pytest.raises(FormatError, match="as the name of a package"):
        md5sums_path(name)
