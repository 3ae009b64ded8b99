"""References as people type them, and the names inside a layout."""

from __future__ import annotations

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import UsageError
from bareboat.oci.reference import Reference, check_tag, is_ref_name

HEX = "a" * 64
LONG = "r.example/" + "a" * 250
DIGEST = Digest("sha256", HEX)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("static", Reference(repository="library/static")),
        ("static:debug", Reference(repository="library/static", tag="debug")),
        ("team/static", Reference(repository="team/static")),
        ("docker.io/static", Reference(repository="library/static")),
        ("index.docker.io/team/static:1", Reference(repository="team/static", tag="1")),
        ("localhost/static", Reference(registry="localhost", repository="static")),
        ("localhost:5000/static:1.0", Reference(registry="localhost:5000", repository="static", tag="1.0")),
        ("registry.example/a/b/c", Reference(registry="registry.example", repository="a/b/c")),
        ("Registry/a", Reference(registry="Registry", repository="a")),
        ("[::1]:5000/a:b", Reference(registry="[::1]:5000", repository="a", tag="b")),
        (f"a@sha256:{HEX}", Reference(repository="library/a", digest=DIGEST)),
        (f"r.example:5/a:t@sha256:{HEX}", Reference(registry="r.example:5", repository="a", tag="t", digest=DIGEST)),
        ("a__b/c--d.e", Reference(repository="a__b/c--d.e")),
    ],
)
def test_what_goes_without_saying_is_filled_in(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "cannot read an empty image reference", "write it as"),
        ("Static", 'image reference "Static": cannot use "library/Static" as a repository', '"library/static"'),
        ("a/", 'image reference "a/": cannot use "a/" as a repository', "write it as"),
        ("r.example/", 'image reference "r.example/": has no repository', "write it as"),
        ("me:secret@r.example:5/a:1", "cannot read an image reference with a login in it", "login r.example:5`"),
        ("https://me:secret@r.example/a", "cannot read an image reference with a login in it", "login r.example`"),
        ("me:secret@r.example", "cannot read an image reference with a login in it", "login r.example`"),
        ("a:", 'image reference "a:": cannot use "" as a tag', "up to 128"),
        ("a:-x", 'image reference "a:-x": cannot use "-x" as a tag', "begins with"),
        ("https://r.example/a", 'image reference "https://r.example/a": cannot have a scheme', "leave out https://"),
        ("-r.example/a", 'image reference "-r.example/a": cannot use "-r.example" as a registry', "write it as"),
        ("a@sha256:abc", 'image reference "a@sha256:abc": cannot read "sha256:abc" as a digest', None),
        (HEX, f'image reference "{HEX}": looks like an image ID, not like a name', "@sha256:"),
        ("a b", 'image reference "a b": cannot use "library/a b" as a repository', "write it as"),
        (LONG, f'image reference "{LONG}": the name is longer than 255 characters', None),
    ],
)
def test_a_broken_reference_says_which_part_is_wrong(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        Reference.parse(text)
    assert caught.value.message == message
    assert (caught.value.hint is None) if hint is None else (hint in (caught.value.hint or ""))


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("static:debug", "static:debug"),
        ("team/static", "team/static"),
        ("docker.io/library/static", "static"),
        ("localhost:5000/static", "localhost:5000/static"),
    ],
)
def test_familiar_leaves_out_what_goes_without_saying(text: str, familiar: str) -> None:
    assert Reference.parse(text).familiar == familiar


def test_version_prefers_the_digest_to_the_tag() -> None:
    assert Reference.parse(f"a:b@{DIGEST}").version == str(DIGEST)
    assert Reference.parse("a:b").version == "b"
    assert Reference.parse("a").version == "latest"


def test_tag_and_digest_replace_each_other() -> None:
    assert str(Reference.parse("r.example/a:b").with_digest(DIGEST)) == f"r.example/a@{DIGEST}"
    assert str(Reference.parse(f"r.example/a@{DIGEST}").with_tag("c")) == "r.example/a:c"


@pytest.mark.parametrize("tag", ["latest", "debug-nonroot", "3.13", "_x", "A" * 128])
def test_tags(tag: str) -> None:
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", ".x", "-x", "a/b", "a:b", "A" * 129, "ä", "a\n"])
def test_no_tags(tag: str) -> None:
    with pytest.raises(UsageError):
        check_tag(tag)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("latest", True),
        ("python3-debian13:debug-nonroot", True),
        ("registry.example:5000/a/b:c", True),
        ("a--b", True),
        ("", False),
        ("a---b", False),
        ("-a", False),
        ("a:", False),
        ("a//b", False),
        ("a b", False),
        ("ä", False),
    ],
)
def test_names_inside_a_layout(name: str, expected: bool) -> None:
    """annotations.md: "A valid reference matches the following grammar"."""
    assert is_ref_name(name) is expected
