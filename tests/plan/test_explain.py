"""What people are told when their wishes cannot be met: whole texts."""

from __future__ import annotations

import pytest

from bareboat.base.errors import ResolutionError
from bareboat.debian.relation import parse_relations
from bareboat.plan.prefer import Candidate
from bareboat.plan.solve import Need, solve
from bareboat.plan.universe import Universe
from tests.makers.ecosystem import make_supply, make_universe

LOOSEN = "loosen one of the wishes, or take a package away"


def other(name: str) -> str:
    return (
        f"wish for another version of {name}, add an archive that has it to `sources`, "
        f'or, when it is not needed at run time, write `omit: [{{package: {name}, reason: "…"}}]`'
    )


def story(universe: Universe, wishes: str, *fixed: Candidate, omitted: str = "") -> tuple[str, str | None]:
    with pytest.raises(ResolutionError) as caught:
        solve(
            universe,
            [Need(group, "image web") for group in parse_relations(wishes, "wishes")],
            fixed,
            frozenset(omitted.split()),
        )
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("lines", "wishes", "message", "hint"),
    [
        (
            ["app 1 needs libfoo1", "libfoo2 1", "zebra 1"],
            "app, zebra",
            """\
cannot choose packages for amd64: nothing suits "libfoo1"
  image web needs app
    app 1 from main suits
  app 1 needs libfoo1
    no archive has libfoo1 for amd64""",
            'did you mean "libfoo2"?',
        ),
        (
            ["app 1 needs debconf (>= 2) | gone", "debconf 1"],
            "app",
            """\
cannot choose packages for amd64: nothing suits "debconf (>= 2) | gone"
  image web needs app
    app 1 from main suits
  app 1 needs debconf (>= 2) | gone
    debconf 1 from main is not >= 2
    no archive has gone for amd64""",
            other("debconf"),
        ),
        (
            ["lib 1", "lib 2"],
            "lib (>= 3)",
            """\
cannot choose packages for amd64: nothing suits "lib (>= 3)"
  image web needs lib (>= 3)
    lib 2 from main is not >= 3
    lib 1 from main is not >= 3""",
            other("lib"),
        ),
        (
            ["app 1 needs v (>= 2)", "p 1 provides v", "q 1 provides v (= 1)"],
            "app",
            """\
cannot choose packages for amd64: nothing suits "v (>= 2)"
  image web needs app
    app 1 from main suits
  app 1 needs v (>= 2)
    p 1 from main provides v, which is not >= 2
    q 1 from main provides v (= 1), which is not >= 2""",
            other("v"),
        ),
        (
            ["app 1 needs lib (>= 2)", "lib 1", "lib 2", "other 1"],
            "app, other, lib (<< 2)",
            """\
cannot choose packages for amd64: these do not go together
  image web needs app
    app 1 from main suits
  image web needs lib (<< 2)
    lib 2 from main is not << 2
    lib 1 from main suits
  app 1 needs lib (>= 2)
    lib 2 from main suits
    lib 1 from main is not >= 2""",
            LOOSEN,
        ),
        (
            ["new 1 breaks old (<< 2)", "old 1", "other 1"],
            "new, old, other",
            """\
cannot choose packages for amd64: these do not go together
  image web needs new
    new 1 from main suits
  image web needs old
    old 1 from main suits
  new 1 breaks old (<< 2)""",
            LOOSEN,
        ),
        (
            ["exim 1 provides mta; conflicts mta", "postfix 1 provides mta"],
            "exim, postfix",
            """\
cannot choose packages for amd64: these do not go together
  image web needs exim
    exim 1 from main suits
  image web needs postfix
    postfix 1 from main suits
  exim 1 conflicts with mta, which postfix 1 provides""",
            LOOSEN,
        ),
        (
            [f"lib {number}" for number in range(9)],
            "lib (>> 9)",
            """\
cannot choose packages for amd64: nothing suits "lib (>> 9)"
  image web needs lib (>> 9)
    lib 8 from main is not >> 9
    lib 7 from main is not >> 9
    lib 6 from main is not >> 9
    lib 5 from main is not >> 9
    lib 4 from main is not >> 9
    lib 3 from main is not >> 9
    and 3 more""",
            other("lib"),
        ),
        (
            ["app 2 needs lib (>= 2)", "app 1 needs gone", "lib 1"],
            "app",
            """\
cannot choose packages for amd64: nothing suits "lib (>= 2)"
  image web needs app
    app 2 from main suits
    app 1 from main suits
  app 2 needs lib (>= 2)
    lib 1 from main is not >= 2
  app 1 needs gone
    no archive has gone for amd64""",
            other("lib"),
        ),
    ],
)
def test_a_failure_says_who_asked_for_what_why_it_fell_out_and_what_to_write(
    lines: list[str], wishes: str, message: str, hint: str
) -> None:
    assert story(make_universe(*lines), wishes) == (message, hint)


def test_a_failure_names_the_stages_below_and_the_archives() -> None:
    universe = make_universe(
        make_supply("lib 1"), make_supply("lib 2", "app 1 needs lib (>= 2)", archive="ours", priority=100)
    )
    assert story(universe, "app", universe.candidates("lib")[0]) == (
        """\
cannot choose packages for amd64: these do not go together
  a stage below has lib 1 from main
  image web needs app
    app 1 from ours suits
  app 1 needs lib (>= 2)
    lib 1 from main is not >= 2
    lib 2 from ours suits""",
        LOOSEN,
    )


def test_a_wish_for_what_another_architecture_has_says_the_architecture() -> None:
    message, _ = story(make_universe("app 1 needs lib", architecture="arm64"), "app")
    assert message.splitlines()[-1] == "    no archive has lib for arm64"
