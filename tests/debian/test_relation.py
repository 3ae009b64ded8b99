"""Policy 7.1 and 7.5, clause by clause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.debian.relation import (
    Group,
    Provision,
    Relation,
    on_architecture,
    parse_provides,
    parse_relation,
    parse_relations,
)
from bareboat.debian.version import Operator, Version
from tests.makers.refusal import is_read_or_refused_at

NAMES = st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,8}", fullmatch=True)
RELATIONS = st.builds(
    lambda name, qualifier, bound, architectures, profiles: Relation(
        name=name,
        qualifier=qualifier,
        operator=bound[0] if bound else None,
        version=bound[1] if bound else None,
        architectures=tuple(architectures),
        profiles=tuple(tuple(words) for words in profiles),
    ),
    NAMES,
    st.sampled_from(["", "any", "native", "amd64"]),
    st.none() | st.tuples(st.sampled_from(Operator), st.sampled_from(["1", "1:2-3", "0~rc1"]).map(Version)),
    st.sampled_from([[], ["amd64"], ["!i386", "!armhf"], ["linux-any", "any-arm"]]),
    st.lists(st.lists(st.sampled_from(["!nocheck", "stage1", "cross"]), min_size=1, max_size=2), max_size=2),
)
FIELDS = st.lists(st.lists(RELATIONS, min_size=1, max_size=3).map(lambda group: Group(tuple(group))), max_size=4)


@given(FIELDS)
def test_what_is_written_is_read_again(groups: list[Group]) -> None:
    assert parse_relations(", ".join(str(group) for group in groups), "Depends") == tuple(groups)


@given(st.text("ab1 ,|()[]<>=!:~\n\t.+-é", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert is_read_or_refused_at("Depends:", lambda: parse_relations(text, "Depends"))
    assert is_read_or_refused_at("Provides:", lambda: parse_provides(text, "Provides"))


def test_a_whole_field() -> None:
    text = "libc6 (>= 2.39), python3:any,\n default-mta | mail-transport-agent [!hurd-any] <!nocheck>"
    assert parse_relations(text, "Depends") == (
        Group((Relation(name="libc6", operator=Operator.at_least, version=Version("2.39")),)),
        Group((Relation(name="python3", qualifier="any"),)),
        Group((
            Relation(name="default-mta"),
            Relation(name="mail-transport-agent", architectures=("!hurd-any",), profiles=(("!nocheck",),)),
        )),
    )


@pytest.mark.parametrize("text", ["", " ", "\n", ","])
def test_an_empty_field_has_no_relation(text: str) -> None:
    assert parse_relations(text, "Depends") == ()


@pytest.mark.parametrize("text", ["a(>=1)", "a (>=1)", "a( >= 1 )", "a  (>=  1)"])
def test_space_is_free(text: str) -> None:
    assert parse_relation(text, "x") == Relation(name="a", operator=Operator.at_least, version=Version("1"))


@pytest.mark.parametrize(("old", "meant"), [("<", "<="), (">", ">=")])
def test_the_old_operators_mean_or_equal(old: str, meant: str) -> None:
    assert str(parse_relation(f"a ({old} 1)", "x")) == f"a ({meant} 1)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a (>= )", "  a (>= )\n    ^"),
        ("a, b c", "  a, b c\n       ^"),
        ("a | ", "  a | \n      ^"),
        ("a | , b", "  a | , b\n      ^"),
        ("a (>= 1_2)", "  a (>= 1_2)\n        ^"),
        ("a [amd64 !i386]", "  a [amd64 !i386]\n     ^"),
        ("a (!= 1)", "  a (!= 1)\n    ^"),
        ("${misc:Depends}", "  ${misc:Depends}\n  ^"),
    ],
)
def test_an_error_shows_the_place(text: str, shown: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_relations(text, "foo: Depends")
    assert caught.value.message.startswith("foo: Depends: cannot read the relation, expected ")
    assert caught.value.message.endswith(shown)


@pytest.mark.parametrize("text", ["", "a, b", "a | b"])
def test_a_single_relation_is_exactly_one(text: str) -> None:
    with pytest.raises(FormatError, match="as one relation"):
        parse_relation(text, "bareboat.yaml:3")


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("a", True), ("a [amd64]", True), ("a [arm64]", False), ("a [!amd64]", False), ("a [!arm64 !i386]", True),
        ("a [linux-any]", True), ("a [any]", True), ("a [any-amd64]", True), ("a [hurd-any arm64]", False),
        ("a [!linux-any]", False), ("a [kfreebsd-amd64]", False),
    ],
)  # fmt: skip
def test_restrictions_on_amd64(text: str, applies: bool) -> None:
    assert parse_relation(text, "x").applies_to("amd64") is applies


def test_alternatives_of_other_architectures_fall_away() -> None:
    groups = parse_relations("a [arm64] | b [amd64] | c, d [arm64]", "x")
    assert [str(group) for group in on_architecture(groups, "amd64")] == ["b [amd64] | c"]


@pytest.mark.parametrize(
    ("text", "profiles", "applies"),
    [
        ("a", [], True), ("a <!nocheck>", [], True), ("a <!nocheck>", ["nocheck"], False), ("a <cross>", [], False),
        ("a <cross> <stage1>", ["stage1"], True), ("a <cross !stage1>", ["cross", "stage1"], False),
    ],
)  # fmt: skip
def test_build_profiles(text: str, profiles: list[str], applies: bool) -> None:
    assert parse_relation(text, "x").applies_under(profiles) is applies


@pytest.mark.parametrize(
    ("text", "version", "admitted"),
    [("a", None, True), ("a", "1", True), ("a (>= 2)", "1", False), ("a (>= 2)", "2", True), ("a (>= 2)", None, False)],
)
def test_a_versioned_relation_needs_a_version(text: str, version: str | None, admitted: bool) -> None:
    assert parse_relation(text, "x").admits(Version(version) if version else None) is admitted


def test_provides() -> None:
    found = parse_provides("awk, librust-a-dev (= 1.2-3)", "x")
    assert found == (Provision("awk"), Provision("librust-a-dev", Version("1.2-3")))
    assert [str(one) for one in found] == ["awk", "librust-a-dev (= 1.2-3)"]


@pytest.mark.parametrize("text", ["a | b", "a (>= 1)", "a [amd64]", "a <cross>"])
def test_nothing_else_can_be_provided(text: str) -> None:
    with pytest.raises(FormatError, match='only "name" and "name \\(= version\\)" can be provided'):
        parse_provides(text, "foo: Provides")
