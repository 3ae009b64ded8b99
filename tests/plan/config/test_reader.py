"""YAML becomes nodes that know their places, within limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.problem import Place, Problems
from bareboat.plan.config.nodes import Written
from bareboat.plan.config.reader import MOST_BYTES, MOST_DEPTH, compose
from tests.makers.catalog import node_of


def read(data: str | bytes) -> tuple[object, list[str]]:
    problems = Problems()
    node = compose(data if isinstance(data, bytes) else data.encode(), "f", problems)
    return (node.plain() if node else None), [str(problem) for problem in problems.found]


def test_every_value_and_key_knows_its_line_and_column() -> None:
    node = node_of("images:\n  app:\n    files: [{path: /a}, {path: /b}]\n", "f")
    assert node.place_of(["images", "app", "files", 1, "path"]) == Place("f", 3, 32)
    assert node.key_place_of(["images", "app", "files", 1, "path"]) == Place("f", 3, 26)
    assert node.key_place_of(["images", "app"]) == Place("f", 2, 3)


def test_the_place_of_what_is_not_there_is_that_of_the_mapping_that_lacks_it() -> None:
    node = node_of("images:\n  app: {from: x}\n", "f")
    assert node.place_of(["images", "app", "title"]) == Place("f", 2, 8)
    assert node.key_place_of(["images", "app", "title"]) == Place("f", 2, 8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.10", Written.of("3.10", "a number")),
        ("0644", Written.of("0644", "a number")),
        ("0o644", Written.of("0o644", "a number")),
        ("-1e3", Written.of("-1e3", "a number")),
        (".inf", Written.of(".inf", "a number")),
        ("true", Written.of("true", "true or false")),
        ("'true'", "true"),
        ('"3.10"', "3.10"),
        ("!!str 5", "5"),
        ("yes", "yes"),
        ("no", "no"),
        ("off", "off"),
        ("2026-01-31", "2026-01-31"),
        ("1:30", "1:30"),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'null'", "null"),
    ],
)
def test_scalars_keep_what_was_written(text: str, expected: object) -> None:
    """Chapter 10.3 of YAML 1.2.2, "Core Schema": Norway is a country and not false."""
    value = node_of(f"key: {text}\n").plain()
    assert isinstance(value, dict)
    assert value["key"] == expected
    assert getattr(value["key"], "kind", None) == getattr(expected, "kind", None)


def test_aliases_are_written_out() -> None:
    assert read("{a: &x {b: c}, d: *x}") == ({"a": {"b": "c"}, "d": {"b": "c"}}, [])


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        ("", ["f: is empty (say what it should hold, for example `images: {app: {from: base}}`)"]),
        ("# only a comment\n", ["f: is empty (say what it should hold, for example `images: {app: {from: base}}`)"]),
        ("null", ["f: is empty (say what it should hold, for example `images: {app: {from: base}}`)"]),
        ("a: 1\n---\nb: 2\n", ["f:2:1: begins a second document (keep one document in a file)"]),
        (b"a: \xff", ["f:1:4: cannot read as UTF-8 (save the file as UTF-8)"]),
        ("a: b\n".encode("utf-16"), ["f:1:1: cannot read as UTF-8 (save the file as UTF-8)"]),
        ("a: b\nc: \0d\n", ["f:2:4: holds the control character U+0000, which YAML does not allow"]),
        ("a: \x07", ["f:1:4: holds the control character U+0007, which YAML does not allow"]),
        (
            "a:\n\tb: c\n",
            [
                "f:2:1: cannot read as YAML: found character that cannot start any token"
                " (indent with spaces, not tabs)"
            ],
        ),
        ("a: [1\n", ["f:2:1: cannot read as YAML: did not find expected ',' or ']'"]),
        ("a: b: c\n", ["f:1:5: cannot read as YAML: mapping values are not allowed in this context"]),
        ("a: *x\n", ['f:1:4: "*x" stands for nothing: there is no "&x" before it']),
        ("a: &x [*x]\n", ['f:1:8: "*x" stands for nothing: there is no "&x" before it']),
        (b"a" * (MOST_BYTES + 1), [f"f: is {MOST_BYTES + 1} bytes long; {MOST_BYTES} are the most that is read"]),
        ("[" * 200_000, [f"f:1:{MOST_DEPTH + 1}: is nested more than {MOST_DEPTH} levels deep"]),
        ("- " * 200_000, [f"f:1:{2 * MOST_DEPTH + 1}: is nested more than {MOST_DEPTH} levels deep"]),
    ],
)
def test_what_cannot_be_read_says_where(data: str | bytes, faults: list[str]) -> None:
    assert read(data) == (None, faults)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    levels = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12))
    assert read(f"a0: &a0 [x]\n{levels}\n") == (
        None,
        ["f:6:25: holds more than 50000 values once its aliases are written out"],
    )


def test_faults_that_reading_survives_are_gathered() -> None:
    value, faults = read("a: 1\nb: 2\na: 3\n[c]: 4\n~: 5\nd: !!int 6\ne: !mine {f: g}\n")
    assert value == {"a": "1", "b": "2", "d": "6", "e": {"f": "g"}}
    assert faults == [
        'f:3:1: the key "a" stands here again (it is already in line 1)',
        "f:4:1: a key must be text",
        "f:5:1: a key must be text",
        'f:6:4: has the tag "!!int"; tags have no meaning here (leave it out)',
        'f:7:4: has the tag "!mine"; tags have no meaning here (leave it out)',
    ]


def test_faults_before_a_syntax_error_are_told_too() -> None:
    assert read("a: 1\na: 2\nb: [\n")[1] == [
        'f:2:1: the key "a" stands here again (it is already in line 1)',
        "f:4:1: cannot read as YAML: did not find expected node content",
    ]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read("a: b\n".encode("utf-8-sig")) == ({"a": "b"}, [])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_have_a_fault(data: bytes) -> None:
    value, faults = read(data)
    assert value is not None or faults


@given(st.text(alphabet="ab:- \n[]{}&*!|>'\"#,?%\t01.~", max_size=80))
def test_anything_like_yaml_is_read_or_has_a_fault(text: str) -> None:
    value, faults = read(text)
    assert value is not None or faults
