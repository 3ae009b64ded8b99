"""The image layout as a folder: what is written is found, others' things stay, damage is named."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import (
    BareboatError,
    DigestMismatchError,
    FormatError,
    NotFoundError,
    StoreError,
    UsageError,
)
from bareboat.oci.annotations import CONTAINERD_NAME, REF_NAME
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.validate_image import validate_image
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.images import blobs_of
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_index, make_layout

AMD64, ARM64 = Platform(architecture="amd64"), Platform(architecture="arm64", variant="v8")


def image(text: bytes = b"x", architecture: str = "amd64", variant: str | None = None) -> Made:
    return make_image([{"etc/x": text}], architecture=architecture, variant=variant)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_layout_holds_its_images_and_nothing_else(tmp_path: Path) -> None:
    made = image()
    layout = make_layout(tmp_path / "out", {"static:latest": made})
    blobs = blobs_of(layout, layout.index.manifests)
    assert sorted(files_of(tmp_path / "out")) == sorted(
        ["index.json", "oci-layout", *(f"blobs/sha256/{blob.digest.hex}" for blob in blobs)]
    )
    assert (tmp_path / "out" / "oci-layout").read_bytes() == b'{"imageLayoutVersion":"1.0.0"}'
    assert len(blobs) == 4


def test_index_json_names_every_image_under_every_name_in_order(tmp_path: Path) -> None:
    made = image()
    index = make_index([made], made.blobs)
    layout = write_layout(tmp_path, [(("static:latest", "static-debian13:latest", "v1"), index)], made.blobs)
    entry = {"mediaType": index.media_type, "digest": str(index.digest), "size": index.size}
    assert json.loads((tmp_path / "index.json").read_bytes())["manifests"] == [
        {
            **entry,
            "annotations": {
                REF_NAME: "static-debian13:latest",
                CONTAINERD_NAME: "docker.io/library/static-debian13:latest",
            },
        },
        {**entry, "annotations": {REF_NAME: "static:latest", CONTAINERD_NAME: "docker.io/library/static:latest"}},
        {**entry, "annotations": {REF_NAME: "v1"}},
    ]
    assert list(layout.images) == ["static-debian13:latest", "static:latest", "v1"]


def test_two_builds_of_the_same_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    first, second = image(b"1"), image(b"2")
    make_layout(tmp_path / "a", {"one:1": first, "two:2": second})
    make_layout(tmp_path / "b", {"two:2": second})
    make_layout(tmp_path / "b", {"one:1": first})
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_a_name_is_replaced_and_others_stay(tmp_path: Path) -> None:
    make_layout(tmp_path, {"one:1": image(b"old"), "two:2": image(b"two")})
    layout = make_layout(tmp_path, {"one:1": image(b"new")})
    assert list(layout.images) == ["one:1", "two:2"]
    assert layout.find("one:1").digest == image(b"new").descriptor.digest
    assert layout.find("two:2").digest == image(b"two").descriptor.digest


def test_what_others_wrote_into_index_json_stays(tmp_path: Path) -> None:
    """A document of others keeps the fields and entries that we do not know."""
    make_layout(tmp_path, {"one:1": image(b"1")})
    index = json.loads((tmp_path / "index.json").read_bytes())
    foreign = {"mediaType": "application/x", "digest": "sha256:" + "a" * 64, "size": 1, "y": [None]}
    (tmp_path / "index.json").write_text(json.dumps({**index, "z": 1, "manifests": [*index["manifests"], foreign]}))
    make_layout(tmp_path, {"two:2": image(b"2")})
    written = json.loads((tmp_path / "index.json").read_bytes())
    assert written["z"] == 1
    assert written["manifests"][0] == foreign
    assert [entry["annotations"][REF_NAME] for entry in written["manifests"][1:]] == ["one:1", "two:2"]


def test_prune_removes_what_nothing_leads_to(tmp_path: Path) -> None:
    made = image(b"old")
    layout = make_layout(tmp_path, {"one:1": made, "two:2": image(b"two")})
    make_layout(tmp_path, {"one:1": image(b"new")})
    old = {blob.digest for blob in blobs_of(made.blobs, [made.descriptor])}
    assert old <= {Digest("sha256", path.name) for path in (tmp_path / "blobs" / "sha256").iterdir()}
    gone = layout.prune()
    used = {blob.digest for blob in blobs_of(layout, layout.index.manifests)}
    assert {Digest("sha256", path.name) for path in (tmp_path / "blobs" / "sha256").iterdir()} == used
    assert made.manifest.layers[0].digest in gone
    assert layout.prune() == ()


def test_prune_leaves_what_is_no_blob(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {"one:1": image()})
    (tmp_path / "blobs" / "sha256" / "README").write_text("mine")
    (tmp_path / "blobs" / "other").mkdir()
    assert layout.prune() == ()
    assert (tmp_path / "blobs" / "sha256" / "README").read_text() == "mine"


def test_writers_at_the_same_time_keep_each_others_names(tmp_path: Path) -> None:
    count = 12
    made = [image(str(number).encode()) for number in range(count)]
    start = threading.Barrier(count)
    faults: list[BareboatError] = []

    def write(number: int) -> None:
        start.wait()
        try:
            make_layout(tmp_path / "out", {f"image:{number}": made[number]})
        except BareboatError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(Layout.at(tmp_path / "out").images) == sorted(f"image:{number}" for number in range(count))


def test_a_writer_waits_while_another_holds_the_layout(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {"one:1": image(b"1")})
    done = threading.Event()

    def write() -> None:
        make_layout(tmp_path, {"two:2": image(b"2")})
        done.set()

    with layout.locked():
        thread = threading.Thread(target=write)
        thread.start()
        assert not done.wait(0.2)
        assert list(layout.images) == ["one:1"]
    thread.join()
    assert list(layout.images) == ["one:1", "two:2"]


def test_a_blob_that_lies_there_is_left_alone(tmp_path: Path) -> None:
    made = image()
    layout = make_layout(tmp_path, {"one:1": made})
    path = layout.path(made.manifest.layers[0].digest)
    assert path is not None
    before = path.stat()
    make_layout(tmp_path, {"two:2": made})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_blob_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    made = image()
    layout = make_layout(tmp_path, {"one:1": made})
    layer = made.manifest.layers[0]
    path = layout.path(layer.digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"short")
    make_layout(tmp_path, {"one:1": made})
    assert Digest.of(path.read_bytes()) == layer.digest


def test_blobs_of_the_store_on_disk_are_shared_not_copied(tmp_path: Path) -> None:
    """Hard links, where the file system cannot clone: the bytes of an image lie on the disk once."""
    made = image(os.urandom(100_000))
    store = DiskStore(tmp_path / "cache")
    for blob in blobs_of(made.blobs, [made.descriptor]):
        store.add([read(made.blobs, blob.digest)])
    layout = write_layout(tmp_path / "out", [(("one:1",), made.descriptor)], store)
    digest = made.manifest.layers[0].digest
    ours, theirs = layout.path(digest), store.path(digest)
    assert ours is not None
    assert theirs is not None
    assert ours.read_bytes() == theirs.read_bytes()
    assert stat.S_IMODE(ours.stat().st_mode) & 0o222 == 0
    assert ours.samefile(theirs) or ours.stat().st_nlink == 1


class Lying(MemoryStore):
    """A source whose files are not what their digest says."""

    def __init__(self, path: Path, data: bytes) -> None:
        super().__init__()
        self._path = path
        path.write_bytes(data)

    def size(self, digest: Digest) -> int:
        return self._path.stat().st_size

    def path(self, digest: Digest) -> Path | None:
        return self._path

    def open(self, digest: Digest) -> BinaryIO:
        return self._path.open("rb")


def test_a_file_that_somebody_may_write_to_is_copied_and_verified(tmp_path: Path) -> None:
    layout = make_layout(tmp_path / "out", {})
    source = Lying(tmp_path / "file", b"other")
    with pytest.raises(DigestMismatchError):
        layout.take(Descriptor.of("application/x", b"bytes"), source)
    assert not layout.has(Digest.of(b"bytes"))
    assert files_of(tmp_path / "out").keys() == {"index.json", "oci-layout"}


def test_nothing_unfinished_is_left_behind_by_a_failure(tmp_path: Path) -> None:
    made = image()
    missing = Descriptor.of("application/vnd.oci.image.manifest.v1+json", b"nowhere")
    layout = make_layout(tmp_path, {"one:1": made})
    before = files_of(tmp_path)
    with pytest.raises(NotFoundError):
        write_layout(tmp_path, [(("two:2",), missing)], made.blobs)
    assert files_of(tmp_path) == before
    with pytest.raises(DigestMismatchError):
        layout.add([b"a", b"b"], expected=Digest.of(b"ac"))
    with pytest.raises(DigestMismatchError):
        layout.add([b"a", b"b"], size=1)
    assert files_of(tmp_path) == before


def test_a_source_that_fails_is_not_blamed_on_the_layout(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {})

    def failing() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionResetError("the source is gone")

    before = files_of(tmp_path)
    with pytest.raises(ConnectionResetError):
        layout.add(failing())
    assert files_of(tmp_path) == before


def test_expected_bytes_that_are_here_in_their_size_are_not_read_again(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {})
    digest = layout.add([b"bytes"])

    def never() -> Iterator[bytes]:
        raise AssertionError("nobody may read this")
        yield b""

    assert layout.add(never(), expected=digest, size=5) == digest


def test_added_bytes_are_found_by_either_digest(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {})
    wide = Digest.of(b"bytes", "sha512")
    assert layout.add([b"by", b"tes"], expected=wide, size=5) == Digest.of(b"bytes")
    assert read(layout, wide) == read(layout, Digest.of(b"bytes")) == b"bytes"
    assert layout.size(wide) == 5
    assert (layout.has(wide), layout.path(wide)) == (True, tmp_path / "blobs" / "sha512" / wide.hex)


def test_reading_a_changed_blob_fails_at_its_end(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {})
    digest = layout.add([b"bytes"])
    path = layout.path(digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"other")
    with pytest.raises(DigestMismatchError):
        read(layout, digest)


def test_a_validator_reports_a_changed_blob_of_a_layout(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {"one:1": image()})
    layer = layout.read_manifest(layout.find("one:1")).layers[0]
    path = layout.path(layer.digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    where = "image: linux/amd64: layers[0]"
    assert [str(problem.place) for problem in validate_image(layout.images["one:1"], layout.open)] == [where]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, {})
    digest = Digest.of(b"nowhere")
    assert (layout.has(digest), layout.path(digest)) == (False, None)
    for ask in (layout.open, layout.size):
        with pytest.raises(NotFoundError) as caught:
            ask(digest)
        assert caught.value.message == f"{tmp_path}: is not whole: it has no {digest}"


def test_an_image_is_found_by_name_and_platform(tmp_path: Path) -> None:
    images = [image(), image(architecture="arm64", variant="v8")]
    layout = make_layout(tmp_path, {"static:latest": images})
    assert layout.find("static:latest", AMD64) == images[0].descriptor
    assert layout.find("static:latest", Platform(architecture="arm64")) == images[1].descriptor
    manifest = layout.read_manifest(layout.find("static:latest", ARM64))
    assert layout.read_config(manifest.config) == images[1].config


def test_entries_of_one_name_without_an_index_are_told_apart_by_platform(tmp_path: Path) -> None:
    """As the image specification's own example of index.json has it."""
    images = [image(), image(architecture="arm64", variant="v8")]
    blobs = MemoryStore()
    make_index(images, blobs)
    layout = write_layout(tmp_path, [(("v1",), item.descriptor) for item in images], blobs)
    assert layout.find("v1", ARM64).digest == images[1].descriptor.digest


