from __future__ import annotations

from typing import Any

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BareboatError, ExpiredError, RollbackError, TrustError
from bareboat.debian.release import Release
from bareboat.plan.archive import CLOCK_SLACK_S, accept
from tests.makers.archive import DATE, make_archive

DAY = 86_400


def release(**fields: Any) -> Release:
    return Release.parse(make_archive(**fields).release.decode(), "InRelease")


def judge(
    one: Release, *, suite: str = "trixie", now: int = DATE + DAY, floor: int | None = None, unsafe: bool = False
) -> None:
    accept(
        one, suite=suite, now=Epoch(now), floor=None if floor is None else Epoch(floor), where="main",
        unsafe_expired=unsafe,
    )  # fmt: skip


@pytest.mark.parametrize("suite", ["trixie-security", "stable-security"])
def test_a_suite_may_be_asked_for_by_its_code_name_and_by_its_name(suite: str) -> None:
    judge(release(suite="stable-security", codename="trixie-security"), suite=suite)


@pytest.mark.parametrize(
    ("now", "floor"),
    [
        (DATE, None),
        (DATE - CLOCK_SLACK_S, None),
        (DATE + 7 * DAY, None),
        (DATE, DATE),
        (DATE, DATE - 1),
    ],
)
def test_a_release_is_accepted_in_its_time(now: int, floor: int | None) -> None:
    judge(release(valid_until=DATE + 7 * DAY), now=now, floor=floor)


def test_a_release_without_an_end_is_accepted_for_ever() -> None:
    judge(release(), now=DATE + 9999 * DAY)


def test_a_release_past_its_end_is_accepted_only_when_the_user_says_so() -> None:
    with pytest.raises(ExpiredError):
        judge(release(valid_until=DATE + DAY), now=DATE + DAY + 1)
    judge(release(valid_until=DATE + DAY), now=DATE + DAY + 1, unsafe=True)


@pytest.mark.parametrize(
    ("fields", "now", "floor", "error", "message"),
    [
        ({"valid_until": DATE}, DATE + 1, None, ExpiredError, "main: was valid until 2025-06-15T15:06:40Z only"),
        ({}, DATE - 3601, None, ExpiredError, "main: is dated 2025-06-15T15:06:40Z, which is yet to come"),
        (
            {}, DATE, DATE + 1, RollbackError,
            "main: is of 2025-06-15T15:06:40Z, older than the lock's (2025-06-15T15:06:41Z)",
        ),
        ({"suite": "sid"}, DATE, None, TrustError, 'main: is the Release of "sid", not of "trixie"'),
        (
            {"suite": "stable", "codename": "forky"}, DATE, None, TrustError,
            'main: is the Release of "forky" or "stable", not of "trixie"',
        ),
        ({"release_extra": {"Suite": "", "Codename": ""}}, DATE, None, TrustError,
         'main: is the Release of a suite without a name, not of "trixie"'),
    ],
)  # fmt: skip
def test_another_release_is_refused(
    fields: dict[str, Any], now: int, floor: int | None, error: type[BareboatError], message: str
) -> None:
    with pytest.raises(error) as caught:
        judge(release(**fields), now=now, floor=floor)
    assert (caught.value.message, type(caught.value)) == (message, error)
    assert caught.value.hint is not None


def test_not_even_an_unsafe_option_accepts_the_future_or_the_past() -> None:
    with pytest.raises(ExpiredError):
        judge(release(), now=DATE - DAY, unsafe=True)
    with pytest.raises(RollbackError):
        judge(release(), floor=DATE + 1, unsafe=True)
