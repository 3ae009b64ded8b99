"""The search by itself: letters, and rules about letters."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.plan.search import ContradictionError, Rule, search

LETTERS = "abcdef"


def rule(text: str) -> Rule[str, str]:
    """`ab>cd`: once a and b are chosen, c or d is; `ab>` forbids both together, `>c` asks for c."""
    premises, _, ways = text.rstrip("~").partition(">")
    return Rule(premises=tuple(premises), ways=tuple(ways), reason=text, late=text.endswith("~"))


def chosen(*rules: str) -> str:
    initial = [rule(text) for text in rules if text.startswith(">")]
    others = [rule(text) for text in rules if not text.startswith(">")]
    return "".join(search(initial, lambda thing: [one for one in others if thing in one.premises]))


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ([], ""),
        ([">a"], "a"),
        ([">ab"], "a"),
        ([">a", "a>bc"], "ab"),
        ([">a", "a>bc", "ab>"], "ac"),
        ([">a", "a>bc~", "a>c"], "ac"),
        ([">ab~", ">cd", "c>b"], "cb"),
        ([">ab", "a>c", "c>de", "ad>", "e>f", "cf>"], "b"),
        ([">ab", ">cd", "ac>", "ad>"], "bc"),
    ],
)
def test_the_first_way_is_taken_that_obeys_every_rule(rules: list[str], answer: str) -> None:
    assert chosen(*rules) == answer


@pytest.mark.parametrize(
    ("rules", "core"),
    [
        ([">"], [">"]),
        ([">a", "a>"], [">a", "a>"]),
        ([">a", ">b", ">c", "bc>"], [">b", ">c", "bc>"]),
        ([">a", "a>bc", "b>d", "c>e", "ad>", "ae>"], [">a", "a>bc", "b>d", "ad>", "c>e", "ae>"]),
    ],
)
def test_a_contradiction_names_the_rules_that_it_needs_and_no_others(rules: list[str], core: list[str]) -> None:
    with pytest.raises(ContradictionError) as caught:
        chosen(*rules)
    assert sorted(one.reason for one in caught.value.rules) == sorted(core)


letters = st.lists(st.sampled_from(LETTERS), max_size=3, unique=True).map("".join)
rules_of_letters = st.lists(
    st.builds(lambda premises, ways, late: f"{premises}>{ways}{'~' * late}", letters, letters, st.booleans()),
    max_size=14,
)


def holds(rules: list[str], choice: set[str]) -> bool:
    return all(not set(one.premises) <= choice or bool(choice & set(one.ways)) for one in map(rule, rules))


@given(rules_of_letters)
def test_there_is_an_answer_exactly_when_trying_everything_finds_one(rules: list[str]) -> None:
    every = (dict(zip(LETTERS, picks, strict=True)) for picks in product([False, True], repeat=len(LETTERS)))
    possible = any(holds(rules, {name for name, is_in in picks.items() if is_in}) for picks in every)
    try:
        answer: str | None = chosen(*rules)
    except ContradictionError as error:
        answer = None
        assert_core(tuple(error.rules))
    assert (answer is not None) == possible
    if answer is not None:
        assert holds(rules, set(answer))


def assert_core(core: tuple[Rule[str, str], ...]) -> None:
    """The rules hold together as soon as any one of them is left out."""
    for left_out in core:
        search([one for one in core if one is not left_out], lambda _: ())
