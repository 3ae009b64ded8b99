"""Workers are processes: they bring what threads bring, their faults are told, and none of them outlives its parent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.errors import FormatError
from bareboat.make import contribute as contributing
from bareboat.make.contribution import Contribution, Treatment
from bareboat.make.crew import Crew
from bareboat.make.forked_crew import ForkedCrew
from bareboat.make.part import PackagePart
from bareboat.store.disk import DiskStore
from tests.makers.bench import Bench

NAMES = ("one", "two", "three", "four", "five")


def noise(name: str) -> bytes:
    """A quarter of a mebibyte that no compressor makes smaller, so that processes are worth it."""
    return random.Random(name).randbytes(1 << 18)


def parts(bench: Bench) -> list[PackagePart]:
    packages = [bench.package(name, files={f"/usr/share/{name}": noise(name)}) for name in NAMES]
    return [PackagePart(package=package, treatment=Treatment()) for package in packages]


def brought(folder: Path, crew: type[Crew | ForkedCrew]) -> list[Contribution]:
    bench = Bench(store=DiskStore(folder))
    wanted = parts(bench)
    with crew(bench.workshop, 2) as hands:
        hands.begin(wanted)
        return hands.bring(wanted)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], set[int]]:
    """The processes that worked a contribution out, by their marks."""
    work = contributing.unpack
    marks = tmp_path / "marks"
    marks.mkdir()

    def marked(*arguments):
        (marks / str(os.getpid())).touch()
        return work(*arguments)

    monkeypatch.setattr(contributing, "unpack", marked)
    return lambda: {int(mark.name) for mark in marks.iterdir()}


def test_processes_bring_what_threads_bring(tmp_path: Path, workers: Callable[[], set[int]]) -> None:
    by_processes = brought(tmp_path / "processes", ForkedCrew)

    assert workers()
    assert os.getpid() not in workers()
    assert by_processes == brought(tmp_path / "threads", Crew)


def test_a_little_work_starts_no_process(tmp_path: Path, workers: Callable[[], set[int]]) -> None:
    bench = Bench(store=DiskStore(tmp_path / "store"))
    small = PackagePart(package=bench.package("small", files={"/usr/bin/small": "hi"}), treatment=Treatment())
    with ForkedCrew(bench.workshop, 2) as hands:
        hands.begin([small])
        (found,) = hands.bring([small])

    assert found.package == "small"
    assert workers() == {os.getpid()}


def test_the_fault_of_a_package_is_told_as_threads_tell_it(tmp_path: Path) -> None:
    bench = Bench(store=DiskStore(tmp_path))
    good = parts(bench)
    bad = PackagePart(package=bench.locked("broken", b"!<arch>\n" + noise("broken")), treatment=Treatment())

    with ForkedCrew(bench.workshop, 2) as hands:
        hands.begin([*good, bad])
        with pytest.raises(FormatError, match="broken"):
            hands.bring([*good, bad])


def test_what_a_worker_that_was_killed_leaves_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = contributing.unpack
    here = os.getpid()

    def deadly(*arguments):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments)

    monkeypatch.setattr(contributing, "unpack", deadly)
    assert [one.package for one in brought(tmp_path, ForkedCrew)] == list(NAMES)


PARENT = """
import os, sys, time
from pathlib import Path
from bareboat.make import contribute as contributing
from bareboat.make.forked_crew import ForkedCrew
from bareboat.store.disk import DiskStore
from tests.make.test_forked_crew import parts
from tests.makers.bench import Bench

def endless(*arguments):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(600)

contributing.unpack = endless
bench = Bench(store=DiskStore(Path(sys.argv[1])))
with ForkedCrew(bench.workshop, 2) as hands:
    hands.begin(parts(bench))
    time.sleep(600)
"""


def test_no_worker_outlives_its_parent(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        assert len({*workers, parent.pid}) == 3
        parent.kill()
        # The pipe ends when the last process that holds it has ended: without that, this would wait for minutes.
        assert parent.stdout.read() == ""

