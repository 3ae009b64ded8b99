"""Expressions match what Go's `regexp` matches, in linear time, and what RE2 refuses is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.inspect.expression.classes import LETTERED, negated
from bareboat.inspect.expression.machine import Expression

MATCHES = [
    ("", ""),
    ("", "x"),
    ("a", "cab"),
    ("^a", "ab"),
    ("b$", "ab"),
    ("^$", ""),
    ("a.c", "abc"),
    ("(?s)a.c", "a\nc"),
    ("a|b", "xb"),
    ("(a|b)c", "bc"),
    ("a|", "zz"),
    ("ab*c", "ac"),
    ("ab+c", "abbc"),
    ("ab?c", "ac"),
    ("a{2}", "xaa"),
    ("^a{2,3}$", "aaa"),
    ("^a{2,}$", "aaaaa"),
    ("^a{0}$", ""),
    ("a{,2}", "a{,2}"),
    ("a{x}", "a{x}"),
    ("x{2", "x{2"),
    ("a*?b", "aab"),
    ("a+?b", "aab"),
    ("a{1,2}?b", "ab"),
    ("(?:a*)*b", "b"),
    ("(a*)+$", ""),
    ("(?i)AbC", "aBc"),
    ("(?i:a)b", "Ab"),
    ("a(?i)b|c", "C"),
    ("(?i)a(?-i)b", "Ab"),
    ("(?m)^b$", "a\nb\nc"),
    ("(?m)^$", "a\n\nb"),
    (r"\d\D\w\W\s\S", "1aa- x"),
    (r"\bfoo\b", "a foo b"),
    (r"\Boo\b", "foo"),
    (r"\Aab\z", "ab"),
    (r"\x41\x{263a}", "A☺"),
    (r"\101\a\f\t\n\r\v", "A\a\f\t\n\r\v"),
    (r"\.\*\_\-", ".*_-"),
    (r"\Qa.b*\E+", "a.b**"),
    (r"\Qa.b", "a.b"),
    ("[abc]", "b"),
    ("[^abc]", "\n"),
    ("[a-c]+", "b"),
    ("[]a]", "]"),
    ("[^]a]", "b"),
    ("[a-]", "-"),
    ("[-a]", "-"),
    (r"[\d\-x]", "-"),
    (r"[\]]", "]"),
    ("[[:alpha:]]", "q"),
    ("[[:^alpha:]]", "1"),
    ("[[:word:]-]", "_"),
    ("[[]", "["),
    (r"[\pL\d]", "ä"),
    (r"\pN", "²"),
    (r"\p{Lu}", "Ä"),
    (r"\P{Lu}", "ä"),
    (r"\p{^Lu}", "ä"),
    (r"\p{Any}", "x"),
    ("(?P<word>a)(?<other>b)", "ab"),
    ("(?i)k", "\u212a"),
    ("(?i)[k-l]", "\u212a"),
    (r"(?i)\w", "\u017f"),
    ("(?U)a+", "a"),
    ("(?i)σ", "ς"),
    ("☺", "a☺"),
    ("()", ""),
    ("(|a)b", "b"),
    ("^*a", "ba"),
    ("a(?i)*", ""),
    (r"[[:space:]]", "\v"),
    (r"[^\S]", " "),
    ("(?ims)^A.b$", "x\na\nB\ny"),
    ("\\\\", "\\"),
    ("(?i)[^k]", "x"),
]
MISSES = [
    ("a", "b"),
    ("^a", "ba"),
    ("b$", "ba"),
    ("a$", "a\n"),
    ("a.c", "a\nc"),
    ("^b$", "a\nb"),
    ("[^a]", "a"),
    ("a{3}", "aa"),
    (r"\d", "٣"),
    (r"\w", "ä"),
    (r"\s", "\v"),
    (r"\s", "\u00a0"),
    (r"\bfoo", "afoo"),
    (r"\Aab\z", "ab\n"),
    ("(?i)[^k]", "K"),
    ("[[:upper:]]", "a"),
    (r"\p{Lu}", "a"),
    ("ab+c", "ac"),
    ("^a{2,3}$", "aaaa"),
    (r"\Bfoo", "foo"),
    ("(?-s).", "\n"),
    ("(?i)[^k]", "\u212a"),
    (r"(?i)\W", "\u017f"),
    ("(?m)a$b", "a\nb"),
    (r"\Qa.b\E", "axb"),
]
REFUSED = {
    "(?=a)": "RE2 has no look-ahead", "(?!a)": "RE2 has no look-ahead", "(?<=a)": "RE2 has no look-behind",
    "(?<!a)": "RE2 has no look-behind", "(?>a)": "RE2 has no an atom", r"(a)\1": r'RE2 has no "\1"',
    "a++": '"+" repeats a repetition', "a**": '"*" repeats a repetition', "a{2}{3}": '"{3}" repeats a repetition',
    "*a": '"*" repeats nothing', "a|*": '"*" repeats nothing', "(+)": '"+" repeats nothing', r"\Z": r'RE2 has no "\Z"',
    r"\q": r'RE2 has no "\q"', r"\ä": r'RE2 has no "\ä"', "a\\": 'RE2 has no "\\"', r"\C": r'RE2 has no "\C"',
    r"\xg": r'"\x" names no character', r"\x{110000}": r'"\x" names no character', "(a": "a group is not closed",
    "a)": '")" closes no group', "[a": '"[a" is not closed', "[]": '"[]" is not closed',
    "[b-a]": '"b-a" is an empty range',
    "[[:nope:]]": '"[:nope:]" names no class', r"\p{Greek}": r'"\p" names no class', r"\p": r'"\p" names no class',
    "a{1001}": '"{1001}" is no count of repetitions', "a{3,2}": '"{3,2}" is no count of repetitions',
    "(?P<a>x)(?P<a>y)": 'two groups are called "a"', "(?z)": '"(?z)" begins no group',
    "(?i-)": '"(?i-" begins no group',
    r"[a-\d]": r'RE2 has no "\d"', "(" * 101 + ")" * 101: "its groups are nested more than 100 deep",
    "((a{100}){100}){100}": "it is too large", "(?P<a b>x)": '"(?P<" begins no group',
}  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), MATCHES)
def test_an_expression_matches(expression: str, text: str) -> None:
    assert Expression(expression).matches(text)


@pytest.mark.parametrize(("expression", "text"), MISSES)
def test_an_expression_does_not_match(expression: str, text: str) -> None:
    assert not Expression(expression).matches(text)


@pytest.mark.parametrize("expression", REFUSED)
def test_what_re2_refuses_is_refused(expression: str) -> None:
    with pytest.raises(FormatError) as fault:
        Expression(expression)

    assert fault.value.message == f'cannot read the expression "{expression[:200]}": {REFUSED[expression]}'


def test_an_expression_that_is_too_long_is_refused() -> None:
    with pytest.raises(FormatError, match="cannot read an expression of 10001 characters"):
        Expression("a" * 10_001)


@pytest.mark.parametrize(
    "expression", ["(a*)*b", "(a|a)*b", "(a+)+$", "(x+x+)+y", "a?" * 500 + "a" * 500, "(.*)(.*)(.*)!"]
)
def test_no_expression_takes_longer_than_the_text_is_long(expression: str) -> None:
    """Python's own `re` would need longer than the universe has lasted for most of these."""
    assert not Expression(expression).matches("a" * 400 + "ax" * 300)


