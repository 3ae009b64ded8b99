from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, StoreError
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore, default_folder

DATA = b"the bytes of a package" * 100
SHA256 = Digest.of(DATA)
SHA512 = Digest.of(DATA, "sha512")


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
    assert list(store.verify()) == []
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


def test_a_verified_reader_gives_the_bytes(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    for digest in (SHA256, SHA512):
        with store.open_verified(digest) as stream:
            assert (stream.read(10), stream.read()) == (DATA[:10], DATA[10:])


@pytest.mark.parametrize(
    "damage", [b"x" + DATA[1:], DATA[:-1], DATA + b"x", b""], ids=["bit", "short", "long", "empty"]
)
@pytest.mark.parametrize("asked", [SHA256, SHA512], ids=["sha256", "sha512"])
def test_a_verified_reader_does_not_reach_the_end_of_a_damaged_blob(
    store: DiskStore, damage: bytes, asked: Digest
) -> None:
    store.add([DATA], expected=SHA512)
    overwrite(blob_file(store), damage)
    with pytest.raises(DigestMismatchError, match=f"cannot accept as {asked}"), store.open_verified(asked) as stream:
        stream.read()
    assert (store.has(SHA256), store.has(SHA512)) == (False, False)


def test_verify_names_and_removes_what_is_damaged(store: DiskStore) -> None:
    good = store.add([b"good"])
    store.add([DATA], expected=SHA512)
    overwrite(blob_file(store), b"damaged")
    (store.folder / "blobs/sha256/ab").mkdir(exist_ok=True)
    (store.folder / "blobs/sha256/ab/notes.txt").write_text("not ours")
    assert list(store.verify()) == [SHA256]
    assert (store.has(good), store.has(SHA256), store.has(SHA512)) == (True, False, False)
    assert list(store.verify()) == []


def test_what_verify_removed_can_be_added_again(store: DiskStore) -> None:
    store.add([DATA], expected=SHA512)
    overwrite(blob_file(store), b"damaged")
    assert list(store.verify()) == [SHA256]
    store.add([DATA], expected=SHA512)
    assert read(store, SHA512) == DATA


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
