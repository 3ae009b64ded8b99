"""How much heavy work goes on at once: bounds the memory of all workers together.

A package costs about four times its compressed bytes while it is worked on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from threading import Lock, Semaphore
from typing import Protocol

from bareboat.base.frozen import frozen

UNIT_BYTES = 8 << 20
"""Compressed packages of fewer bytes weigh nothing."""

UNITS = 16
"""How many units may be taken at once; what weighs more is worked on alone."""


class Units(Protocol):
    """A semaphore, of threads or of processes."""

    def acquire(self) -> bool:
        """Wait for a unit, and take it."""

    def release(self) -> None:
        """Give one back."""


@frozen(kw_only=False)
class Room:
    """Units that work on large packages takes; `turn` has one worker at a time wait for its own, so that none starves.

    Both must be such as all workers share: by default all threads of this process.
    """

    turn: AbstractContextManager[object] = field(default_factory=Lock)
    units: Units = field(default_factory=lambda: Semaphore(UNITS))

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """Wait until there is memory for work on `size` compressed bytes."""
        taken = min(size // UNIT_BYTES, UNITS)
        if taken:
            with self.turn:
                for _ in range(taken):
                    self.units.acquire()
        try:
            yield
        finally:
            for _ in range(taken):
                self.units.release()
