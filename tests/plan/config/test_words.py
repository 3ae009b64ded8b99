"""Package wishes, paths, addresses and names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import BareboatError, FormatError
from bareboat.plan.config import words
from bareboat.plan.config.names import read_check, read_effect, read_glob, read_pruning_word
from bareboat.plan.config.signals import read_signal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("libpq5", ("libpq5", False)),
        ("libpq5 (>= 15) [amd64]", ("libpq5 (>= 15) [amd64]", False)),
        ("libpq5(>=15)", ("libpq5 (>= 15)", False)),
        ("libpq5=15.3-1", ("libpq5 (= 15.3-1)", False)),
        ("libpq5:any=1:15.3-1+b1", ("libpq5:any (= 1:15.3-1+b1)", False)),
        ("libpq5:native", ("libpq5:native", False)),
        ("a1|b2 (<< 3)", ("a1 | b2 (<< 3)", False)),
        ("-libpq5", ("libpq5", True)),
        ("- libpq5", ("libpq5", True)),
    ],
)
def test_a_wish_is_debians_or_apts_syntax_or_takes_away(text: str, expected: tuple[str, bool]) -> None:
    assert words.read_wish(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message", "hint"),
    [
        (
            words.read_wish, "libpq5 (>> )", 'cannot read the relation "libpq5 (>> )": expected "," or "|"',
            'write one such as "libpq5 (>= 15) [amd64]"',
        ),
        (
            words.read_wish, "", 'cannot read "" as one package', "write one package in each item of the list",
        ),
        (
            words.read_wish, "a1, b2", 'cannot read "a1, b2" as one package',
            "write one package in each item of the list",
        ),
        (words.read_wish, "-libpq5 (= 1)", 'cannot take "libpq5 (= 1)" as the name of a package', None),
        (words.read_image_path, "/a/../b", '"/a/../b" would leave the image', None),
        (
            words.read_image_path, "a/b", 'cannot take "a/b" as a path of the image: it is not absolute',
            'write "/a/b"',
        ),
        (
            words.read_url, "https://me:sekret@mirror.example/x?token=t",
            'has a user name or password before the host of "https://mirror.example/x"',
            "take it out of this file and put it into ~/.netrc",
        ),
        (
            words.read_url, "https://token@mirror.example/",
            'has a user name or password before the host of "https://mirror.example/"',
            "take it out of this file and put it into ~/.netrc",
        ),
        (
            words.read_url, "ftp://mirror.example/", "cannot read as an address",
            "write one that begins with https://, http:// or file://",
        ),
        (
            words.read_url, "https:///x", "cannot read as an address",
            "write one that begins with https://, http:// or file://",
        ),
        (words.read_url, "https://[::1", "cannot read as an address", None),
        (words.read_owner, "a b", 'cannot take "a b" as an owner such as nonroot or 1000:1000', None),
        (
            words.read_wish, "libpq5:i386",
            'cannot take "libpq5:i386": packages of another architecture than the image\'s are not taken',
            'write "libpq5"',
        ),
        (
            words.read_wish, "a1 | libpq5:armhf (>= 15)",
            'cannot take "libpq5:armhf": packages of another architecture than the image\'s are not taken',
            'write "libpq5", or "libpq5 [armhf]" for that architecture alone',
        ),
        (words.read_variable, "A=B", 'cannot take "A=B" as the name of a variable', None),
        (words.read_local_path, "", "cannot take an empty path", None),
    ],
)
def test_what_cannot_be_read_says_why(
    read: Callable[[str], object], text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(FormatError) as raised:
        read(text)
    assert (raised.value.message, raised.value.hint) == (message, hint)


@pytest.mark.parametrize(
    "url", ["https://mirror.example/debian", "http://127.0.0.1:8080/", "file:///srv/mirror", "https://mirror.example/a@b"]
)
def test_an_address_without_secrets_is_taken_as_it_is(url: str) -> None:
    assert words.read_url(url) == url


@given(st.text(), st.text(min_size=1).filter(lambda text: not text.isspace()))
def test_a_password_is_never_printed(user: str, secret: str) -> None:
    mark = f"sekret{secret}"
    try:
        words.read_url(f"https://{user}:{mark}@mirror.example/path")
    except FormatError as error:
        assert "sekret" not in error.message + (error.hint or "")  # noqa: PT017


@given(
    st.sampled_from([
        words.read_wish, words.read_image_path, words.read_url, words.read_owner, read_signal,
        words.read_architecture, words.read_plain_name, words.read_account_name, read_pruning_word, read_glob,
        read_effect, read_check,
    ]),
    st.text(),
)
def test_any_text_is_read_or_refused(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except BareboatError as error:
        assert error.message  # noqa: PT017


def test_taking_away_keeps_its_mark() -> None:
    read = words.removable(words.read_absolute_path)
    assert [read("/srv//data/"), read("-/srv/data")] == ["/srv/data", "-/srv/data"]
