"""dpkg is asked the same questions about versions."""

from __future__ import annotations

import shutil
import subprocess
from itertools import combinations, product

import pytest

from bareboat.base.errors import FormatError
from bareboat.debian.version import Operator, Version

pytestmark = pytest.mark.oracle

TRICKY = (
    "0", "00", "0~", "0~~", "0~a", "0a", "0+", "0.", "0.0", "0-0", "0-1", "0-~", "0:0", "1", "1~rc1", "1~rc10", "1~rc2",
    "1-", "1-1", "1-1+b1", "1-1+b10", "1-1~bpo12+1", "1-1.1", "1-10", "1-2", "1-1-1", "1a", "1A", "1z", "1+", "1+a",
    "1.", "1.0", "1.00", "1.0a", "1.0a0", "1.0~", "1.0+dfsg", "1.0+dfsg-1", "1.0.dfsg", "1.0-0", "1.0-00", "1.0-0a",
    "1.0-a", "1.10", "1.2", "1.2.3", "1.02.3", "1.2-3~deb13u1", "1.2-3+deb13u1", "1:0", "1:0~", "1:1:1", "01:0",
    "10:0", "2:1-2", "2024.01.01", "20240101", "1.0+really0.9", "99999999999999999999", "100000000000000000000",
)  # fmt: skip

_DPKG = {
    Operator.earlier: "lt-nl", Operator.at_most: "le-nl", Operator.exactly: "eq", Operator.at_least: "ge-nl",
    Operator.later: "gt-nl",
}  # fmt: skip


def test_every_pair_stands_in_the_order_that_dpkg_gives_it() -> None:
    """One shell asks dpkg about all pairs; it answers `lt`, `eq` or `gt`."""
    sound = [text for text in TRICKY if _is_version(text)]
    pairs = list(combinations(sound, 2))
    script = (
        "while read -r a b; do if dpkg --compare-versions $a lt $b; then echo lt; "
        "elif dpkg --compare-versions $a eq $b; then echo eq; else echo gt; fi; done"
    )
    found = subprocess.run(
        [_tool("bash"), "-c", script], input="".join(f"{a} {b}\n" for a, b in pairs), text=True, capture_output=True,
        check=True,
    )  # fmt: skip
    ours = ["lt" if Version(a) < Version(b) else "eq" if Version(a) == Version(b) else "gt" for a, b in pairs]
    answers = zip(pairs, ours, found.stdout.split(), strict=True)
    assert [(pair, mine, theirs) for pair, mine, theirs in answers if mine != theirs] == []


@pytest.mark.parametrize("operator", Operator)
def test_operators_mean_what_dpkg_means(operator: Operator) -> None:
    for left, right in product(("1.0~", "1.0", "1.0-1"), repeat=2):
        answer = subprocess.run([_tool("dpkg"), "--compare-versions", left, _DPKG[operator], right], check=False)
        assert (answer.returncode == 0) == Version(left).satisfies(operator, Version(right)), (left, operator, right)


@pytest.mark.parametrize(
    "text", [*TRICKY, "", "1:", ":1", "1-", "1_0", "a:1", "1 0", "1-1_", "1-1:1", "2147483647:1", "2147483648:1", "1/2"]
)
def test_what_dpkg_takes_for_a_version_is_one(text: str) -> None:
    answer = subprocess.run([_tool("dpkg"), "--validate-version", text], check=False, capture_output=True)
    assert (answer.returncode == 0) == _is_version(text)


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except FormatError:
        return False
    return True


def _tool(name: str) -> str:
    return shutil.which(name) or name
