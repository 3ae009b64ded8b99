"""Omissions that omit nothing are told, where the lock is enough to know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bareboat.base.problem import Place
from bareboat.plan.config.config import Omission
from bareboat.plan.idle import idle_omissions, overruled_omissions
from bareboat.plan.recipe import Recipe
from tests.makers.catalog import recipes_of, some_catalog
from tests.makers.decision import World, make_recipe

FILE = "bareboat.yaml"
LINES = [
    "app 1 needs libgood1, debconf | debconf-2, awk",
    "libgood1 1 pre-needs libc6",
    "libc6 1",
    "mawk 1 provides awk",
    "gawk 1 provides awk",
    "debconf 1",
]


def image(name: str, *wishes: str, omit: str, file: str = FILE) -> Recipe:
    """An image that omits the words of `omit`, each in a line of its own, from 10 on."""
    omissions = (
        Omission(package=package, reason="a test", place=Place(file, 10 + number))
        for number, package in enumerate(omit.split())
    )
    return replace(make_recipe(name, wishes), omit=tuple(omissions))


def told(*recipes: Recipe, lines: list[str] = LINES) -> list[str]:
    lock = World(lines).decide(*recipes)
    return [str(problem).removeprefix(f"{FILE}:") for problem in idle_omissions(recipes, lock, FILE)]


@pytest.mark.parametrize(
    ("omit", "said"),
    [
        ("debconf awk", []),
        ("debconf-2 awk", []),
        ("libgood1 debconf awk", []),
        ("libgodo1 debconf awk", ['10: omit: nothing in web depends on "libgodo1" (did you mean "libgood1"?)']),
        ("zzz debconf awk", ['10: omit: nothing in web depends on "zzz"']),
        ("zzz yyy debconf awk", [
            '10: omit: nothing in web depends on "zzz"', '11: omit: nothing in web depends on "yyy"',
        ]),
    ],
)
def test_an_omission_that_nothing_asks_for_is_told(omit: str, said: list[str]) -> None:
    assert told(image("web", "app", omit=omit)) == said


def test_an_omission_that_may_have_steered_a_choice_is_not_judged() -> None:
    """Of two that provide awk the omitted one is not named by any package, and yet it was left out."""
    assert told(image("web", "app", omit="debconf mawk")) == []
    assert told(image("web", "app", omit="debconf mawk gawk")) == []


def test_what_only_a_dependency_of_something_omitted_asks_for_is_idle() -> None:
    """With libgood1 left out nothing asks for libc6 any more."""
    assert told(image("web", "app", omit="libgood1 debconf awk libc6")) == [
        '13: omit: nothing in web depends on "libc6"'
    ]


def test_an_omission_is_judged_in_all_images_that_have_it() -> None:
    parent, child = image("parent", "libc6", omit="debconf zzz awk"), image("child", "app", omit="debconf zzz awk")

    assert told(parent, child) == ['11: omit: nothing in child, parent depends on "zzz"']
    assert [line.partition(":")[0] for line in told(parent)] == ["10", "11", "12"]


def test_omissions_of_another_file_are_its_own_business() -> None:
    assert told(image("web", "app", omit="zzz debconf awk", file="catalog/omissions.yaml")) == []


def test_an_image_that_the_lock_does_not_have_is_not_judged() -> None:
    recipe = image("web", "app", omit="zzz debconf awk")
    other = World(LINES).decide(image("other", "app", omit="debconf awk"))

    assert idle_omissions([recipe], other, FILE) == ()


def test_every_architecture_of_the_lock_is_looked_at() -> None:
    recipe = image("web", "app", omit="only-arm zzz")
    lock = World(["app 1"], arm64=["app 1 needs only-arm"]).decide(recipe, architectures=("amd64", "arm64"))

    assert [problem.place.line for problem in idle_omissions([recipe], lock, FILE)] == [11]


CHAIN = """\
images:
  parent:
    from: base
    omit: [{package: liblog1, reason: nobody reads it}]
  app:
    from: parent
    packages: [liblog1%s]
    omit: [{package: libcup2, reason: no printer}]
"""


def overruled(text: str) -> list[str]:
    return [str(problem) for problem in overruled_omissions(recipes_of(text).values(), "bareboat.yaml")]


def test_an_omission_of_what_is_wished_for_is_told() -> None:
    assert overruled(CHAIN % ", libcup2") == [
        'bareboat.yaml:8:12: omit: does not leave "libcup2" out, for it is wished for '
        "(take one of the two away: the wish stands at bareboat.yaml:7:25)"
    ]


def test_an_omission_that_a_child_takes_back_still_serves_its_parent() -> None:
    assert overruled(CHAIN % "") == []


def test_an_omission_of_the_catalogue_that_a_wish_beats_is_nobodys_slip() -> None:
    (omission, *_) = some_catalog().omissions
    assert overruled(f"images:\n  app: {{from: base, packages: [{omission.package}]}}\n") == []
