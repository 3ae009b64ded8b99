"""The fuzzer itself: it makes the same inputs again, and sees what it is there to see."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from bareboat.base.errors import FormatError, InternalError
from tests.fuzz import mend, run
from tests.fuzz.minimise import minimised
from tests.fuzz.mutate import Mutator
from tests.fuzz.targets import TARGETS, Target, fault_of
from tests.fuzz.worker import Batch, inputs_of
from tests.makers import deb

SEEDS = (b"Package: a\nVersion: 1\n", b"\x00\x01\x02\x03" * 8)


def mutator(seed: int = 1, most_bytes: int = 100) -> Mutator:
    return Mutator(SEEDS, (b"token",), most_bytes, Random(seed))


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, second, other = mutator(), mutator(), mutator(2)
    ours = [first.next() for _ in range(500)]
    assert ours == [second.next() for _ in range(500)]
    assert ours != [other.next() for _ in range(500)]
    assert len({bytes(data) for data in ours}) > 350
    assert max(map(len, ours)) <= 100


def test_inputs_of_a_batch_are_the_same_wherever_it_begins_again() -> None:
    _, whole = inputs_of(Batch("tar", 3, 10), seed=5)
    _, again = inputs_of(Batch("tar", 3, 10), seed=5)
    assert [whole() for _ in range(10)] == [again() for _ in range(10)]


def test_inputs_are_shared_evenly() -> None:
    batches = run.batches_of(["a", "b", "c"], 10_001)
    sizes = {name: sum(batch.size for batch in batches if batch.target == name) for name in "abc"}
    assert sizes == {"a": 3334, "b": 3334, "c": 3333}
    assert max(batch.size for batch in batches) == run.BATCH


def test_a_mended_tar_has_sound_checksums_again() -> None:
    data = bytearray(deb.tar([deb.file("a", b"x"), deb.file("b")]))
    sound = bytes(data)
    data[0:3] = b"new"
    mend.tar(data)
    assert fault_of(TARGETS["tar"], bytes(data)) is None
    data[0:3] = sound[0:3]
    mend.tar(data)
    assert int(data[148:154], 8) == int(sound[148:154], 8)


def test_a_mended_package_has_sound_sizes_again() -> None:
    data = bytearray(deb.make_deb("a", compression="none"))
    at = data.index(b"control.tar")
    data[at + 60 : at + 60] = bytes(512 + (1 - len(data)) % 4)  # of a length for which sizes are mended
    mend.ar_of_tars(data)
    following = at + 60 + int(data[at + 48 : at + 58])
    assert data[following : following + 8] == b"data.tar"


def raising(error: BaseException) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        if b"!" in data:
            raise error

    return read


@pytest.mark.parametrize(
    "error", [ValueError("x"), RecursionError("x"), MemoryError(), InternalError("x"), BaseException()]
)
def test_everything_but_a_refusal_is_a_fault(error: BaseException) -> None:
    fault = fault_of(Target(name="x", read=raising(error)), b"!")
    assert fault is not None
    assert fault.kind == type(error).__name__


def test_a_refusal_is_no_fault() -> None:
    assert fault_of(Target(name="x", read=raising(FormatError("x"))), b"!") is None


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_who_is_interrupted_stops(kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        fault_of(Target(name="x", read=raising(kind())), b"!")


def test_an_input_is_made_as_small_as_its_fault() -> None:
    assert minimised(b"abc" * 50 + b"!" + b"def" * 70, lambda data: b"!" in data) == b"!"


def endless(data: bytes) -> None:
    if data[:1] == b"1":
        while True:
            pass


def deadly(data: bytes) -> None:
    if data[:1] == b"1":
        os._exit(3)


def greedy(data: bytes) -> None:
    if data[:1] == b"1":
        bytearray(8 << 30)


@pytest.mark.parametrize(("read", "kind"), [(endless, "Hang"), (deadly, "Death"), (greedy, "MemoryError")])
def test_what_stops_a_process_is_found_with_its_input(
    read: Callable[[bytes], None], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The process goes on behind it, so that one fault does not hide the others."""
    monkeypatch.setattr(run, "LONGEST_S", 0.5)
    monkeypatch.setattr("tests.fuzz.worker.TARGETS", {"version": Target(name="version", read=read, most_bytes=8)})
    monkeypatch.setattr("tests.fuzz.worker.seeds_of", lambda _: (b"1.0", b"2.0"))
    assert run.run(["version"], inputs=8, seed=1, jobs=1, folder=tmp_path) == 1
    files = list((tmp_path / "version").iterdir())
    assert {file.name.partition("-")[0] for file in files} == {kind}
    assert {file.read_bytes()[:1] for file in files} == {b"1"}
    assert "seed 1: 1 fault, the inputs are in " in capsys.readouterr().out


def test_a_sound_parser_ends_with_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--inputs", "40", "--jobs", "2", "--targets", "version", "md5sums", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] in (
        list(pair) for pair in itertools.permutations([["version", "20"], ["md5sums", "20"]])
    )
    assert lines[-1].startswith("40 inputs in ")
    assert lines[-1].endswith("seed 1: no fault")
