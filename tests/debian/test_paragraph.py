"""Policy 5.1, "Syntax of control files"."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.debian.paragraph import Paragraph, decoded, parse_paragraph, parse_paragraphs
from tests.makers.refusal import is_read_or_refused_at

NAMES = st.sampled_from(["Package", "Version", "X-Odd", "a", "Z9_!", "Description-md5"])
LINES = st.text("ab :#-é~", min_size=1, max_size=12).map(str.strip).filter(bool)
VALUES = st.lists(LINES, min_size=1, max_size=3).map("\n ".join)
FIELDS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5).filter(
    lambda fields: len({name.lower() for name in fields}) == len(fields)
)


@settings(max_examples=40)
@given(st.lists(FIELDS, max_size=4))
def test_fields_and_folds_survive_reading(paragraphs: list[dict[str, str]]) -> None:
    text = "\n".join("".join(f"{name}: {value}\n" for name, value in fields.items()) for fields in paragraphs)
    assert [list(found.items()) for found in parse_paragraphs(text, "x")] == [list(each.items()) for each in paragraphs]


@given(st.text("aB:# \t\n.-é", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert is_read_or_refused_at("x:", lambda: parse_paragraphs(text, "x"))


def test_names_are_not_case_sensitive_and_order_is_kept() -> None:
    found = parse_paragraph("Version: 1\nPackage: a\n", "x")
    assert list(found) == ["Version", "Package"]
    assert (found["package"], found.get("PACKAGE"), found.get("Source")) == ("a", "a", None)
    assert "version" in found


def test_folds_words_and_lines() -> None:
    found = parse_paragraph("Binary: a, b\n c\nFiles:\n 1 x\n\t2 y  \n", "x")
    assert found["Binary"] == "a, b\n c"
    assert found.words("Binary") == ("a,", "b", "c")
    assert found.lines("Files") == ("1 x", "2 y")
    assert found.lines("Other") == found.words("Other") == ()


def test_paragraphs_are_parted_by_blank_lines_however_many() -> None:
    found = parse_paragraphs("\n\nA: 1\n \t\n\nB: 2", "x")
    assert found == (Paragraph({"A": "1"}, "x:3"), Paragraph({"B": "2"}, "x:6"))


def test_comments_are_left_out_only_where_people_write() -> None:
    text = "# hello\nA: 1\n# inside\n 2\n"
    assert parse_paragraphs(text, "x", comments=True)[0]["A"] == "1\n 2"
    with pytest.raises(FormatError, match='x:1: cannot read "# hello" as a field'):
        parse_paragraphs(text, "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" fold", "x:1: a folded line continues no field"),
        ("A: 1\n\n fold", "x:3: a folded line continues no field"),
        ("A: 1\nnonsense", 'x:2: cannot read "nonsense" as a field'),
        ("A: 1\na: 2", 'x:2: the field "a" is given twice'),
        ("A : 1", 'x:1: cannot read "A : 1" as a field'),
        ("-A: 1", 'x:1: cannot read "-A: 1" as a field'),
    ],
)
def test_what_is_no_paragraph_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_paragraphs(text, "x")
    assert caught.value.message == message


@pytest.mark.parametrize(("text", "count"), [("", 0), ("A: 1\n\nB: 2", 2)])
def test_one_paragraph_is_not_none_and_not_two(text: str, count: int) -> None:
    with pytest.raises(FormatError, match=f"x: must hold one paragraph, not {count}"):
        parse_paragraph(text, "x")


def test_a_required_field_is_named_when_missing() -> None:
    with pytest.raises(FormatError, match='x: the field "Version" is missing'):
        parse_paragraph("Package: a", "x").require("Version")


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(FormatError, match="x:2: cannot read as UTF-8"):
        decoded(b"A: 1\nB: \xff", "x")
