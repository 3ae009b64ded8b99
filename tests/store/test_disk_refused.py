"""A disk that is full, and folders that cannot be written to.

The suite may run as root, whom no mode stops: then the effective user is another one for the while.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import StoreError
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.refusal import refusal
from bareboat.store.soundness import verify
from bareboat.store.sweep import sweep

DATA = b"the bytes of a package"
SHA256 = Digest.of(DATA)
NOBODY = 65534

WRITABLE = "set BAREBOAT_CACHE to a folder that you may write to"
ANOTHER_DISK = "free some space, or set BAREBOAT_CACHE to a folder on another disk"


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """No file may grow beyond `free_bytes`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def unprivileged() -> Iterator[None]:
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everyone may reach, which those of pytest are not."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    yield top / "cache"
    shutil.rmtree(top)


@pytest.fixture
def read_only(folder: Path) -> Iterator[DiskStore]:
    store = DiskStore(folder)
    store.add([DATA], expected=Digest.of(DATA, "sha512"))
    store.put("tree", SHA256, b"derived")
    folders = [path for path in (folder, *folder.rglob("*")) if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    with unprivileged():
        yield store
    for path in folders:
        path.chmod(0o755)


def test_reading_works_from_a_folder_that_cannot_be_written_to(read_only: DiskStore) -> None:
    assert read(read_only, SHA256) == DATA
    assert read_only.get("tree", SHA256) == b"derived"
    assert verify(read_only, workers=2).is_sound


@pytest.mark.parametrize("expected", [None, SHA256, Digest.of(DATA, "sha512")], ids=["none", "sha256", "sha512"])
def test_adding_what_is_here_works_though_nothing_can_be_written(read_only: DiskStore, expected: Digest | None) -> None:
    assert read_only.add([DATA], expected=expected) == SHA256


@pytest.mark.parametrize("expected", [None, Digest.of(b"new")], ids=["none", "sha256"])
def test_adding_something_new_says_what_to_do(read_only: DiskStore, expected: Digest | None) -> None:
    with pytest.raises(StoreError) as caught:
        read_only.add([b"new"], expected=expected)
    assert caught.value.message == f'cannot write to "{read_only.folder}": Permission denied'
    assert caught.value.hint == WRITABLE


def test_records_are_not_remembered_and_nobody_minds(read_only: DiskStore) -> None:
    read_only.put("tree", Digest.of(b"new"), b"derived")
    assert read_only.get("tree", Digest.of(b"new")) is None


def test_damage_is_told_where_nothing_can_be_removed(folder: Path) -> None:
    store = DiskStore(folder)
    store.add([DATA])
    store.put("tree", SHA256, b"derived")
    place = store.place_of(SHA256)
    place.chmod(0o644)
    place.write_bytes(b"damaged")
    place.chmod(0o444)
    place.parent.chmod(0o555)
    with unprivileged():
        found = verify(store, workers=1)
    place.parent.chmod(0o755)
    assert (found.damaged, found.is_sound) == ((SHA256,), False)
    assert found.refused is not None
    assert found.refused.startswith(f'cannot move "{place}" away: ')
    assert place.exists()


def test_sweeping_says_what_to_do(read_only: DiskStore) -> None:
    later = DiskStore(read_only.folder, now=lambda: read_only.now() + 1e6)
    with pytest.raises(StoreError, match=r"cannot sweep .*: Permission denied"):
        sweep(later, (), older_than_s=0)


def test_a_folder_that_may_not_be_made_says_what_to_do(folder: Path) -> None:
    with unprivileged(), pytest.raises(StoreError) as caught:
        DiskStore(folder).add([DATA])
    assert caught.value.message == f'cannot write to "{folder}": Permission denied'
    assert caught.value.hint == WRITABLE


@pytest.mark.parametrize("below", [".", "deeper"])
def test_a_file_in_place_of_the_folder_says_what_to_do(tmp_path: Path, below: str) -> None:
    (tmp_path / "cache").write_text("a file")
    store = DiskStore(tmp_path / "cache" / below)
    with pytest.raises(StoreError, match=r"cannot (read|write to) .*: (Not a directory|File exists)") as caught:
        store.add([DATA])
    assert caught.value.hint == WRITABLE
    store.put("tree", SHA256, b"derived")
    assert store.get("tree", SHA256) is None


def test_a_full_disk_says_what_to_do_and_keeps_nothing(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.add([DATA])
    big = bytes(300_000)
    with full_disk(200_000), pytest.raises(StoreError) as caught:
        store.add([big[:150_000], big[150_000:]], expected=Digest.of(big))
    assert caught.value.message == f'cannot write to "{tmp_path}": File too large'
    assert caught.value.hint == ANOTHER_DISK
    assert not store.has(Digest.of(big))
    assert list((tmp_path / "tmp").iterdir()) == []
    assert read(store, SHA256) == DATA


def test_a_full_disk_remembers_no_record_and_nobody_minds(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    with full_disk(200_000):
        store.put("tree", SHA256, bytes(300_000))
    assert store.get("tree", SHA256) is None
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "reason", "hint"),
    [
        (errno.ENOSPC, "No space left on device", ANOTHER_DISK),
        (errno.EDQUOT, "Disk quota exceeded", ANOTHER_DISK),
        (errno.EROFS, "Read-only file system", WRITABLE),
        (errno.EIO, "Input/output error", None),
    ],
)
def test_a_refusal_says_its_reason(code: int, reason: str, hint: str | None) -> None:
    error = refusal(OSError(code, "whatever the platform says"), "write it")
    assert (error.message, error.hint) == (f"cannot write it: {reason}", hint)
