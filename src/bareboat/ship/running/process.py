"""A program of this machine that stands for one in an image: its streams, its time, the signals on their way to it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import IO

from bareboat.base.errors import EngineError, LimitError
from bareboat.base.frozen import frozen
from bareboat.ship.running.runner import BY_SIGNAL, TIMED_OUT, Order, Outcome, Streams
from bareboat.store.limits import CHUNK_BYTES, MIB

PASSED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
"""The signals that are for the program, not for us; SIGKILL and SIGSTOP cannot be passed on."""

Signaller = Callable[["subprocess.Popen[bytes]", int], None]


def send(process: subprocess.Popen[bytes], number: int) -> None:
    """Give a signal to the process itself, which hands it on."""
    with suppress(ProcessLookupError):
        process.send_signal(number)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the process itself, at once."""
    with suppress(ProcessLookupError):
        process.kill()


@frozen
class Started:
    """How the program is started, and how it is reached.

    Attributes:
        command: What is run.
        env: Its environment; None means ours.
        descriptors: Open files that it gets besides the three.
        terminal: What its standard streams are when they are not captured, instead of ours.
        own_session: Whether keys pressed in our terminal (^C) reach us alone.
        pass_on: Gives a signal to the program.
        end: Ends the program at once.
        meanwhile: What is done while it runs, until the deadline, by time.monotonic(), if there is one.
    """

    command: Sequence[str]
    env: Mapping[str, str] | None = None
    descriptors: Sequence[int] = ()
    terminal: int | None = None
    own_session: bool = True
    pass_on: Signaller = send
    end: Callable[[subprocess.Popen[bytes]], None] = kill
    meanwhile: Callable[[subprocess.Popen[bytes], float | None], None] | None = None


def attend(order: Order, started: Started) -> Outcome:
    """Start a program, and stay with it until it has ended.

    Raises:
        LimitError: When it says more than the order allows.
        EngineError: When it cannot be started.
    """
    captured = order.streams is Streams.captured
    if order.streams in (Streams.interactive, Streams.terminal):
        stdin: int | None = started.terminal
    else:
        stdin = subprocess.PIPE if order.stdin else subprocess.DEVNULL
    output = subprocess.PIPE if captured else started.terminal
    with starting(started.command[0]):
        process = subprocess.Popen(
            started.command, stdin=stdin, stdout=output, stderr=output, env=started.env,
            pass_fds=tuple(started.descriptors), start_new_session=started.own_session,
        )  # fmt: skip
    deadline = None if order.timeout_s is None else time.monotonic() + order.timeout_s
    pumps = _Pumps(order, process, started.end)
    try:
        with _passing_on(order, process, started.pass_on):
            if started.meanwhile is not None:
                started.meanwhile(process, deadline)
            timed_out = not _ends(process, deadline)
            if timed_out:
                started.end(process)
            code = process.wait()
    except BaseException:
        started.end(process)
        process.wait()
        raise
    finally:
        pumps.join()
    if pumps.overflowed:
        raise LimitError(
            f"{order.name}: cannot take in the output: it has more than {order.most_output_bytes // MIB} MiB"
        )
    return Outcome(
        exit_code=TIMED_OUT if timed_out else code if code >= 0 else BY_SIGNAL - code,
        stdout=pumps.stdout, stderr=pumps.stderr, timed_out=timed_out,
    )  # fmt: skip


@contextmanager
def starting(program: str) -> Iterator[None]:
    """Turn every OSError inside into an EngineError: `program`, of this machine, cannot be started.

    Raises:
        EngineError: As said.
    """
    try:
        yield
    except OSError as fault:
        raise EngineError(f'cannot run "{program}": {fault.strerror or fault}') from fault


class _Pumps:
    """Threads that carry input to the process and output away from it."""

    def __init__(
        self, order: Order, process: subprocess.Popen[bytes], end: Callable[[subprocess.Popen[bytes]], None]
    ) -> None:
        self._process, self._end, self._most = process, end, order.most_output_bytes
        self._taken: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.overflowed = False
        self._threads = [
            Thread(target=self._take, args=(name, stream), daemon=True)
            for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
            if stream is not None
        ]
        if process.stdin is not None:
            self._threads.append(Thread(target=self._give, args=(process.stdin, order.stdin), daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def stdout(self) -> bytes:
        return bytes(self._taken["stdout"])

    @property
    def stderr(self) -> bytes:
        return bytes(self._taken["stderr"])

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _take(self, name: str, stream: IO[bytes]) -> None:
        taken = self._taken[name]
        while chunk := stream.read1(CHUNK_BYTES):  # type: ignore[attr-defined]  # a BufferedReader, as Popen makes it
            if self.overflowed:
                continue
            if len(taken) + len(chunk) > self._most:
                self.overflowed = True
                # An engine may not end what cannot write: the rest is still taken, and thrown away.
                Thread(target=self._end, args=(self._process,), daemon=True).start()
                continue
            taken += chunk

    def _give(self, stream: IO[bytes], data: bytes) -> None:
        with suppress(BrokenPipeError):  # a program need not read
            stream.write(data)
        with suppress(BrokenPipeError):
            stream.close()


def _ends(process: subprocess.Popen[bytes], deadline: float | None) -> bool:
    try:
        process.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


@contextmanager
def _passing_on(order: Order, process: subprocess.Popen[bytes], pass_on: Signaller) -> Iterator[None]:
    """Give the signals that we get to the program, when it is why we are there at all."""
    if order.streams is Streams.captured or current_thread() is not main_thread():
        yield
        return

    def hand_over(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as signal.signal wants it
        pass_on(process, number)

    before = {number: signal.signal(number, hand_over) for number in PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
