"""Damage of every kind is found, named, and taken away; looking changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.soundness import RecordName, verify

DATA = b"the bytes of a package" * 100
SHA256 = Digest.of(DATA)
SHA512 = Digest.of(DATA, "sha512")


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "cache")


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def names(kind: str, record: bytes) -> Iterable[Digest]:
    """The blobs of a record that is a list of digests."""
    if not record.startswith(b"names"):
        raise FormatError("no record")
    return [Digest.parse(word) for word in record.decode().split()[1:]]


class Told:
    """Remembers the progress."""

    def __init__(self) -> None:
        self.total, self.done, self.ended = 0, 0, False

    def begin(self, task: str, total: int) -> None:
        self.total = total

    def advance(self, task: str, amount: int) -> None:
        self.done += amount

    def end(self, task: str) -> None:
        self.ended = True

    def warn(self, message: str) -> None:
        raise AssertionError(message)


def test_an_empty_store_is_sound_and_is_not_made(store: DiskStore) -> None:
    found = verify(store, workers=2)
    assert (found.is_sound, found.blobs.count, found.records) == (True, 0, 0)
    assert not store.folder.exists()


def test_a_sound_store_is_sound_and_stays_as_it_is(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    store.put("tree", SHA256, f"names {SHA256} {SHA512}".encode())
    before = sorted(store.folder.rglob("*"))
    found = verify(store, workers=2, names=names)
    assert (found.is_sound, found.stale, found.refused) == (True, (), None)
    assert sorted(store.folder.rglob("*")) == before


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    "damage", [b"x" + DATA[1:], DATA[:-1], DATA + b"x", b""], ids=["bit", "short", "long", "empty"]
)
def test_damaged_blobs_are_named_and_removed_with_their_further_names(
    store: DiskStore, damage: bytes, workers: int
) -> None:
    good = store.add([b"good"])
    store.add([DATA], expected=SHA512)
    overwrite(store.place_of(SHA256), damage)
    (store.folder / "blobs/sha256/ab").mkdir(exist_ok=True)
    (store.folder / "blobs/sha256/ab/notes.txt").write_text("not ours")
    found = verify(store, workers=workers)
    assert (found.damaged, found.stale, found.is_sound) == ((SHA256,), (SHA512,), False)
    assert (store.has(good), store.has(SHA256), store.has(SHA512)) == (True, False, False)
    assert verify(store, workers=workers).is_sound


def test_what_was_removed_can_be_added_again(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    overwrite(store.place_of(SHA256), b"damaged")
    assert verify(store, workers=1).damaged == (SHA256,)
    store.add([DATA], expected=SHA512)
    assert read(store, SHA512) == DATA


def test_a_name_that_leads_to_other_bytes_goes_and_the_bytes_stay(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    other = store.add([b"other"])
    place = store.place_of(SHA512)
    place.unlink()
    place.symlink_to(Path("../..", "sha256", other.hex[:2], other.hex))
    assert verify(store, workers=1).damaged == (SHA512,)
    assert (store.has(other), store.has(SHA256), store.has(SHA512)) == (True, True, False)


def test_a_name_that_a_dead_sweep_left_behind_is_no_damage(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    store.place_of(SHA256).unlink()
    found = verify(store, workers=1)
    assert (found.is_sound, found.stale) == (True, (SHA512,))
    assert not store.place_of(SHA512).is_symlink()


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"bareboat-record 1 tree\nnames"])
def test_a_damaged_record_is_named_and_removed(store: DiskStore, damage: bytes) -> None:
    store.put("tree", SHA256, b"names")
    [file] = (store.folder / "records").rglob(SHA256.hex)
    overwrite(file, damage)
    found = verify(store, workers=1, names=names)
    assert (found.damaged_records, found.is_sound) == ((RecordName(kind="tree", key=SHA256),), False)
    assert not file.exists()


def test_a_record_that_another_version_wrote_is_stale_and_no_damage(store: DiskStore) -> None:
    """It vouches for itself, so the disk is not to blame."""
    store.put("tree", SHA256, b"of a shape that is read no more")
    found = verify(store, workers=1, names=names)
    assert (found.is_sound, [str(record) for record in found.stale]) == (True, [f"tree/{SHA256.hex}"])
    assert store.get("tree", SHA256) is None


@pytest.mark.parametrize("gone", ["swept", "damaged"])
def test_a_record_of_a_blob_that_is_gone_is_stale_and_no_damage_of_its_own(store: DiskStore, gone: str) -> None:
    good = store.add([b"good"])
    store.add([DATA])
    store.put("tree", good, f"names {good}".encode())
    store.put("tree", SHA256, f"names {good} {SHA256}".encode())
    if gone == "swept":
        store.place_of(SHA256).unlink()
    else:
        overwrite(store.place_of(SHA256), b"damaged")
    found = verify(store, workers=1, names=names)
    assert (found.stale, found.damaged_records) == ((RecordName(kind="tree", key=SHA256),), ())
    assert (store.get("tree", SHA256), store.get("tree", good)) == (None, f"names {good}".encode())
    assert found.is_sound == (gone == "swept")


def test_what_is_no_record_of_ours_is_left_alone(store: DiskStore) -> None:
    store.put("tree", SHA256, b"names")
    for name in ("records/Not A Kind/ab", "records/tree/ab"):
        (store.folder / name).mkdir(parents=True)
        (store.folder / name / "notes.txt").write_text("not ours")
    (store.folder / "records/Not A Kind/ab" / SHA256.hex).write_text("not ours")
    assert verify(store, workers=1, names=names).records == 1
    assert len(list(store.folder.rglob("notes.txt"))) == 2


def test_progress_counts_every_byte(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    store.add([b"more"])
    told = Told()
    verify(store, workers=2, observer=told)
    assert (told.total, told.done, told.ended) == (2 * len(DATA) + 4, 2 * len(DATA) + 4, True)
