"""sources.list(5), both styles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.debian.apt_sources import AptSource, parse_sources, parse_sources_list
from tests.makers.refusal import is_read_or_refused_at

URI = "https://mirror.example/debian"


def test_one_line_style() -> None:
    text = f"""\
# deb {URI} old main
deb {URI} trixie main contrib  # all of it
deb-src [arch=amd64,arm64 signed-by=/k.gpg,/l.gpg trusted=yes] {URI} trixie main

deb [ signed-by=0123ABCD ] {URI} ./
deb cdrom:[Debian 13 _Trixie_]/ trixie main
"""
    assert parse_sources_list(text, "x") == (
        AptSource(types=("deb",), uris=(URI,), suites=("trixie",), components=("main", "contrib")),
        AptSource(
            types=("deb-src",), uris=(URI,), suites=("trixie",), components=("main",), architectures=("amd64", "arm64"),
            signed_by=("/k.gpg", "/l.gpg"),
        ),
        AptSource(types=("deb",), uris=(URI,), suites=("./",), signed_by=("0123ABCD",)),
        AptSource(types=("deb",), uris=("cdrom:[Debian 13 _Trixie_]/",), suites=("trixie",), components=("main",)),
    )  # fmt: skip


def test_deb822_style() -> None:
    text = f"""\
# the archive
Types: deb deb-src
URIs: {URI} {URI}-security
Suites: trixie trixie-updates
Components: main
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: {URI}
# a flat one
Suites: ./
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 xjMEaA==
 -----END PGP PUBLIC KEY BLOCK-----
"""
    assert parse_sources(text, "x") == (
        AptSource(
            types=("deb", "deb-src"), uris=(URI, f"{URI}-security"), suites=("trixie", "trixie-updates"),
            components=("main",), architectures=("amd64",),
            signed_by=("/usr/share/keyrings/debian-archive-keyring.gpg",),
        ),
        AptSource(
            types=("deb",), uris=(URI,), suites=("./",), enabled=False,
            signed_by=(
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEaA==\n-----END PGP PUBLIC KEY BLOCK-----\n",
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_file_may_say_nothing(text: str) -> None:
    assert parse_sources_list(text, "x") == parse_sources(text, "x") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rpm https://mirror.example x main", 'x:1: cannot read "rpm https://mirror.example x main" as a source'),
        (f"\ndeb {URI}", f'x:2: cannot read "deb {URI}" as a source'),
        (f"deb [arch=x {URI} trixie main", f'x:1: cannot read "deb [arch=x {URI} trixie main" as a source'),
        (f"deb {URI} trixie", 'x:1: the suite "trixie" needs a component such as "main"'),
        (f"deb {URI} ./ main", 'x:1: the suite "./" is a path, so it has no components'),
    ],
)
def test_what_is_no_line_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_sources_list(text, "x")
    assert caught.value.message == message


def test_a_stanza_that_misses_a_field_is_refused() -> None:
    with pytest.raises(FormatError, match='x:1: the field "URIs" is missing'):
        parse_sources("Types: deb\nSuites: trixie\n", "x")


@given(st.text("deb [=]#:/\nTypesURI .", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert is_read_or_refused_at("x:", lambda: parse_sources_list(text, "x"))
    assert is_read_or_refused_at("x:", lambda: parse_sources(text, "x"))
