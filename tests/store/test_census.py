"""What the store holds, told by how bytes begin and by the records that name them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.store.census import Amount, Holdings, Sort, status
from bareboat.store.disk import DiskStore
from tests.makers.deb import compress, make_deb


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "cache")


def names(kind: str, record: bytes) -> Iterable[Digest]:
    if not record.startswith(b"names "):
        raise FormatError("no record")
    return [Digest.parse(record.decode().removeprefix("names "))]


def test_an_empty_store_has_nothing_and_a_disk_with_room(store: DiskStore) -> None:
    found = status(store)
    assert (found.holdings, found.oldest_use, found.newest_use) == (Holdings(), None, None)
    assert found.free > 0
    assert not store.folder.exists()


@pytest.mark.parametrize(
    ("data", "sort"),
    [
        (make_deb("hello"), Sort.packages),
        (compress(b"Package: hello\n", "xz"), Sort.indexes),
        (compress(b"a part of a tar", "gz"), Sort.members),
        (compress(b"a part of a tar", "zst"), Sort.members),
        (len(b"content").to_bytes(8, "big") + b"content", Sort.contents),
        (b'{"schemaVersion":2}', Sort.documents),
        (b"\x7fELF", Sort.files),
        (b"", Sort.files),
    ],
)
def test_a_blob_is_known_by_how_it_begins(store: DiskStore, data: bytes, sort: Sort) -> None:
    store.add([data])
    assert status(store).holdings.blobs == {sort: Amount(count=1, bytes=len(data))}


def test_a_layer_is_known_by_the_record_that_names_it(store: DiskStore) -> None:
    layer, member = compress(b"a layer", "gz"), compress(b"a part of it", "gz")
    digest = store.add([layer])
    store.add([member])
    store.put("layer", Digest.of(b"key"), f"names {digest}".encode())
    store.put("layer", Digest.of(b"other"), b"rubbish")
    assert status(store, names).holdings.blobs == {
        Sort.layers: Amount(count=1, bytes=len(layer)),
        Sort.members: Amount(count=1, bytes=len(member)),
    }


def test_a_blob_with_two_names_is_counted_once(store: DiskStore) -> None:
    store.add([b"12345"], expected=Digest.of(b"12345", "sha512"))
    store.add([b"123"])
    store.put("tree", Digest.of(b""), b"")
    found = status(store).holdings
    assert (found.all_blobs, found.all_records.count) == (Amount(count=2, bytes=8), 1)
    assert list(found.records) == ["tree"]


def test_uses_are_those_of_blobs_and_records(tmp_path: Path) -> None:
    clock = 1_800_000_000.0
    store = DiskStore(tmp_path, now=lambda: clock)
    for used, data in ((0, b"old"), (86_400, b"new")):
        place = store.place_of(store.add([data]))
        clock = 1_800_000_000.0 + used
        os.utime(place, (clock, clock))
    found = status(store)
    assert (found.oldest_use, found.newest_use) == (1_800_000_000.0, 1_800_086_400.0)
