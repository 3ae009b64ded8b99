"""How often one address is asked, and how long is waited in between."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bareboat.base.errors import FetchError
from bareboat.store.limits import Limits
from bareboat.store.transport import TransientError

Sleep = Callable[[float, threading.Event], object]
"""Waits so many seconds, or until the event is set."""


def sleep(seconds: float, until: threading.Event) -> None:
    """The ordinary `Sleep`."""
    until.wait(seconds)


class StoppedError(FetchError):
    """Something else has failed, so that this is not needed any more; it never leaves this room."""


class Patience:
    """How often one address is asked, with delays that double; there is no chance in them.

    Args:
        limits: Attempts and delays.
        wait: How to wait.
        stop: Ends every waiting.
    """

    def __init__(self, limits: Limits, wait: Sleep, stop: threading.Event) -> None:
        self._limits = limits
        self._wait = wait
        self._stop = stop
        self._failures = 0

    def after(self, failure: TransientError) -> None:
        """Wait before the next attempt: as long as the server asks, else twice as long as the last time.

        Raises:
            TransientError: `failure` itself, when that was the last attempt.
            StoppedError: When the waiting was ended.
        """
        self._failures += 1
        if self._failures >= self._limits.attempts:
            raise failure
        delay = self._limits.first_delay_s * 2 ** (self._failures - 1)
        if failure.after_s is not None:
            delay = failure.after_s
        self._wait(min(delay, self._limits.max_delay_s), self._stop)
        if self._stop.is_set():
            raise StoppedError("stopped")
