"""Signals that ask a container to end, which its program, being process 1, need not hear.

signal(7) and pid_namespaces(7): "Only signals for which the "init" process has established a signal handler can be sent
to the "init" process by other members of the PID namespace."
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Timer

from bareboat.ship.running.runner import BY_SIGNAL, Order, Streams

GRACE_S = 10.0
"""How long a program may take to end, as with `docker stop`."""

_KILLED = BY_SIGNAL + 9


class Stopping:
    """Passes signals on; a program that was asked to end and does not is killed in the end.

    Args:
        order: ^C is a key like others for a program that has our standard input, and asks nothing to end.
        send: Gives a signal to the program.
        kill: Ends it at once.
        grace_s: After how many seconds that is done.
    """

    def __init__(
        self, order: Order, send: Callable[[int], None], kill: Callable[[], None], grace_s: float = GRACE_S
    ) -> None:
        types = order.streams in (Streams.interactive, Streams.terminal)
        self._asking = {signal.SIGTERM} if types else {signal.SIGTERM, signal.SIGINT}
        self._send = send
        self._kill = kill
        self._grace_s = grace_s
        self._timer: Timer | None = None
        self._asked_by: int | None = None
        self._killed = False

    def take(self, number: int) -> None:
        """Hand a signal on; the second that asks for the end brings it at once."""
        if number not in self._asking:
            self._send(number)
        elif self._asked_by is not None:
            self._end()
        else:
            self._asked_by = number
            self._timer = Timer(self._grace_s, self._end)
            self._timer.daemon = True
            self._timer.start()
            self._send(number)

    def close(self) -> None:
        """The program has ended: nothing is to be done any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()

    def exit_code(self, code: int) -> int:
        """`code`, or that of the signal which was asked with when we had to kill the program."""
        by_us = self._killed and self._asked_by is not None and code == _KILLED
        return BY_SIGNAL + self._asked_by if by_us and self._asked_by is not None else code

    def _end(self) -> None:
        self._killed = True
        self._kill()
