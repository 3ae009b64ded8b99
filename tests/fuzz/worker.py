"""One process that feeds changed inputs to targets, and says in shared memory what it is at.

The parent sees there when an input hangs, or kills the process, and which one it was.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import resource
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from tests.fuzz.minimise import minimised
from tests.fuzz.mutate import Mutator
from tests.fuzz.seeds import seeds_of
from tests.fuzz.targets import TARGETS, Fault, Target, fault_of
from tests.fuzz.tokens import TOKENS

MIB = 1 << 20
MOST_MEMORY = 1024 * MIB
"""What a process may use besides what it has when it begins; more is a fault."""

MOST_GROWTH = 256 * MIB
"""How much the inputs of one batch may leave behind."""

_HEAD = struct.Struct("<QQQQ")
_MOST_INPUT = 1 << 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs `first` up to `size` of the batch `number` of a target."""

    target: str
    number: int
    size: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that is over: how many inputs, how long, the slowest one, and the most memory so far."""

    batch: Batch
    inputs: int
    seconds: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, and the file with the input that shows it."""

    target: str
    fault: Fault
    file: str


class Board:
    """Shared memory: how many inputs were begun, which batch and position, and the input itself."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEAD.size + _MOST_INPUT)
        self._begun = 0

    def begin(self, batch: int, position: int, data: bytes) -> None:
        """Say what comes next."""
        self._begun += 1
        kept = data[:_MOST_INPUT]
        self._memory[_HEAD.size : _HEAD.size + len(kept)] = kept
        _HEAD.pack_into(self._memory, 0, self._begun, batch, position, len(kept))

    def read(self) -> tuple[int, int, int, bytes]:
        """How many were begun, the position in the list of batches and in the batch, and the input."""
        begun, batch, position, size = _HEAD.unpack_from(self._memory, 0)
        return begun, batch, position, bytes(self._memory[_HEAD.size : _HEAD.size + size])


def inputs_of(batch: Batch, seed: int) -> tuple[Target, Callable[[], bytes]]:
    """The target of a batch, and what gives its inputs one by one; the same ones each time."""
    target = TARGETS[batch.target]
    random = Random(f"{seed} {batch.target} {batch.number}")
    mutator = Mutator(seeds_of(batch.target), TOKENS[batch.target], target.most_bytes, random)
    mend = target.mend

    def following() -> bytes:
        data = mutator.next()
        if mend is not None and data and data[0] & 7:
            mend(data)
        return bytes(data)

    return target, following


def work(batches: Sequence[Batch], seed: int, board: Board, reports: Connection, folder: Path) -> None:
    """Go through `batches`; every fault is made small, written into `folder` and reported once."""
    _limit_memory()
    told: set[tuple[str, str]] = set()
    for at, batch in enumerate(batches):
        target, following = inputs_of(batch, seed)
        for _ in range(batch.first):
            following()
        before = _memory()
        began = last = time.perf_counter()
        slowest = 0.0
        for position in range(batch.first, batch.size):
            data = following()
            board.begin(at, position, data)
            fault = fault_of(target, data)
            now = time.perf_counter()
            slowest, last = max(slowest, now - last), now
            if fault is not None and (target.name, fault.id) not in told:
                told.add((target.name, fault.id))
                reports.send(_small(target, data, fault, folder, lambda: board.begin(at, position, data)))  # noqa: B023
        if _memory() - before > MOST_GROWTH:
            fault = Fault("Growth", f"batch {batch.number}", f"{_memory() - before} bytes more are in use")
            reports.send(Found(target.name, fault, ""))
        reports.send(Done(batch, batch.size - batch.first, time.perf_counter() - began, slowest))


def write_input(folder: Path, target: str, fault: Fault, data: bytes) -> str:
    """Write `data` where somebody can look at it; the name tells target and fault."""
    folder.joinpath(target).mkdir(parents=True, exist_ok=True)
    file = folder / target / f"{fault.kind}-{hashlib.sha256(fault.id.encode() + data).hexdigest()[:12]}"
    file.write_bytes(data)
    return str(file)


def _small(target: Target, data: bytes, fault: Fault, folder: Path, sign: Callable[[], None]) -> Found:
    def shows(part: bytes) -> bool:
        sign()
        found = fault_of(target, part)
        return found is not None and found.id == fault.id

    return Found(target.name, fault, write_input(folder, target.name, fault, minimised(data, shows)))


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _memory() -> int:
    """Bytes that this process holds in memory now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
