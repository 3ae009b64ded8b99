from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.store.census import Amount, Holdings, status
from bareboat.store.disk import DiskStore
from bareboat.store.soundness import verify
from bareboat.store.sweep import sweep

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


def test_what_was_not_used_for_a_while_is_freed(store: DiskStore, clock: Clock) -> None:
    old = store.add([b"old"])
    store.put("tree", old, b"derived")
    clock.time += 10 * HOUR_S
    used, kept = store.add([b"used"]), store.add([b"kept"])
    clock.time += 10 * HOUR_S
    assert store.has(used)
    freed = sweep(store, {kept}, older_than_s=5 * HOUR_S)
    assert freed.blobs == {"files": Amount(count=1, bytes=3)}
    assert freed.all_records.count == 1
    assert list(store.digests()) == sorted([used, kept])
    assert store.get("tree", old) is None


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_what_is_kept_may_be_named_by_any_of_its_digests(store: DiskStore, clock: Clock, algorithm: str) -> None:
    name = Digest.of(b"kept", "sha512")
    kept = store.add([b"kept"], expected=name)
    clock.time += 10 * HOUR_S
    assert sweep(store, {Digest.of(b"kept", algorithm)}, older_than_s=0) == Holdings()
    assert (store.has(kept), store.has(name)) == (True, True)


def test_a_name_goes_with_its_bytes(store: DiskStore, clock: Clock) -> None:
    store.add([b"old"], expected=Digest.of(b"old", "sha512"))
    clock.time += 10 * HOUR_S
    sweep(store, (), older_than_s=HOUR_S)
    assert list(store.folder.rglob("blobs/*/??/*")) == []


def test_looking_is_no_use(store: DiskStore, clock: Clock) -> None:
    digest = store.add([b"looked at"])
    store.put("tree", digest, b"derived")
    clock.time += 10 * HOUR_S
    assert verify(store, workers=1).is_sound
    assert status(store).newest_use is not None
    assert sweep(store, (), older_than_s=HOUR_S).everything.count == 2


def test_a_dry_run_counts_and_leaves(store: DiskStore, clock: Clock) -> None:
    digest = store.add([b"old"], expected=Digest.of(b"old", "sha512"))
    clock.time += 10 * HOUR_S
    would = sweep(store, (), older_than_s=HOUR_S, dry_run=True)
    assert store.place_of(digest).exists()
    assert sweep(store, (), older_than_s=HOUR_S) == would
    assert not store.place_of(digest).exists()


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
    assert (freed.all_blobs.count, freed.all_records.count) == ((1, 0) if use == "get" else (0, 1))
