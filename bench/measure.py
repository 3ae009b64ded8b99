"""Running a command and seeing what it took: wall and processor time in seconds, memory at its peak in bytes."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.family import Family


class FailedError(Exception):
    """A measured command failed, so its time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: seconds by the clock, seconds of processors in it and its children, bytes of all its processes."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Several runs of one command."""

    name: str
    samples: tuple[Sample, ...]
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def wall_s(self) -> float:
        """The median of the clock."""
        return statistics.median(sample.wall_s for sample in self.samples)

    @property
    def spread_s(self) -> tuple[float, float]:
        """The quickest and the slowest run."""
        walls = [sample.wall_s for sample in self.samples]
        return min(walls), max(walls)

    @property
    def cpu_s(self) -> float:
        """The median of processor time."""
        return statistics.median(sample.cpu_s for sample in self.samples)

    @property
    def peak_bytes(self) -> int:
        """The most memory that any run took."""
        return max(sample.peak_bytes for sample in self.samples)

    def to_document(self) -> dict[str, object]:
        """This as JSON."""
        return {
            "name": self.name,
            "wall_s": round(self.wall_s, 4),
            "spread_s": [round(value, 4) for value in self.spread_s],
            "cpu_s": round(self.cpu_s, 4),
            "peak_bytes": self.peak_bytes,
            "samples": [[round(s.wall_s, 4), round(s.cpu_s, 4), s.peak_bytes] for s in self.samples],
            **self.notes,
        }


def run(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Sample:
    """Run `command` once; its output goes into a file that is shown when it fails.

    Raises:
        FailedError: When its exit status is not zero.
    """
    said = cwd / "said.txt"
    arguments = [str(word) for word in command]
    with said.open("wb") as output:
        began = time.perf_counter()
        actions = [
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
        ]
        here = Path.cwd()
        os.chdir(cwd)  # posix_spawn has no folder of its own
        try:
            there = {**os.environ, **(environment or {})}
            child = os.posix_spawnp(arguments[0], arguments, there, file_actions=actions)
        finally:
            os.chdir(here)
        with Family(child) as family:
            _, status, used = os.wait4(child, 0)
            wall = time.perf_counter() - began
    if status != 0:
        shown = said.read_text(errors="replace")[-2000:]
        raise FailedError(f"{' '.join(arguments)[:300]}: status {os.waitstatus_to_exitcode(status)}\n{shown}")
    most = max(used.ru_maxrss << 10, family.peak_bytes)  # a short run ends before anybody looks
    return Sample(wall_s=wall, cpu_s=used.ru_utime + used.ru_stime, peak_bytes=most)


def alternate(
    runs: int, contestants: Mapping[str, Callable[[], Sample]], *, warm_up: bool = True
) -> dict[str, Figure]:
    """Run all contestants `runs` times, one after the other in turn, so that a slow minute hits each of them."""
    if warm_up:
        for contestant in contestants.values():
            contestant()
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, contestant in contestants.items():
            samples[name].append(contestant())
    return {name: Figure(name=name, samples=tuple(found)) for name, found in samples.items()}
