"""What comes out of a registry: all of it right, nothing twice, and what was broken off is gone on with."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FetchError, NotFoundError, StoreError
from bareboat.base.observer import Silent
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import Reference
from bareboat.ship.transfer.gather import Came, gather
from bareboat.ship.transfer.origin import RepositoryOrigin
from bareboat.store.disk import DiskStore
from bareboat.store.images import blobs_of
from bareboat.store.partial import add_in_goes
from tests.makers.image import Made, make_image
from tests.makers.registry import Registry
from tests.makers.shipping import opened

LARGE = os.urandom(3_000_000)  # more than is kept in one go


def images() -> list[Made]:
    return [make_image([{"big": LARGE}, {"arch": name.encode()}], architecture=name) for name in ("amd64", "arm64")]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "store")


def pull(registry: Registry, root: Descriptor, store: DiskStore) -> Came:
    with opened() as registries:
        reference = Reference.parse(f"{registry.host}/team/app")
        return gather(RepositoryOrigin(registries.source(reference), reference), [root], store)


def unfinished(store: DiskStore) -> list[str]:
    folder = store.folder / "tmp"
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def test_everything_comes_and_is_whole(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())

    came = pull(registry, root, store)

    found = blobs_of(store, [root])
    assert len(found) == 3 + 5
    assert all(store.is_sound(blob.digest) for blob in found)
    assert (came.fetched, came.there) == (5, 0)
    assert unfinished(store) == []


def test_what_is_here_is_not_asked_for(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())
    pull(registry, root, store)
    registry.requests.clear()

    assert pull(registry, root, store) == Came(fetched=0, there=5, bytes=0)
    assert registry.requests == []


def test_a_pull_that_was_broken_off_goes_on_where_it_ended(registry: Registry, store: DiskStore) -> None:
    """Across runs: the first bytes lie in the store, and only the others are asked for."""
    root = registry.put("team/app", "1", images())
    registry.faults.breaks_blobs_after = 300_000
    with pytest.raises(FetchError):
        pull(registry, root, store)
    (kept,) = [name for name in unfinished(store) if name.startswith("partial-")]
    there = (store.folder / "tmp" / kept).stat().st_size
    assert there >= 300_000
    registry.faults.breaks_blobs_after = None
    registry.requests.clear()

    pull(registry, root, store)

    large = [one for one in registry.asked("GET", "/blobs/") if kept.removeprefix("partial-") in one.target]
    assert [one.headers["range"] for one in large] == [f"bytes={there}-"]
    assert all(store.is_sound(blob.digest) for blob in blobs_of(store, [root]))
    assert unfinished(store) == []


def test_other_bytes_in_the_place_of_the_first_ones_do_no_harm(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())
    registry.faults.breaks_blobs_after = 300_000
    with pytest.raises(FetchError):
        pull(registry, root, store)
    (kept,) = [name for name in unfinished(store) if name.startswith("partial-")]
    (store.folder / "tmp" / kept).write_bytes(bytes(100_000))
    registry.faults.breaks_blobs_after = None

    pull(registry, root, store)

    assert all(store.is_sound(blob.digest) for blob in blobs_of(store, [root]))
    assert unfinished(store) == []


@pytest.mark.parametrize("fault", ["wrong_blob", "short_blob", "long_blob", "wrong_manifest"])
def test_a_registry_that_lies_is_not_believed(registry: Registry, store: DiskStore, fault: str) -> None:
    root = registry.put("team/app", "1", images())
    setattr(registry.faults, fault, True)

    with pytest.raises((DigestMismatchError, FetchError)):
        pull(registry, root, store)

    assert all(store.is_sound(digest) for digest in store.digests())
    registry.faults.__dict__[fault] = False
    pull(registry, root, store)
    assert all(store.is_sound(blob.digest) for blob in blobs_of(store, [root]))


def test_what_is_not_there_is_named(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())
    lost = Digest.of(LARGE)
    for digest in list(registry.repository("team/app").blobs):
        if len(registry.repository("team/app").blobs[digest]) > 1_000_000:
            lost = Digest.parse(digest)
            del registry.repository("team/app").blobs[digest]

    with pytest.raises(NotFoundError) as caught:
        pull(registry, root, store)

    assert str(lost) in caught.value.message


def test_a_manifest_of_a_hundred_megabytes_is_refused(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())
    registry.faults.huge_manifest = 100_000_000

    with pytest.raises(Exception, match="limit"):
        pull(registry, root, store)


def test_a_full_disk_ends_a_pull_and_nothing_half_is_taken_as_whole(tmp_path: Path) -> None:
    data = os.urandom(2_000_000)
    blob = Descriptor.of(media.LAYER, data)
    store = DiskStore(tmp_path / "store")

    def chunks(start: int) -> Generator[bytes, None, None]:
        yield data[start : start + 500_000]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises((StoreError, OSError)):
        add_in_goes(store, blob, chunks)

    assert not store.has(blob.digest)
    assert add_in_goes(store, blob, lambda start: (data[at : at + 1] for at in range(start, len(data)))) == 1_500_000
    assert store.is_sound(blob.digest)


class Interrupting(Silent):
    """Presses ^C when some bytes have come."""

    def __init__(self, after: int) -> None:
        self._left = after

    def advance(self, task: str, amount: int) -> None:
        before, self._left = self._left, self._left - amount
        if self._left <= 0 < before:
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_leaves_nothing_that_is_taken_as_whole(registry: Registry, store: DiskStore) -> None:
    root = registry.put("team/app", "1", images())
    with opened() as registries:
        reference = Reference.parse(f"{registry.host}/team/app")
        origin = RepositoryOrigin(registries.source(reference), reference)
        with pytest.raises(KeyboardInterrupt):
            gather(origin, [root], store, observer=Interrupting(1_000_000))
        assert all(store.is_sound(digest) for digest in store.digests())
        gather(origin, [root], store)

    assert all(store.is_sound(blob.digest) for blob in blobs_of(store, [root]))


def test_two_runs_that_want_the_same_do_not_meet_in_one_file(tmp_path: Path) -> None:
    data = os.urandom(2_000_000)
    blob = Descriptor.of(media.LAYER, data)
    store, other = DiskStore(tmp_path / "store"), DiskStore(tmp_path / "store")

    def slow(start: int) -> Generator[bytes, None, None]:
        yield data[start:1_000_000]
        assert add_in_goes(other, blob, lambda at: (part for part in [data[at:]])) == len(data)
        yield data[1_000_000:]

    add_in_goes(store, blob, slow)

    assert store.is_sound(blob.digest)
    assert unfinished(store) == []
