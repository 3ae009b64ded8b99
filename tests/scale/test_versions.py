"""Versions drawn from the live archive: dpkg orders every pair of them as we do."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, islice

import pytest

from bareboat.debian.version import Version
from tests.scale.conftest import Say
from tests.scale.live import Live, main_suite
from tests.scale.sizes import VERSIONS, chance

pytestmark = [pytest.mark.scale, pytest.mark.network]

ODDITIES = (":", "~", "[a-z].*[a-z]", "[A-Z]", r"\+", "-.*-", "[0-9]{9}", r"(^|[.:])0[0-9]", r"[a-z]$", "really")
WORKERS = 2


def test_dpkg_orders_every_pair_of_versions_drawn_at_random_as_we_do(trixie: Live, say: Say) -> None:
    index = main_suite(trixie.read("amd64").universe("amd64")).index
    texts = sorted({package.version.text for name in index.names for package in index.named(name)})
    draw = drawn(texts, VERSIONS)
    pairs = list(combinations(map(Version, draw), 2))
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(denied, (pairs[start::WORKERS] for start in range(WORKERS)))
        wrong = [claim for claims in answers for claim in claims]
    kinds = {pattern: sum(re.search(pattern, text) is not None for text in draw) for pattern in ODDITIES}
    say(
        f"{len(pairs) - len(wrong)} of {len(pairs)} pairs of {len(draw)} versions stand in dpkg's order",
        [f"{count:4} have {pattern}" for pattern, count in kinds.items()],
    )
    assert len(draw) == VERSIONS
    assert wrong == []


def drawn(texts: Sequence[str], count: int) -> list[str]:
    """A third as it comes, and the rest evenly from those that have each oddity: most versions are `1.2.3-1`."""
    dice = chance("versions")
    found = dict.fromkeys(dice.sample(texts, count // 3))
    kinds = ([text for text in texts if re.search(pattern, text)] for pattern in ODDITIES)
    odd = [dice.sample(some, len(some)) for some in kinds if some]
    turns = (text for turn in zip(*(_endless(some) for some in odd), strict=False) for text in turn)
    for text in islice(turns, 100 * count):
        if len(found) == count:
            break
        found[text] = None
    return list(found)


def _endless(texts: Sequence[str]) -> Iterable[str]:
    while True:
        yield from texts


def denied(pairs: Sequence[tuple[Version, Version]]) -> list[str]:
    """What we say of pairs and dpkg denies: it is asked about each, one process a pair."""
    program = shutil.which("dpkg") or "dpkg"
    found = []
    for left, right in pairs:
        relation = "lt" if left < right else "eq" if left == right else "gt"
        child = os.posix_spawn(program, [program, "--compare-versions", str(left), relation, str(right)], os.environ)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            found.append(f"{left} {relation} {right}")
    return found