def test_a_manifest_without_a_platform_takes_that_of_its_configuration(tmp_path: Path) -> None:
    made = image(architecture="arm64", variant="v8")
    layout = write_layout(tmp_path, [(("v1",), made.manifest.descriptor())], made.blobs)
    assert layout.find("v1").platform == ARM64
    with pytest.raises(UsageError, match="is not for linux/amd64"):
        layout.find("v1", AMD64)


@pytest.mark.parametrize("name", ["web", "web:latest"])
def test_an_image_without_a_latest_is_said_with_its_tags(tmp_path: Path, name: str) -> None:
    layout = make_layout(tmp_path, {"web:nonroot": image(), "static:latest": image()})
    with pytest.raises(UsageError, match="web has no latest") as refused:
        layout.find(name)
    assert refused.value.hint == "there is: web:nonroot"


@pytest.mark.parametrize(
    ("name", "platform", "message", "hint"),
    [
        ("statik:latest", None, 'cannot find the image "statik:latest"', 'did you mean "static:latest"?'),
        ("zzz", None, 'cannot find the image "zzz"', "there is: static:latest"),
        ("static:latest", None, '"static:latest" is for several platforms', "linux/amd64, linux/arm64/v8"),
        ("static:latest", "linux/s390x", '"static:latest" is not for linux/s390x', "linux/amd64, linux/arm64/v8"),
    ],
)
def test_an_image_that_is_not_there_is_said_with_those_that_are(
    tmp_path: Path, name: str, platform: str | None, message: str, hint: str
) -> None:
    layout = make_layout(tmp_path, {"static:latest": [image(), image(architecture="arm64", variant="v8")]})
    with pytest.raises(UsageError) as caught:
        layout.find(name, None if platform is None else Platform.parse(platform))
    assert caught.value.message == f"{tmp_path}: {message}"
    assert hint in (caught.value.hint or "")


