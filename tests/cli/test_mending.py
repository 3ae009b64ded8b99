"""What was damaged or swept is had again, once, and what cannot be is told as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError, NotFoundError
from bareboat.base.observer import Silent
from bareboat.cli.mending import VanishedError, from_the_store, mended
from bareboat.store.blobs import DamagedError, read
from bareboat.store.disk import DiskStore

DATA = b"the bytes of an index"
DIGEST = Digest.of(DATA)


class Told(Silent):
    """Remembers the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    made = DiskStore(tmp_path / "cache")
    made.add([DATA])
    return made


def damage(store: DiskStore) -> None:
    place = store.place_of(DIGEST)
    place.chmod(0o644)
    place.write_bytes(b"x" * len(DATA))


def attempt(store: DiskStore) -> Callable[[], bytes]:
    """Work that has the index where it is missing, and reads it: as deciding does."""

    def run() -> bytes:
        if not store.has(DIGEST):
            store.add([DATA])
        return read(store, DIGEST)

    return run


def test_what_is_sound_is_asked_once(store: DiskStore) -> None:
    told = Told()
    assert mended(attempt(store), store, told) == DATA
    assert told.warnings == []


def test_a_damaged_index_is_had_again(store: DiskStore) -> None:
    damage(store)
    told = Told()
    assert mended(attempt(store), store, told) == DATA
    assert told.warnings == [f"the store in {store.folder} was damaged: 1 blobs were removed and are had again"]


def test_what_was_swept_is_had_again(store: DiskStore) -> None:
    turns = iter([lambda: store.place_of(DIGEST).unlink(), lambda: None])
    told = Told()

    def run() -> bytes:
        if not store.has(DIGEST):
            store.add([DATA])
        next(turns)()
        with from_the_store():
            return read(store, DIGEST)

    assert mended(run, store, told) == DATA
    assert told.warnings == [f'cannot find {DIGEST} in "{store.folder}" any more: it is had again']


@pytest.mark.parametrize(
    "error", [NotFoundError("no mirror has it"), DigestMismatchError("a mirror lies"), FormatError("no package")]
)
def test_what_the_network_or_a_package_does_is_not_blamed_on_the_store(store: DiskStore, error: BareboatError) -> None:
    def run() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        mended(run, store, Told())
    assert caught.value is error


@pytest.mark.parametrize("error", [FormatError("a damaged layout"), DigestMismatchError("other bytes")])
def test_what_is_wrong_though_the_store_is_sound_is_told_as_it_was(store: DiskStore, error: BareboatError) -> None:
    def run() -> None:
        with from_the_store(own_work=True):
            raise error

    with pytest.raises(type(error)) as caught:
        mended(run, store, Told())
    assert caught.value is error


def test_damage_that_comes_again_is_told(store: DiskStore) -> None:
    def run() -> bytes:
        store.add([DATA])
        damage(store)
        return read(store, DIGEST)

    with pytest.raises(DamagedError) as caught:
        mended(run, store, Told())
    assert caught.value.hint == "run `bareboat store verify`, which removes what is damaged"


def test_what_vanishes_again_is_told(store: DiskStore) -> None:
    store.discard(DIGEST)

    def run() -> bytes:
        with from_the_store():
            return read(store, DIGEST)

    with pytest.raises(VanishedError) as caught:
        mended(run, store, Told())
    assert (caught.value.exit_code, caught.value.hint) == (7, "does another run sweep the store? then try again")
