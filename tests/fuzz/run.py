"""Feeds changed inputs to every parser in bulk, and says what is not refused as it should be.

    python -m tests.fuzz.run --inputs 1000000 --seed 7 --jobs 2 --targets tar deb

The same seed gives the same inputs, whatever the number of processes.
Faults are written, made small, into `--out`; the exit code is 1 when there are any.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.fuzz.targets import TARGETS, Fault
from tests.fuzz.worker import Batch, Board, Done, Found, work, write_input

BATCH = 2000
LONGEST_S = 20.0
"""How much time of a processor one input may take; a target needs less than a millisecond."""

LONGEST_WAIT_S = 3600.0
"""How long it may take by the clock: a process may be stopped for a while by somebody else."""

_FORK = multiprocessing.get_context("fork")


@dataclass(slots=True)
class _Tally:
    """What is known of one target so far."""

    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    faults: dict[str, Found] = field(default_factory=dict)


class _Hand:
    """A process with the batches that are left to it; begun again behind an input that it did not outlive."""

    def __init__(self, batches: Sequence[Batch], seed: int, folder: Path) -> None:
        self._batches = list(batches)
        self._seed = seed
        self._folder = folder
        self._begin()

    def _begin(self) -> None:
        self._board = Board()
        self.reports: Connection
        self.reports, theirs = _FORK.Pipe(duplex=False)
        arguments = (self._batches, self._seed, self._board, theirs, self._folder)
        self._process: BaseProcess = _FORK.Process(target=work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._begun, self._since, self._used = -1, time.monotonic(), 0.0

    @property
    def is_done(self) -> bool:
        return not self._process.is_alive() and self._process.exitcode == 0

    def look(self) -> Found | None:
        """What stopped the process, if anything did; it goes on behind that."""
        begun = self._board.read()[0]
        if begun != self._begun:
            self._begun, self._since, self._used = begun, time.monotonic(), self._cpu_seconds()
        if self._process.is_alive():
            used, waited = self._cpu_seconds() - self._used, time.monotonic() - self._since
            if used < LONGEST_S and waited < LONGEST_WAIT_S:
                return None
            self._process.kill()
            self._process.join()
            return self._stopped(Fault("Hang", "", f"takes longer than {LONGEST_S:g} s"))
        if self._process.exitcode == 0:
            return None
        code = self._process.exitcode or 0
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return self._stopped(Fault("Death", name, f"ends the process: {name}"))

    def _cpu_seconds(self) -> float:
        """proc(5), `/proc/pid/stat`: user and system time are the fields 14 and 15."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _stopped(self, fault: Fault) -> Found:
        _, at, position, data = self._board.read()
        batch = self._batches[at]
        file = write_input(self._folder, batch.target, fault, data)
        self._batches = [replace(batch, first=position + 1), *self._batches[at + 1 :]]
        self._begin()
        return Found(batch.target, fault, file)


def batches_of(names: Sequence[str], inputs: int) -> list[Batch]:
    """`inputs` shared evenly among the targets, in batches."""
    share, rest = divmod(inputs, len(names))
    batches = []
    for place, name in enumerate(names):
        left = share + (place < rest)
        for number in range(-(-left // BATCH)):
            batches.append(Batch(name, number, min(BATCH, left - number * BATCH)))
    return batches


def run(names: Sequence[str], inputs: int, seed: int, jobs: int, folder: Path) -> int:
    """Feed `inputs` to the targets `names` and print what came of it; how many faults there are."""
    batches = batches_of(names, inputs)
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    hands = [_Hand(batches[job::jobs], seed, folder) for job in range(jobs)]
    open_batches = {name: sum(batch.target == name for batch in batches) for name in names}
    began = time.monotonic()
    print(f"{'target':<14}{'inputs':>10}{'each second':>13}{'slowest':>10}  faults", flush=True)
    while hands:
        for hand in list(hands):
            is_done = hand.is_done
            while hand.reports.poll(0.02):
                try:
                    report = hand.reports.recv()
                except EOFError:
                    break
                _take(report, tallies, open_batches)
            stopped = hand.look()
            if stopped is not None:
                _take(stopped, tallies, open_batches)
            elif is_done:
                hands.remove(hand)
    seconds = time.monotonic() - began
    faults = sum(len(tally.faults) for tally in tallies.values())
    total = sum(tally.inputs for tally in tallies.values())
    what = f"{faults} fault{'s' * (faults != 1)}, the inputs are in {folder}" if faults else "no fault"
    print(f"{total:,} inputs in {seconds:.0f} s, {total / seconds:,.0f} each second, seed {seed}: {what}")
    return faults


def _take(report: Done | Found, tallies: dict[str, _Tally], open_batches: dict[str, int]) -> None:
    if isinstance(report, Found):
        tally = tallies[report.target]
        if report.fault.id not in tally.faults:
            tally.faults[report.fault.id] = report
            print(f"  {report.target}: {report.fault.id}: {report.fault.message}\n    {report.file}", flush=True)
        return
    name = report.batch.target
    tally = tallies[name]
    tally.inputs += report.inputs
    tally.seconds += report.seconds
    tally.slowest = max(tally.slowest, report.slowest)
    open_batches[name] -= 1
    if not open_batches[name]:
        rate = tally.inputs / max(tally.seconds, 1e-9)
        print(f"{name:<14}{tally.inputs:>10,}{rate:>13,.0f}{tally.slowest:>8.2f} s  {len(tally.faults)}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=10_000_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="another number gives other inputs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    parser.add_argument("--targets", nargs="+", choices=sorted(TARGETS), default=list(TARGETS), metavar="TARGET")
    parser.add_argument("--out", type=Path, default=Path(".fuzz"), help="where inputs that show a fault go")
    said = parser.parse_args(arguments)
    return 1 if run(said.targets, said.inputs, said.seed, said.jobs, said.out) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
