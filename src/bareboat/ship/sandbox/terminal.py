"""A terminal that a program has for itself, carried to and from ours: it cannot type into ours, as one that shares it.

pty(7), termios(3).
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bareboat.ship.running.tty import need_terminal
from bareboat.store.refusal import refusing

_CHUNK_BYTES = 64 * 1024
_END_OF_INPUT = b"\x04"

Carry = Callable[["subprocess.Popen[bytes]", "float | None"], None]


@contextmanager
def own_terminal() -> Iterator[tuple[int, Carry]]:
    """The program's end of a new terminal, and what carries keys and text until the program has closed it.

    Raises:
        UsageError: When we have none ourselves.
        StoreError: When this machine has no more.
    """
    need_terminal()
    with refusing("open a terminal"):
        ours, theirs = os.openpty()
    _take_size(ours)
    closed = False

    def carry(process: subprocess.Popen[bytes], deadline: float | None) -> None:  # noqa: ARG001  as `attend` calls it
        nonlocal closed
        os.close(theirs)
        closed = True
        with _raw(), _resizing(ours):
            _copy(ours, deadline)

    try:
        yield theirs, carry
    finally:
        os.close(ours)
        if not closed:
            os.close(theirs)


def _copy(ours: int, deadline: float | None) -> None:
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    waiting = select.poll()
    waiting.register(ours, select.POLLIN)
    waiting.register(keys, select.POLLIN)
    while True:
        rest_ms = None if deadline is None else max(0, int(1000 * (deadline - time.monotonic())))
        ready = [descriptor for descriptor, _ in waiting.poll(rest_ms)]
        if not ready and rest_ms is not None:
            return
        if keys in ready:
            typed = os.read(keys, _CHUNK_BYTES)
            if not typed:
                waiting.unregister(keys)
            _write(ours, typed or _END_OF_INPUT)
        if ours in ready:
            try:
                text = os.read(ours, _CHUNK_BYTES)
            except OSError as fault:
                if fault.errno != errno.EIO:  # pty(7): what a read gives when the other end is closed
                    raise
                return
            if not text:
                return
            _write(screen, text)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def _raw() -> Iterator[None]:
    """Our terminal gives every key as it is pressed, and is as it was afterwards."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _resizing(ours: int) -> Iterator[None]:
    """The program's terminal is as large as ours, however that changes."""
    before = signal.signal(signal.SIGWINCH, lambda *_: _take_size(ours))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _take_size(ours: int) -> None:
    with suppress(OSError):
        size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, struct.pack("4H", 0, 0, 0, 0))
        fcntl.ioctl(ours, termios.TIOCSWINSZ, size)
