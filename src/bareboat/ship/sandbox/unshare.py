"""A sandbox by the kernel's namespaces alone, made by `launcher.py`: nothing has to be installed."""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from bareboat.base.errors import EngineError, UsageError
from bareboat.ship.running.process import Started, attend
from bareboat.ship.running.runner import Order, Outcome, Streams
from bareboat.ship.sandbox import launcher
from bareboat.ship.sandbox.plan import HOST_NAME, Plan
from bareboat.ship.sandbox.terminal import own_terminal
from bareboat.store.refusal import refusing

HINT = (
    "install docker.io, podman or bubblewrap; or allow namespaces to everyone: "
    "sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"
)
_FAILED = "failed "
_START = "start "


class Unshare:
    """Namespaces, by our own launcher."""

    name = "unshare"

    @property
    def owned(self) -> bool:
        """Whether files of the image may keep their owners: for root, whose every id has a number in the sandbox."""
        return os.geteuid() == 0

    def start(self, plan: Plan, order: Order) -> Outcome:
        """Run the program of `plan`; raises as `Runner.run`."""
        with ExitStack() as opened:
            with refusing("make a sandbox"):
                said = opened.enter_context(os.fdopen(os.memfd_create("plan"), "w+b"))
                said.write(marshal.dumps(document_of(plan)))
                said.seek(0)
                reading, writing = os.pipe()
            report = opened.enter_context(os.fdopen(reading, "rb"))
            reported = opened.enter_context(os.fdopen(writing, "wb"))
            terminal, carry = None, None
            if order.streams is Streams.terminal:
                terminal, carry = opened.enter_context(own_terminal())
            descriptors = (said.fileno(), reported.fileno())
            outcome = attend(
                order,
                Started(
                    command=(sys.executable, "-I", "-S", _script(), *map(str, descriptors)),
                    env=_environment(), descriptors=descriptors, terminal=terminal, meanwhile=carry,
                ),
            )  # fmt: skip
            reported.close()
            _check(report.read(), order, outcome)
        return outcome


def _environment() -> dict[str, str]:
    """What the launcher needs of ours; the rest is not for a sandbox's first process, which others there can see."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}


def _script() -> str:
    """The launcher, compiled already where that is kept."""
    cached: str | None = getattr(launcher, "__cached__", None)
    return cached if cached and Path(cached).is_file() else launcher.__file__


def document_of(plan: Plan) -> dict[str, object]:
    """`plan` as the launcher reads it."""
    emulation = plan.emulation
    return {
        "root": str(plan.root),
        "program": plan.program,
        "words": list(plan.words),
        "direct": list(plan.direct),
        "env": dict(plan.env),
        "workdir": plan.workdir,
        "uid": plan.account.uid,
        "gid": plan.account.gid,
        "groups": list(plan.account.groups),
        "owned": plan.owned,
        "proc": plan.proc,
        "dev": plan.dev,
        "binds": [[str(bind.source), bind.target, bind.read_only] for bind in plan.binds],
        "tmpfs": list(plan.tmpfs),
        "layer": None if plan.layer is None else str(plan.layer),
        "writable": plan.writable,
        "network": plan.network,
        "terminal": plan.terminal,
        "host": HOST_NAME,
        "emulator": None if emulation is None else {
            "program": str(emulation.program),
            "magic": emulation.binfmt.magic.hex(),
            "mask": emulation.binfmt.mask.hex(),
        },
    }  # fmt: skip


def _check(report: bytes, order: Order, outcome: Outcome) -> None:
    """Refuse when the launcher says that the program was never started.

    Raises:
        UsageError: When it is the program that cannot be started.
        EngineError: When there can be no sandbox.
    """
    lines = report.decode("utf-8", "replace").splitlines()
    failed = next((line.removeprefix(_FAILED) for line in lines if line.startswith(_FAILED)), None)
    if failed is not None and failed.startswith(_START):
        raise UsageError(f"{order.name}: cannot {failed}")
    if failed is not None:
        raise EngineError(f"cannot make a sandbox: {failed}", hint=HINT)
    if not lines and not outcome.timed_out and outcome.exit_code == 1:
        raise EngineError("cannot make a sandbox: its launcher ended", hint=HINT)
