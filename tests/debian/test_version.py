"""Laws of Debian's version order, after Policy 5.6.12; `tests/oracles` asks dpkg the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.debian.version import Operator, Version

PART = st.text("0123456789abzAZ.+~", min_size=1, max_size=12)
VERSIONS = st.builds(
    lambda epoch, upstream, revision: Version(f"{epoch}{upstream}{revision}"),
    st.sampled_from(["", "0:", "1:", "12:"]),
    PART,
    st.one_of(st.just(""), PART.map(lambda text: f"-{text}")),
)

# Each stands strictly before the next.
LADDER = (
    "0~~", "0~~a", "0~", "0", "0a", "0+", "0.", "1~rc1", "1", "1-1", "1-1+b1", "1-1.1", "1-2", "1-10", "1a", "1+b",
    "1.0~~", "1.0", "1.0-1~bpo12+1", "1.0-1", "1.0a", "1.0z", "1.0+dfsg", "1.0.1", "1.2", "1.10", "2024.01",
    "20240101", "1:0~", "1:0.1", "2:0", "2147483647:0",
)  # fmt: skip


def test_the_ladder_is_in_order() -> None:
    versions = [Version(text) for text in LADDER]
    assert all(lower < higher for lower, higher in pairwise(versions))
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    ("left", "right"),
    [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.0", "1.00"), ("1.a", "1.a0"), ("1.", "1.0"), ("01", "1"), ("1-0", "1-00")],
)
def test_versions_that_policy_calls_equal_are_equal_and_hash_alike(left: str, right: str) -> None:
    assert Version(left) == Version(right)
    assert hash(Version(left)) == hash(Version(right))


@given(VERSIONS, VERSIONS)
def test_exactly_one_of_earlier_equal_later_holds(left: Version, right: Version) -> None:
    assert [left < right, left == right, left > right].count(True) == 1


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_transitive(one: Version, two: Version, three: Version) -> None:
    first, second, third = sorted([one, two, three])
    assert first <= second <= third
    assert first <= third


@given(VERSIONS)
def test_a_tilde_sorts_before_the_end(version: Version) -> None:
    assert Version(f"{version}~") < version


@given(st.integers(0, 10), PART, PART)
def test_epoch_outranks_any_upstream_version(epoch: int, lower: str, higher: str) -> None:
    assert Version(f"{epoch}:{higher}") < Version(f"{epoch + 1}:{lower}")


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_compare_by_value_however_long(left: int, right: int) -> None:
    assert (Version(f"1.{left}") < Version(f"1.{right}")) == (left < right)


@given(VERSIONS)
def test_text_survives_reading(version: Version) -> None:
    epoch = f"{version.epoch}:" if ":" in version.text else ""
    revision = f"-{version.revision}" if version.revision else ""
    assert f"{epoch}{version.upstream}{revision}" == str(version) == version.text


@pytest.mark.parametrize(
    ("text", "epoch", "upstream", "revision"),
    [
        ("1.0", 0, "1.0", ""),
        ("1:1.3.dfsg+really1.3.1-1+b1", 1, "1.3.dfsg+really1.3.1", "1+b1"),
        ("2:1-2-3", 2, "1-2", "3"),
        ("1:2:3-4", 1, "2:3", "4"),
    ],
)
def test_parts(text: str, epoch: int, upstream: str, revision: str) -> None:
    version = Version.parse(text)
    assert (version.epoch, version.upstream, version.revision) == (epoch, upstream, revision)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("21.0.12.1+1-1~deb13u1", "21.0.12.1"),
        ("3.13.5-2+deb13u4", "3.13.5"),
        ("24.21.0+dfsg+~cs24.13.4-1", "24.21.0"),
        ("1:1.3.dfsg+really1.3.1-1+b1", "1.3.1"),
        ("2:8.2.0+ds1-3", "8.2.0"),
        ("1.5.7+dfsg-1", "1.5.7"),
        ("3.5~rc1-1", "3.5"),
        ("2026b-0+deb13u1", "2026b"),
        ("1.2.dfsg2-1", "1.2"),
    ],
)
def test_upstream_release_is_the_number_that_the_authors_gave(text: str, release: str) -> None:
    assert Version(text).upstream_release == release


@pytest.mark.parametrize(
    "text",
    ["", ":1", "1:", "a:1", "-1", "1-", "1_0", "1 0", " 1", "1\n", "2147483648:1", "1:1_", "1-1:1", "1" * 256, "é"],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"(?s)cannot read .* as a version"):
        Version(text)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [("<<", (True, False, False)), ("<=", (True, True, False)), ("=", (False, True, False)),
     (">=", (False, True, True)), (">>", (False, False, True))],
)  # fmt: skip
def test_satisfies(operator: str, holds: tuple[bool, bool, bool]) -> None:
    found = tuple(Version(text).satisfies(Operator(operator), Version("1.0")) for text in ("1.0~", "1.0-0", "1.0a"))
    assert found == holds