def test_of_many_images_the_first_few_are_told(tmp_path: Path) -> None:
    names = [f"{letter}{letter}{letter}" for letter in "abcdefghijkl"]
    layout = make_layout(tmp_path, {f"{name}:{tag}": image() for name in names for tag in ("latest", "debug")})

    with pytest.raises(UsageError) as caught:
        layout.find("nosuch")
    assert caught.value.hint == (
        f"there is: {', '.join(names[:8])} and 4 more; `bareboat show {tmp_path}` lists them"
    )
    with pytest.raises(UsageError) as caught:
        layout.find("bbd")
    assert caught.value.hint == 'did you mean "bbb"?'


def damage_marker(folder: Path) -> None:
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')


def remove_marker(folder: Path) -> None:
    (folder / "oci-layout").unlink()


def empty_marker(folder: Path) -> None:
    (folder / "oci-layout").write_text("")


def remove_index(folder: Path) -> None:
    (folder / "index.json").unlink()


def damage_index(folder: Path) -> None:
    (folder / "index.json").write_text("{")


def folder_for_index(folder: Path) -> None:
    (folder / "index.json").unlink()
    (folder / "index.json").mkdir()


@pytest.mark.parametrize(
    ("damage", "kind", "message"),
    [
        (damage_marker, FormatError, '/oci-layout: cannot read an image layout of version "2.0.0"'),
        (remove_marker, UsageError, ": is no OCI image layout: it has no file oci-layout"),
        (empty_marker, FormatError, "/oci-layout: cannot read as JSON: "),
        (remove_index, FormatError, ": is a damaged OCI image layout: it has no file index.json"),
        (damage_index, FormatError, "/index.json: cannot read as JSON: "),
        (folder_for_index, StoreError, 'cannot read "'),
    ],
)
def test_a_damaged_layout_says_what_is_wrong(
    tmp_path: Path, damage: Callable[[Path], None], kind: type[BareboatError], message: str
) -> None:
    make_layout(tmp_path, {"one:1": image()})
    damage(tmp_path)
    with pytest.raises(kind) as caught:
        Layout.at(tmp_path)
    assert type(caught.value) is kind
    assert caught.value.message.removeprefix(str(tmp_path)).startswith(message)