def test_what_is_remembered_stays_bounded() -> None:
    expression = Expression("(?:a|b)*a(?:a|b){14}c")
    text = "".join("ab"[number * number % 7 % 2] + "ba"[number % 5 % 2] for number in range(40_000))

    assert not expression.matches(text)
    assert expression._remembered <= 20_000


def test_letters_of_two_sizes_are_where_they_are_looked_for() -> None:
    elsewhere = (point for low, high in negated(LETTERED) for point in range(low, high + 1))

    assert [point for point in elsewhere if chr(point).casefold() != chr(point)] == []


ATOMS = st.sampled_from([
    "a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", "(?:a|b)", "(?:ab|)", "(a)", r"\n", "[b-d1]", "(?i:A)",
])  # fmt: skip
QUANTIFIED = st.builds("{}{}".format, ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,2}", "*?"]))
PARTS = st.one_of(QUANTIFIED, st.sampled_from([r"\b", "^"]))
EXPRESSIONS = st.lists(st.lists(PARTS, max_size=4).map("".join), min_size=1, max_size=3).map("|".join)


@given(EXPRESSIONS, st.text(alphabet="abAB1 \n", max_size=12))
def test_where_python_means_the_same_it_says_the_same(expression: str, text: str) -> None:
    assert Expression(expression).matches(text) is (re.search(expression, text, re.ASCII) is not None)
