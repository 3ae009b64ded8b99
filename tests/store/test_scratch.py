"""A scratch place sees the inputs of its store and what was written to it, and goes away with all that is in it."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import NotFoundError
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.memory import MemoryStore
from bareboat.store.scratch import scratch
from bareboat.store.sweep import sweep

NOW = 1_700_000_000
KEY = Digest.of(b"key")


@pytest.fixture
def source() -> MemoryStore:
    store = MemoryStore()
    for data in (b"input", b"made before"):
        store.add([data])
    store.put("layer", KEY, b"known")
    return store


def test_of_the_store_only_the_inputs_are_seen(source: MemoryStore, tmp_path: Path) -> None:
    with scratch(source, [Digest.of(b"input")], tmp_path) as place:
        assert read(place, Digest.of(b"input")) == b"input"
        assert place.size(Digest.of(b"input")) == 5
        assert not place.has(Digest.of(b"made before"))
        assert place.path(Digest.of(b"input")) is None
        assert place.get("layer", KEY) is None
        with pytest.raises(NotFoundError):
            place.open(Digest.of(b"made before"))


def test_what_is_written_is_seen_and_stays_out_of_the_store(source: MemoryStore, tmp_path: Path) -> None:
    with scratch(source, [], tmp_path) as place:
        digest = place.add([b"made now"])
        place.add([b"made before"])
        place.put("layer", KEY, b"new")

        path = place.path(digest)
        assert path is not None
        assert path.is_relative_to(tmp_path)
        assert (read(place, digest), place.get("layer", KEY)) == (b"made now", b"new")
        assert read(place, Digest.of(b"made before")) == b"made before"
    assert (source.has(digest), source.get("layer", KEY)) == (False, b"known")


@pytest.mark.parametrize("ending", [None, ValueError, KeyboardInterrupt])
def test_it_goes_away_whatever_happens(tmp_path: Path, ending: type[BaseException] | None) -> None:
    corner = tmp_path / "cache/tmp"
    expected = nullcontext() if ending is None else pytest.raises(ending)
    with expected, scratch(MemoryStore(), [], corner) as place:
        place.add([b"made now"])
        assert len(list(corner.iterdir())) == 1
        if ending is not None:
            raise ending
    assert list(corner.iterdir()) == []


def test_what_a_killed_run_left_is_counted_and_swept_after_a_day(tmp_path: Path) -> None:
    left = tmp_path / "tmp/scratch-left"
    DiskStore(left).add([b"made then"])

    for hours, count in ((23, 0), (25, 1)):
        os.utime(left, (NOW - hours * 3600, NOW - hours * 3600))
        freed = sweep(DiskStore(tmp_path, now=lambda: NOW), keep=(), older_than_s=0)
        assert (freed.unfinished.count, left.exists()) == (count, not count)
    assert freed.unfinished.bytes >= len(b"made then")


def test_where_the_corner_refuses_the_systems_folder_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked, system = tmp_path / "file", tmp_path / "system"
    blocked.write_bytes(b"")
    system.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(system))

    with scratch(DiskStore(tmp_path / "store"), [], blocked / "tmp") as place:
        place.add([b"made now"])
        assert len(list(system.iterdir())) == 1
    assert list(system.iterdir()) == []
