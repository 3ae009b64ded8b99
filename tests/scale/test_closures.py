"""Closures of packages drawn from the live archive: what apt would unpack is what we choose, or it is known why not.

apt and we read the same Packages files; nothing is installed, and Recommends are not followed.
apt's own library is asked about every package, and apt-get itself about some of them and about all that differ.
What differs is explained by `differences`, from the two selections alone, and apt finds nothing broken in ours.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from bareboat.base.errors import ResolutionError
from bareboat.debian.relation import parse_relations
from bareboat.plan.solve import Need, solve
from bareboat.plan.universe import Universe
from tests.makers.apt import Apt, write_lists
from tests.scale.conftest import Say
from tests.scale.differences import Kind, difference, selection
from tests.scale.live import Live, main_suite
from tests.scale.sizes import CLOSURE_ARCHITECTURES, CLOSURES, chance

pytestmark = [pytest.mark.scale, pytest.mark.network]

ASK_LIBAPT = Path(__file__).with_name("ask_libapt.py")
ASKED_OF_APT_GET = 10
"""How many of the packages, besides all that differ, apt-get itself is asked about: each takes it a second or two."""


@dataclass(frozen=True)
class Row:
    """What differs for one package, with its reasons; `fault` says what nobody explains."""

    name: str
    only_ours: int
    only_theirs: int
    reasons: tuple[str, ...]
    kinds: frozenset[Kind]
    fault: str = ""

    def __str__(self) -> str:
        counts = f"{self.name}: {self.only_ours} in ours alone, {self.only_theirs} in apt's alone"
        return "\n    ".join([counts, *self.reasons, *([f"NOT EXPLAINED: {self.fault}"] if self.fault else [])])


@pytest.mark.parametrize("architecture", CLOSURE_ARCHITECTURES)
def test_we_choose_what_apt_chooses_of_packages_drawn_at_random(
    architecture: str, trixie: Live, tmp_path: Path, say: Say
) -> None:
    archive = trixie.read(architecture)
    universe = archive.universe(architecture)
    draw = sorted(chance(f"closures {architecture}").sample(sorted(main_suite(universe).names), CLOSURES))
    sources = write_lists(tmp_path / "lists", archive.lists(architecture), architecture)
    apt = Apt(tmp_path / "apt", sources, architecture).prepare()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ask_libapt, apt, draw)
        mine = {name: ours(universe, name) for name in draw}
        theirs = {name: text or None for name, text in zip(draw, asked.result(), strict=True)}
        differing = [name for name in draw if mine[name] != theirs[name]]
        sure = [*draw[:: max(1, len(draw) // ASKED_OF_APT_GET)], *differing]
        confirmed = dict(zip(sure, pool.map(apt.would_install, sure), strict=True))
    told = {name: text for name in differing if (text := mine[name]) is not None}
    judged = dict(zip(told, ask_libapt(apt, list(told.values())), strict=True))

    assert confirmed == {name: theirs[name] for name in sure}, "apt-get and its library disagree"
    rows = [_row(universe, name, mine[name], theirs[name]) for name in differing]
    refused = sum(mine[name] is None for name in draw)
    say(
        f"{architecture}: {len(draw) - len(rows)} of {len(draw)} closures are apt's ({refused} of them impossible)",
        [*(f"{sum(kind in row.kinds for row in rows):4} {kind}" for kind in Kind), *map(str, rows)],
    )
    assert [str(row) for row in rows if row.fault] == []
    assert judged == {name: f"0 broken of {len(text.split())}" for name, text in told.items()}


def ours(universe: Universe, name: str) -> str | None:
    """`name=version` of everything that we choose, sorted, with spaces between; None when there is no way."""
    needs = [Need(group, "a draw") for group in parse_relations(name, "draw")]
    try:
        chosen = solve(universe, needs, (), frozenset())
    except ResolutionError:
        return None
    return " ".join(sorted(f"{name}={candidate.package.version}" for name, candidate in chosen.items()))


def ask_libapt(apt: Apt, questions: Sequence[str]) -> list[str]:
    """What apt's library answers to each."""
    done = subprocess.run(
        ["/usr/bin/python3", ASK_LIBAPT], input="".join(f"{text}\n" for text in questions), check=False,
        env={**os.environ, "APT_CONFIG": str(apt.folder / "apt.conf")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _row(universe: Universe, name: str, mine: str | None, theirs: str | None) -> Row:
    counts = (len((mine or "").split()), len((theirs or "").split()))
    if mine is None:
        return Row(name, *counts, (), frozenset(), "apt finds a way and we do not")
    if theirs is None:
        return Row(name, *counts, (Kind.refusal.name,), frozenset({Kind.refusal}))
    found = difference(universe, name, selection(universe, mine), selection(universe, theirs))
    return Row(
        name, len(found.only_ours), len(found.only_theirs),
        tuple(f"{fork.kind.name}: {fork}" for fork in found.forks),
        frozenset(fork.kind for fork in found.forks),
        " ".join(sorted(found.unexplained)),
    )  # fmt: skip
