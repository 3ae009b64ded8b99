"""Kills builds with SIGKILL at random moments, two at a time on one store: `make kill`, or `python -m tests.kill`.

Between the kills random parts of the store and of the outputs are taken away, so that every run has work to do.
After every hundred kills, and at the end, `bareboat store verify` must call the store sound, and builds that nobody
kills, into new folders and into those that others died over, must give the images of a build that was never disturbed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.kill.world import World, family, make_world, remove_some

LANES = 2
SHARED_OUT = "out-of-all"
KILLED = "killed"
_POLL_S = 0.001
_ALLOWED = {
    0: "finished before the kill",
    7: "lost what it needed under its feet",
    10: "lost the store's folder under its feet",
}


@dataclass
class Loop:
    """The runs of all lanes; `whole_s` is how long a build of everything takes from an empty store, in seconds.

    `halves` counts those who died over a file that was half written.
    """

    world: World
    seed: int
    whole_s: float
    outcomes: Counter[str] = field(default_factory=Counter)
    halves: int = 0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def round(self, number: int, kills: int) -> None:
        """Kill so many commands, as many at a time as there are lanes; each further lane may kill one more."""
        target = self.outcomes[KILLED] + kills
        threads = [
            threading.Thread(target=self._lane, args=(lane, random.Random(f"{self.seed}/{number}/{lane}"), target))
            for lane in range(LANES)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _lane(self, lane: int, chance: random.Random, target: int) -> None:
        try:
            while self.outcomes[KILLED] < target and not self.faults:
                self._empty(lane, chance)
                self._kill(self._start(lane, chance), chance)
        except Exception as fault:  # a lane that ends must not end unseen
            self.faults.append(f"lane {lane}: {fault!r}")
            raise

    def _empty(self, lane: int, chance: random.Random) -> None:
        """Take away something, so that there is work to do; the other lane goes on meanwhile."""
        store = self.world.store
        match chance.randrange(20):
            case 0:
                shutil.rmtree(store, ignore_errors=True)
            case 1 | 2 | 3:
                remove_some(store / "records", chance, 1.0)
            case 4 | 5 | 6:
                remove_some(store / "blobs", chance, chance.random() / 2)
            case 7 | 8 | 9:
                remove_some(store, chance, chance.random() / 4)
            case _:
                remove_some(store / "records" / "layer", chance, 0.7)
        if chance.random() < 0.5:
            shutil.rmtree(self.world.project.folder / f"out-{lane}", ignore_errors=True)

    def _start(self, lane: int, chance: random.Random) -> subprocess.Popen[str]:
        match chance.randrange(20):
            case 0:
                return self.world.start("store", "sweep", "--all")
            case 1:
                return self.world.start("store", "verify")
            case number:
                return self.world.build(SHARED_OUT if number % 3 == 0 else f"out-{lane}")

    def _kill(self, process: subprocess.Popen[str], chance: random.Random) -> None:
        """Kill at a random moment of the whole run, or of its writing, which is a small part of it."""
        members = {process.pid}
        deadline = time.monotonic() + chance.uniform(0.1, 0.9) * self.whole_s
        if chance.random() < 0.5:
            deadline = self._written(process, chance.randrange(1, 12), time.monotonic() + 3 * self.whole_s)
            deadline += chance.uniform(0, 0.003)
        try:
            _, said = process.communicate(timeout=max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            members = family(process.pid)
            process.kill()
            _, said = process.communicate()  # which ends when the last worker has ended too
        code = process.returncode
        outcome = KILLED if code == -9 else _ALLOWED.get(code, "wrong")
        with self.lock:
            self.outcomes[outcome] += 1
            self.halves += outcome == KILLED and bool(self.world.halves_of(members))
            if outcome == "wrong" or "Traceback" in said or "internal error" in said:
                self.faults.append(f"exit code {code}: {said.strip()}")

    def _written(self, process: subprocess.Popen[str], files: int, latest: float) -> float:
        """The moment when `process` was seen over so many `files`, or has ended; `latest` when neither comes."""
        seen: set[str] = set()
        while len(seen) < files and process.poll() is None and time.monotonic() < latest:
            seen |= self.world.halves_of(family(process.pid))
            time.sleep(_POLL_S)
        return time.monotonic()


def main() -> int:
    """The exit code: 0 when the store outlived everything."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="bareboat-kill-"))
    began = time.monotonic()
    try:
        loop, looks = _run(folder, asked.kills, asked.every, asked.seed)
    except AssertionError as fault:
        print(f"make kill: {fault}\nmake kill: what is left lies in {folder} (seed {asked.seed})", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    rest = ", ".join(f"{count} {what}" for what, count in sorted(loop.outcomes.items()) if what != KILLED)
    print(
        f"make kill: {loop.outcomes[KILLED]} of {loop.outcomes.total()} runs were killed, "
        f"{loop.halves} of them in the middle of a file ({rest or 'no others'}); "
        f"the store was sound and the images were the same all {looks} times; "
        f"seed {asked.seed}, {time.monotonic() - began:.0f} s"
    )
    return 0


def _run(folder: Path, kills: int, every: int, seed: int) -> tuple[Loop, int]:
    """Kill until `kills` runs are dead, and look after every so many; the loop, and how often it was looked."""
    world = make_world(folder / "world")
    expected = world.finished("undisturbed")
    shutil.rmtree(world.store)
    began = time.monotonic()
    if world.finished("again") != expected:
        raise AssertionError("two undisturbed builds differ")
    loop = Loop(world, seed, whole_s=time.monotonic() - began)
    looks = 0
    while (dead := loop.outcomes[KILLED]) < kills:
        loop.round(looks, min(every, kills - dead))
        looks += 1
        if loop.faults:
            raise AssertionError("\n".join(loop.faults))
        verdict = world.verified()
        for out in ("new", SHARED_OUT, *(f"out-{lane}" for lane in range(LANES))):
            if world.finished(out) != expected:
                raise AssertionError(f"{out} has other images than an undisturbed build")
        world.verified()
        shutil.rmtree(world.project.folder / "new")
        print(
            f"{loop.outcomes[KILLED]}/{kills} killed, {loop.halves} in the middle of a file; "
            f"they left {verdict['blobs']}, {len(list((world.store / 'tmp').iterdir()))} unfinished, and all is sound",
            flush=True,
        )
    return loop, looks


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("BAREBOAT_KILLS", "1000")))
    parser.add_argument("--every", type=int, default=100, help="look at the store after so many kills")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
