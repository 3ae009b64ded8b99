from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, StoreError
from bareboat.store.blobs import DamagedError, read
from bareboat.store.disk import DiskStore, default_folder

DATA = b"the bytes of a package" * 100
SHA256 = Digest.of(DATA)
SHA512 = Digest.of(DATA, "sha512")

DAMAGE = {"bit": b"x" + DATA[1:], "short": DATA[:-1], "long": DATA + b"x", "empty": b""}


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "cache")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def blob_file(store: DiskStore, digest: Digest = SHA256) -> Path:
    path = store.path(digest)
    assert path is not None
    return path


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"BAREBOAT_CACHE": "/big/disk", "XDG_CACHE_HOME": "/x", "HOME": "/home/me"}, "/big/disk"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/home/me"}, "/x/bareboat"),
        ({"BAREBOAT_CACHE": "", "XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/bareboat"),
    ],
)
def test_the_folder_is_chosen_by_the_environment(environment: dict[str, str], folder: str) -> None:
    assert default_folder(environment) == Path(folder)


def test_without_a_home_the_hint_names_the_variable() -> None:
    with pytest.raises(StoreError, match="cannot choose a cache folder") as caught:
        default_folder({})
    assert caught.value.hint == "set BAREBOAT_CACHE to a folder"


def test_looking_makes_no_folder(store: DiskStore) -> None:
    assert not store.has(SHA256)
    assert store.get("tree", SHA256) is None
    assert list(store.digests()) == list(store.records()) == []
    assert not store.folder.exists()


def test_the_layout_is_as_documented(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    store.put("tree", SHA256, b"derived")
    a, b = SHA256.hex, SHA512.hex
    assert files(store.folder) == sorted(
        ["CACHEDIR.TAG", f"blobs/sha256/{a[:2]}/{a}", f"blobs/sha512/{b[:2]}/{b}", f"records/tree/{a[:2]}/{a}"]
    )
    assert (store.folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_blob_cannot_be_written_to_by_accident(store: DiskStore) -> None:
    store.add([DATA])
    assert stat.S_IMODE(blob_file(store).stat().st_mode) & 0o222 == 0


def test_a_blob_that_is_here_is_not_written_again(store: DiskStore) -> None:
    store.add([DATA])
    before = blob_file(store).stat().st_ino
    store.add([DATA])
    store.add([DATA], expected=SHA512)
    assert blob_file(store).stat().st_ino == before


def test_a_cut_off_blob_is_mended_by_whoever_knows_its_size(store: DiskStore) -> None:
    store.add([DATA])
    overwrite(blob_file(store), DATA[:10])
    store.add([DATA], expected=SHA256, size=len(DATA))
    assert read(store, SHA256) == DATA


def test_a_failed_write_leaves_no_file(store: DiskStore) -> None:
    with pytest.raises(DigestMismatchError):
        store.add([DATA], expected=Digest.of(b"other"))
    assert files(store.folder) == ["CACHEDIR.TAG"]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("asked", [SHA256, SHA512], ids=["sha256", "sha512"])
def test_a_file_is_not_handed_out_when_it_is_damaged(store: DiskStore, damage: bytes, asked: Digest) -> None:
    """Whoever links to it would not notice."""
    store.add([DATA], expected=SHA512)
    later = DiskStore(store.folder)
    overwrite(blob_file(store), damage)
    with pytest.raises(DamagedError, match=f"the store has other bytes under {asked}"):
        later.path(asked)


def test_a_file_is_checked_once(store: DiskStore) -> None:
    store.add([DATA])
    later = DiskStore(store.folder)
    first = blob_file(later)
    overwrite(first, b"damaged since")
    assert (later.path(SHA256), store.path(SHA256)) == (first, first)


def test_what_was_discarded_can_be_added_again_and_its_bytes_stay_for_a_day(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    (store.folder / "tmp").rmdir()  # some programs do not copy empty folders
    store.discard(SHA256)
    assert (store.has(SHA256), store.has(SHA512)) == (False, False)
    assert [file.read_bytes() for file in (store.folder / "tmp").iterdir()] == [DATA]
    store.add([DATA], expected=SHA512)
    assert read(store, SHA512) == DATA


def test_of_a_further_name_only_the_name_is_discarded(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    store.discard(SHA512)
    assert (store.has(SHA256), store.has(SHA512)) == (True, False)


@pytest.mark.parametrize("name", [SHA256, SHA512], ids=["sha256", "sha512"])
def test_a_copied_name_is_not_trusted_to_lead_anywhere(store: DiskStore, name: Digest) -> None:
    """Some programs copy a folder and turn its links into files."""
    store.add([DATA], expected=SHA512)
    path = blob_file(store, name)
    path.unlink()
    path.write_bytes(DATA)
    assert store.add([DATA], expected=name, size=len(DATA)) == SHA256


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: b"",
        lambda file: file[:-1],
        lambda file: file + b"x",
        lambda file: file[:10],
        lambda file: bytes(len(file)),
        lambda file: file.replace(b"derived", b"Derived"),
        lambda file: file.replace(b"tree", b"treE"),
        lambda file: file.replace(b"bareboat-record 1", b"bareboat-record 2"),
        lambda file: b"derived",
    ],
)
def test_a_damaged_record_is_none(store: DiskStore, damage: object) -> None:
    assert callable(damage)
    store.put("tree", SHA256, b"derived")
    path = store.folder / "records/tree" / SHA256.hex[:2] / SHA256.hex
    overwrite(path, damage(path.read_bytes()))
    assert store.get("tree", SHA256) is None


def test_a_record_under_another_key_is_none(store: DiskStore) -> None:
    other = Digest.of(b"other")
    store.put("tree", SHA256, b"derived")
    store.put("tree", other, b"derived too")
    folder = store.folder / "records/tree"
    (folder / SHA256.hex[:2] / SHA256.hex).replace(folder / other.hex[:2] / other.hex)
    assert store.get("tree", other) is None
