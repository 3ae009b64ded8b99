"""Heavy work has its limit, whoever does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from bareboat.make.room import UNIT_BYTES, UNITS, Room


@pytest.mark.parametrize(("units", "at_once"), [(UNITS // 2, 2), (UNITS // 4, 4), (UNITS, 1), (UNITS * 9, 1)])
def test_no_more_goes_on_at_once_than_there_is_room_for(units: int, at_once: int) -> None:
    room, lock = Room(), Lock()
    inside = most = 0
    together = Barrier(at_once)

    def work(_: int) -> None:
        nonlocal inside, most
        with room.of(units * UNIT_BYTES):
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait(timeout=20)  # so many are inside, or this fails
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert most == at_once


def test_small_work_waits_for_nobody() -> None:
    room = Room()
    with room.of(UNITS * UNIT_BYTES), room.of(UNIT_BYTES - 1):
        pass


def test_room_is_given_back_when_work_fails() -> None:
    room = Room()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), room.of(UNITS * UNIT_BYTES):
            raise ZeroDivisionError
