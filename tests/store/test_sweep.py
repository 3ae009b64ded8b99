from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore
from bareboat.store.sweep import Amount, Status, status, sweep

HOUR_S = 3600


class Clock:
    """A clock that is set by hand, and files that believe it."""

    def __init__(self, folder: Path) -> None:
        self.time = DiskStore(folder).now()

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> DiskStore:
    return DiskStore(tmp_path / "cache", now=clock)


def test_an_empty_store_has_nothing(store: DiskStore) -> None:
    assert status(store) == sweep(store, (), 0) == Status()


def test_the_status_counts_a_blob_with_two_names_once(store: DiskStore) -> None:
    store.add([b"12345"], expected=Digest.of(b"12345", "sha512"))
    store.add([b"123"])
    store.put("tree", Digest.of(b""), b"")
    found = status(store)
    assert (found.blobs, found.records.count, found.unfinished) == (Amount(count=2, bytes=8), 1, Amount())


def test_what_was_not_used_for_a_while_is_freed(store: DiskStore, clock: Clock) -> None:
    old = store.add([b"old"])
    store.put("tree", old, b"derived")
    clock.time += 10 * HOUR_S
    used, kept = store.add([b"used"]), store.add([b"kept"])
    clock.time += 10 * HOUR_S
    assert store.has(used)
    freed = sweep(store, {kept}, older_than_s=5 * HOUR_S)
    assert freed.blobs == Amount(count=1, bytes=3)
    assert freed.records.count == 1
    assert list(store.digests()) == sorted([used, kept])
    assert store.get("tree", old) is None


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_what_is_kept_may_be_named_by_any_of_its_digests(store: DiskStore, clock: Clock, algorithm: str) -> None:
    name = Digest.of(b"kept", "sha512")
    kept = store.add([b"kept"], expected=name)
    clock.time += 10 * HOUR_S
    assert sweep(store, {Digest.of(b"kept", algorithm)}, older_than_s=0) == Status()
    assert (store.has(kept), store.has(name)) == (True, True)


def test_a_name_goes_with_its_bytes(store: DiskStore, clock: Clock) -> None:
    store.add([b"old"], expected=Digest.of(b"old", "sha512"))
    clock.time += 10 * HOUR_S
    sweep(store, (), older_than_s=HOUR_S)
    assert list(store.folder.rglob("blobs/*/??/*")) == []


@pytest.mark.parametrize("use", ["has", "open", "size", "path", "add", "get"])
def test_every_use_keeps_it_from_being_swept(store: DiskStore, clock: Clock, use: str) -> None:
    digest = store.add([b"used"])
    store.put("tree", digest, b"derived")
    clock.time += 10 * HOUR_S
    if use == "add":
        store.add([b"used"])
    elif use == "open":
        store.open(digest).close()
    elif use == "get":
        store.get("tree", digest)
    else:
        getattr(store, use)(digest)
    freed = sweep(store, (), older_than_s=HOUR_S)
    assert (freed.blobs.count, freed.records.count) == ((1, 0) if use == "get" else (0, 1))
