"""What an engine refuses is told as what it is: the order's fault, or the engine's; and what is asked to end, ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from threading import Event

import pytest

from bareboat.base.errors import BareboatError, EngineError, UsageError
from bareboat.oci.descriptor import Platform
from bareboat.ship.engines.command_line import Client, EngineRunner
from bareboat.ship.engines.stopping import Stopping
from bareboat.ship.running.runner import Order, Streams
from tests.makers.box import box_layout, order_of

RLIMIT = "runc create failed: unable to start container process: error setting rlimit type 7: operation not permitted"


def engine(folder: Path, start: str, state: dict[str, object], prepare: str | None = None) -> EngineRunner:
    """An engine that makes containers and cannot start them, as its command line tells it."""
    program = folder / "engine"
    program.write_text(
        f"#!/bin/sh\necho $1 >> {folder}/calls\n"
        f"case $1 in\nstart) echo '{start}' >&2; exit 126;;\ninit) echo '{start}' >&2; exit 126;;\n"
        f"inspect) echo '{json.dumps(state)}';;\nesac\n"
    )
    program.chmod(0o755)
    client = Client(name="podman", words=(str(program),), prepare=prepare, local=False)
    return EngineRunner(client, lambda pieces: sum(map(len, pieces)), Platform.parse("linux/amd64"))


@pytest.mark.parametrize("streams", [Streams.captured, Streams.shared])
def test_an_engine_that_cannot_start_containers_is_told_with_its_reason(tmp_path: Path, streams: Streams) -> None:
    runner = engine(tmp_path, f"Error: {RLIMIT}", {"Status": "created"}, prepare="init")

    with pytest.raises(EngineError) as refused:
        runner.run(order_of(box_layout(tmp_path / "out"), streams=streams))

    assert refused.value.message == f"podman: cannot start a container of box: Error: {RLIMIT}"
    assert refused.value.hint == "--engine sandbox runs it without an engine"
    assert (tmp_path / "calls").read_text().split()[-1] == "rm"


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ('runc create failed: unable to start container process: exec: "/x": stat /x: no such file', UsageError),
        ("crun: executable file `/x` not found: No such file or directory", UsageError),
        ("unable to find user postgres: no matching entries in passwd file", UsageError),
        (RLIMIT, EngineError),
        ("crun: mount proc to proc: Operation not permitted", EngineError),
        ("open exec fifo: no such file or directory", EngineError),
    ],
)
def test_whose_fault_it_is_is_read_from_the_reason(
    tmp_path: Path, reason: str, fault: type[BareboatError]
) -> None:
    runner = engine(tmp_path, "", {"Status": "created", "Error": reason})

    with pytest.raises(BareboatError) as refused:
        runner.run(order_of(box_layout(tmp_path / "out")))

    assert type(refused.value) is fault
    assert reason in refused.value.message


def test_no_terminal_is_given_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    runner = engine(tmp_path, "", {})
    order = order_of(box_layout(tmp_path / "out"), streams=Streams.terminal)

    for refused in (runner.prepare, runner.run):
        with pytest.raises(UsageError, match="cannot give a terminal: the standard input is none"):
            refused(order)
    assert not (tmp_path / "calls").exists()


def order(tmp_path: Path, streams: Streams) -> Order:
    return order_of(box_layout(tmp_path / "out"), streams=streams)


def test_a_program_that_does_not_hear_is_killed_after_its_time(tmp_path: Path) -> None:
    sent: list[int] = []
    killed = Event()
    stopping = Stopping(order(tmp_path, Streams.shared), sent.append, killed.set, grace_s=0)

    stopping.take(signal.SIGTERM)

    assert killed.wait(60)
    stopping.close()
    assert (sent, stopping.exit_code(137), stopping.exit_code(7)) == ([signal.SIGTERM], 143, 7)


def test_who_asks_twice_has_it_killed_at_once(tmp_path: Path) -> None:
    done: list[object] = []
    stopping = Stopping(order(tmp_path, Streams.shared), done.append, lambda: done.append("killed"), grace_s=3600)

    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM):
        stopping.take(number)
    stopping.close()

    assert done == [signal.SIGUSR1, signal.SIGTERM, "killed"]


def test_what_ends_in_time_is_not_killed(tmp_path: Path) -> None:
    done: list[object] = []
    stopping = Stopping(order(tmp_path, Streams.shared), done.append, lambda: done.append("killed"), grace_s=3600)

    stopping.take(signal.SIGTERM)
    stopping.close()

    assert (done, stopping.exit_code(137)) == ([signal.SIGTERM], 137)


def test_a_key_is_a_key_for_who_has_our_input(tmp_path: Path) -> None:
    done: list[object] = []
    stopping = Stopping(order(tmp_path, Streams.interactive), done.append, lambda: done.append("killed"), grace_s=0)

    for _ in range(3):
        stopping.take(signal.SIGINT)
    stopping.close()

    assert done == [signal.SIGINT] * 3