def test_a_layout_whose_making_was_cut_short_is_finished(tmp_path: Path) -> None:
    (tmp_path / "out" / "blobs").mkdir(parents=True)
    make_layout(tmp_path / "out", {"one:1": image()})
    (tmp_path / "out" / "oci-layout").write_text("")
    (tmp_path / "out" / "index.json").unlink()
    assert list(make_layout(tmp_path / "out", {"two:2": image()}).images) == ["two:2"]


def test_nothing_is_read_as_a_layout(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, message in ((tmp_path / "none", "there is nothing"), (tmp_path / "file", "is no folder")):
        with pytest.raises(UsageError) as caught:
            Layout.at(path)
        assert caught.value.message == f"{path}: {message}"


def test_a_folder_with_other_things_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        make_layout(tmp_path, {"one:1": image()})
    assert caught.value.message == f"{tmp_path}: is no OCI image layout and not empty"
    assert files_of(tmp_path) == {"thesis.txt": b"mine"}


def test_a_name_that_no_reader_takes_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make_layout(tmp_path / "out", {"a b": image()})
    assert caught.value.message == 'cannot use "a b" as the name of an image'
    assert not (tmp_path / "out").exists()


def test_what_this_machine_refuses_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        Layout(tmp_path / "file" / "out").put([])
    assert caught.value.message.startswith(f'cannot write to "{tmp_path}/file/out": ')


def test_index_json_can_be_written_by_its_owner(tmp_path: Path) -> None:
    """Other tools write into the layout too; blobs, which never change, are read-only."""
    layout = make_layout(tmp_path, {"one:1": image()})
    assert (tmp_path / "index.json").stat().st_mode & 0o200
    assert (tmp_path / "oci-layout").stat().st_mode & 0o200
    path = layout.path(layout.index.manifests[0].digest)
    assert path is not None
    assert path.stat().st_mode & 0o222 == 0


def test_an_index_nested_without_end_is_refused(tmp_path: Path) -> None:
    blobs = MemoryStore()
    index = Index()
    for _ in range(12):
        blobs.add([index.to_bytes()])
        index = Index(manifests=(index.descriptor(),))
    blobs.add([index.to_bytes()])
    layout = write_layout(tmp_path, [(("deep:1",), index.descriptor())], blobs)
    with pytest.raises(FormatError, match="is nested more than 8 deep"):
        layout.find("deep:1")


def test_the_lock_is_an_advisory_lock_on_the_marker(tmp_path: Path) -> None:
    """No lock file stays behind, and none is shipped inside an image layout."""
    layout = make_layout(tmp_path, {})
    with layout.locked(), (tmp_path / "oci-layout").open("rb") as marker, pytest.raises(BlockingIOError):
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
