"""A sandbox by bubblewrap (bwrap), which many desktops have, and which some systems allow what they forbid to others.

bwrap(1); one user and one group exist in it, ours under the numbers of the image's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from bareboat.base.errors import EngineError
from bareboat.ship.running.process import Started, attend
from bareboat.ship.running.runner import Order, Outcome, Streams
from bareboat.ship.sandbox.plan import EMULATOR, HOST_NAME, Plan
from bareboat.ship.sandbox.terminal import own_terminal
from bareboat.store.limits import KIB
from bareboat.store.refusal import refusing

_MOST_REPORT_BYTES = 64 * KIB


class Bubblewrap:
    """bwrap at `program`."""

    name = "bubblewrap"
    owned = False

    def __init__(self, program: str) -> None:
        self._program = program

    def start(self, plan: Plan, order: Order) -> Outcome:
        """Run the program of `plan`; raises as `Runner.run`."""
        with ExitStack() as opened:
            with refusing("make a sandbox"):
                reading, writing = os.pipe()
            report = opened.enter_context(os.fdopen(reading, "rb", buffering=0))
            reported = opened.enter_context(os.fdopen(writing, "wb", buffering=0))
            words = opened.enter_context(_said(words_of(plan, reported.fileno())))
            os.set_blocking(reading, False)
            heard = _Heard(report.fileno())
            terminal, carry = None, None
            if order.streams is Streams.terminal:
                terminal, carry = opened.enter_context(own_terminal())
            outcome = attend(
                order,
                Started(
                    command=(self._program, "--args", str(words.fileno()), *_program(plan)),
                    env={}, descriptors=(words.fileno(), reported.fileno()), terminal=terminal, meanwhile=carry,
                    pass_on=heard.pass_on,
                ),
            )  # fmt: skip
            reported.close()
            if heard.first_process is None and not outcome.timed_out:
                raise EngineError(
                    f"cannot make a sandbox: {_last_line(outcome.stderr) or 'bwrap refuses'}",
                    hint="install docker.io or podman, or allow namespaces to everyone",
                )
        return outcome


class _Heard:
    """What bwrap says of its child on a pipe."""

    def __init__(self, report: int) -> None:
        self._report = report
        self._text = b""

    @property
    def first_process(self) -> int | None:
        """The id of the sandbox's first process as we see it; None as long as there is none."""
        with suppress(BlockingIOError):
            while len(self._text) < _MOST_REPORT_BYTES and (chunk := os.read(self._report, _MOST_REPORT_BYTES)):
                self._text += chunk
        for line in self._text.splitlines():
            with suppress(ValueError):
                if isinstance(number := json.loads(line).get("child-pid"), int):
                    return number
        return None

    def pass_on(self, process: subprocess.Popen[bytes], number: int) -> None:
        """Give a signal to the program: bwrap, and its first process, would keep it for themselves."""
        first = self.first_process
        programs = [] if first is None else list(_children(first))
        if not programs:
            with suppress(ProcessLookupError):
                process.send_signal(number if number in (signal.SIGINT, signal.SIGTERM) else signal.SIGTERM)
        for program in programs:
            with suppress(ProcessLookupError):
                os.kill(program, number)


def words_of(plan: Plan, report: int) -> Iterator[str]:
    """The options of bwrap; `report` is the open file that it reports to."""
    yield from ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    yield from () if plan.network else ("--unshare-net",)
    yield from ("--die-with-parent", "--uid", str(plan.account.uid), "--gid", str(plan.account.gid))
    yield from ("--cap-drop", "ALL", "--hostname", HOST_NAME)
    if plan.layer is not None:
        yield from ("--overlay-src", str(plan.root), "--overlay", f"{plan.layer}/upper", f"{plan.layer}/work", "/")
    else:
        yield from ("--bind" if plan.writable else "--ro-bind", str(plan.root), "/")
    # Who is root outside could else change the kernel's settings, which ask for a number and no capability.
    yield from ("--proc", plan.proc, "--ro-bind", "/proc/sys", f"{plan.proc}/sys", "--dev", plan.dev)
    for path in plan.tmpfs:
        yield from ("--perms", "1777", "--tmpfs", path)
    for bind in plan.binds:
        yield from ("--ro-bind" if bind.read_only else "--bind", str(bind.source), bind.target)
    if plan.emulation is not None:
        yield from ("--ro-bind", str(plan.emulation.program), f"{plan.dev}/{EMULATOR.rpartition('/')[2]}")
    yield from ("--clearenv", "--chdir", plan.workdir, "--json-status-fd", str(report))
    for name, value in plan.env.items():
        yield from ("--setenv", name, value)


def _program(plan: Plan) -> tuple[str, ...]:
    if plan.emulation is not None:
        return (EMULATOR, "-0", plan.words[0], *plan.direct)
    return (plan.program, *plan.words[1:])


def _said(words: Iterable[str]) -> BinaryIO:
    """Words in a file that only bwrap gets: a command line can be read by everybody, secrets in it too."""
    with refusing("make a sandbox"):
        file = os.fdopen(os.memfd_create("words"), "w+b")
        file.write(b"\0".join(os.fsencode(word) for word in words) + b"\0")
        file.seek(0)
    return file


def _children(process: int) -> Iterator[int]:
    """The ids of the children of a process; proc_pid_task(5), `children`."""
    with suppress(OSError):
        yield from map(int, Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split())


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("bwrap: ") if lines else ""
