"""Images in one file: the same bytes every time, what each reader needs, and reading back without unpacking."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from contextlib import suppress
from pathlib import Path

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
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import EMPTY, Compression
from bareboat.oci.validate_image import validate_image
from bareboat.oci.validate_layer import validate_layer_tar
from bareboat.store.archive_file import write_docker_archive, write_oci_archive
from bareboat.store.archived import OciArchive, open_images
from bareboat.store.blobs import read
from bareboat.store.images import NamedImage
from bareboat.store.layout import Layout
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_index, make_layout

NAME = "static-debian13:latest"
Archive = tuple[list[NamedImage], MemoryStore]


def image(architecture: str = "amd64", variant: str | None = None, compression: Compression = Compression.gzip) -> Made:
    layers = [{"etc/x": b"x"}, {"etc/y": b"y"}]
    return make_image(layers, architecture=architecture, variant=variant, compression=compression)


def named(*images: Made, names: tuple[str, ...] = (NAME,)) -> Archive:
    blobs = MemoryStore()
    return [(names, make_index(images, blobs))], blobs


def members_of(path: Path) -> dict[str, bytes]:
    with tarfile.open(path, "r:") as archive:
        found = {}
        for member in archive:
            stream = archive.extractfile(member)
            found[member.name] = b"" if stream is None else stream.read()
        return found


def test_an_oci_archive_is_the_tar_of_a_layout(tmp_path: Path) -> None:
    images, blobs = named(image(), image("arm64", "v8"))
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    layout = make_layout(tmp_path / "out", {NAME: [image(), image("arm64", "v8")]})
    assert members_of(tmp_path / "out.tar") == {
        str(path.relative_to(layout.root)): path.read_bytes() if path.is_file() else b""
        for path in layout.root.rglob("*")
    }


@pytest.mark.parametrize("write", [write_oci_archive, write_docker_archive])
def test_an_archive_has_the_same_bytes_every_time_and_no_time_or_owner(tmp_path: Path, write: object) -> None:
    assert callable(write)
    images, blobs = named(image())
    for name in ("one.tar", "two.tar"):
        write(tmp_path / name, images, blobs)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar", "r:") as archive:
        entries = archive.getmembers()
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(0, 0, 0, "", "")}
    assert {entry.mode for entry in entries if entry.isdir()} <= {0o755}
    assert {entry.mode for entry in entries if entry.isfile()} == {0o644}
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    with (tmp_path / "one.tar").open("rb") as stream:
        report = validate_layer_tar(stream, below={})
    assert (report.problems, report.is_sorted) == ((), True)


def test_an_oci_archive_of_one_platform_is_for_docker_too(tmp_path: Path) -> None:
    made = image()
    images, blobs = named(made, names=(NAME, "static:latest"))
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    assert json.loads(members_of(tmp_path / "out.tar")["manifest.json"]) == [
        {
            "Config": f"blobs/sha256/{made.manifest.config.digest.hex}",
            "RepoTags": ["static-debian13:latest", "static:latest"],
            "Layers": [f"blobs/sha256/{layer.digest.hex}" for layer in made.manifest.layers],
        }
    ]


def test_an_oci_archive_of_several_platforms_makes_no_choice_for_docker(tmp_path: Path) -> None:
    images, blobs = named(image(), image("arm64", "v8"))
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    assert "manifest.json" not in members_of(tmp_path / "out.tar")


def test_a_docker_archive_holds_one_configuration_and_its_layers(tmp_path: Path) -> None:
    made = image()
    images, blobs = named(made)
    write_docker_archive(tmp_path / "out.tar", images, blobs)
    config, layers = made.manifest.config, made.manifest.layers
    assert members_of(tmp_path / "out.tar") == {
        "manifest.json": json.dumps(
            [
                {
                    "Config": f"{config.digest.hex}.json",
                    "Layers": [f"{layer.digest.hex}.tar.gz" for layer in layers],
                    "RepoTags": [NAME],
                }
            ],
            separators=(",", ":"),
        ).encode(),
        f"{config.digest.hex}.json": read(blobs, config.digest),
        **{f"{layer.digest.hex}.tar.gz": read(blobs, layer.digest) for layer in layers},
    }


def test_a_docker_archive_has_no_zstd_inside(tmp_path: Path) -> None:
    made = image(compression=Compression.zstd)
    images, blobs = named(made)
    write_docker_archive(tmp_path / "out.tar", images, blobs)
    members = members_of(tmp_path / "out.tar")
    layers = json.loads(members["manifest.json"])[0]["Layers"]
    assert [Digest.of(members[name]) for name in layers] == list(made.config.diff_ids)
    assert [path.name for path in tmp_path.iterdir()] == ["out.tar"]


def test_a_docker_archive_of_several_platforms_asks_for_one(tmp_path: Path) -> None:
    second = image("arm64", "v8")
    images, blobs = named(image(), second)
    with pytest.raises(UsageError) as caught:
        write_docker_archive(tmp_path / "out.tar", images, blobs)
    assert caught.value.message == f'docker-archive: "{NAME}" is for several platforms'
    assert caught.value.hint == "choose one with --arch: linux/amd64, linux/arm64/v8"
    with pytest.raises(UsageError, match="is not for linux/s390x"):
        write_docker_archive(tmp_path / "out.tar", images, blobs, platform=Platform(architecture="s390x"))
    assert list(tmp_path.iterdir()) == []
    write_docker_archive(tmp_path / "out.tar", images, blobs, platform=Platform(architecture="arm64"))
    assert f"{second.manifest.config.digest.hex}.json" in members_of(tmp_path / "out.tar")


def test_a_docker_archive_holds_several_images_and_shared_layers_once(tmp_path: Path) -> None:
    blobs = MemoryStore()
    root, nonroot = image(), make_image([{"etc/x": b"x"}])
    images: list[NamedImage] = [
        (("a:root",), make_index([root], blobs)), (("a:nonroot", "b"), make_index([nonroot], blobs)),
    ]
    write_docker_archive(tmp_path / "out.tar", images, blobs)
    members = members_of(tmp_path / "out.tar")
    assert [entry["RepoTags"] for entry in json.loads(members["manifest.json"])] == [
        ["a:root"], ["a:nonroot", "b:latest"],
    ]
    assert root.manifest.layers[0] == nonroot.manifest.layers[0]
    assert len(members) == 1 + 2 + 2


def test_what_does_not_run_is_no_docker_archive(tmp_path: Path) -> None:
    blobs = MemoryStore()
    blobs.add([b"{}"])
    artifact = Manifest(config=Descriptor.of(EMPTY, b"{}"), layers=(), artifact_type="application/x")
    blobs.add([artifact.to_bytes()])
    with pytest.raises(UsageError, match="it is no image that runs"):
        write_docker_archive(tmp_path / "out.tar", [(("a:b",), artifact.descriptor())], blobs)
    write_oci_archive(tmp_path / "out.tar", [(("a:b",), artifact.descriptor())], blobs)
    assert "manifest.json" not in members_of(tmp_path / "out.tar")


def test_an_archive_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    made = image()
    images, blobs = named(made)
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    before = (tmp_path / "out.tar").read_bytes()
    missing = MemoryStore()
    for descriptor in (images[0][1], made.descriptor, made.manifest.config):
        missing.add([read(blobs, descriptor.digest)])
    for write in (write_oci_archive, write_docker_archive):
        with pytest.raises(NotFoundError):
            write(tmp_path / "out.tar", images, missing)
    assert (tmp_path / "out.tar").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.tar"]


def test_a_damaged_blob_is_not_written_into_an_archive(tmp_path: Path) -> None:
    layout = make_layout(tmp_path / "out", {NAME: image()})
    path = layout.path(layout.read_manifest(layout.find(NAME)).layers[0].digest)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    for write in (write_oci_archive, write_docker_archive):
        with pytest.raises(DigestMismatchError):
            write(tmp_path / "out.tar", [((NAME,), layout.images[NAME])], layout)
    assert not (tmp_path / "out.tar").exists()


def test_an_archive_where_nothing_can_be_written_is_a_store_error(tmp_path: Path) -> None:
    images, blobs = named(image(compression=Compression.zstd))
    for write in (write_oci_archive, write_docker_archive):
        with pytest.raises(StoreError, match="cannot write to"):
            write(tmp_path / "none" / "out.tar", images, blobs)


def test_an_oci_archive_is_read_without_unpacking_it(tmp_path: Path) -> None:
    made = [image(), image("arm64", "v8")]
    images, blobs = named(*made)
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    archive = open_images(tmp_path / "out.tar")
    assert isinstance(archive, OciArchive)
    assert list(archive.images) == [NAME]
    assert archive.find(NAME, Platform(architecture="arm64")) == made[1].descriptor
    assert validate_image(archive.images[NAME], archive.open) == ()
    layer = made[0].manifest.layers[1]
    assert read(archive, layer.digest) == read(blobs, layer.digest)
    assert archive.has(layer.digest)
    assert archive.size(layer.digest) == layer.size
    assert archive.path(layer.digest) is None
    with pytest.raises(NotFoundError):
        archive.open(Digest.of(b"nowhere"))
    with pytest.raises(StoreError, match="cannot add to an archive"):
        archive.add([b"x"])


def test_an_archive_that_another_tar_made_is_read(tmp_path: Path) -> None:
    """`tar -C out -cf out.tar .` writes `./index.json` and owners, in any order."""
    layout = make_layout(tmp_path / "out", {NAME: image()})
    with tarfile.open(tmp_path / "out.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(layout.root, ".")
    assert open_images(tmp_path / "out.tar").find(NAME) == layout.find(NAME)


def test_open_images_takes_a_folder_or_a_file(tmp_path: Path) -> None:
    make_layout(tmp_path / "out", {NAME: image()})
    assert isinstance(open_images(tmp_path / "out"), Layout)
    with pytest.raises(UsageError, match="there is nothing"):
        open_images(tmp_path / "none")
    with pytest.raises(UsageError, match="there is nothing"):
        OciArchive.at(tmp_path / "none")


def tar_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


MARKER = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
EMPTY_INDEX = {"index.json": Index().to_bytes()}


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        pytest.param(b"", UsageError, "cannot read as an uncompressed tar", id="nothing"),
        pytest.param(b"text" * 400, UsageError, "cannot read as an uncompressed tar", id="no tar"),
        pytest.param(tar_of({}), UsageError, "is no oci-archive: it has no file oci-layout", id="empty tar"),
        pytest.param(tar_of(EMPTY_INDEX), UsageError, "is no oci-archive: it has no file oci-layout", id="no marker"),
        pytest.param(tar_of(MARKER), FormatError, "is a damaged oci-archive: it has no file index.json", id="no index"),
        pytest.param(tar_of({**MARKER, "index.json": b"["}), FormatError, "index.json: cannot read", id="index"),
        pytest.param(tar_of({"oci-layout": b"{}"}), FormatError, "imageLayoutVersion is missing", id="marker"),
    ],
)
def test_what_is_no_oci_archive_says_why(tmp_path: Path, data: bytes, kind: type[BareboatError], message: str) -> None:
    (tmp_path / "out.tar").write_bytes(data)
    with pytest.raises(kind, match=message) as caught:
        OciArchive.at(tmp_path / "out.tar")
    assert caught.value.message.startswith(f"{tmp_path}/out.tar: ")


def test_a_compressed_archive_is_to_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "out.tar.gz").write_bytes(gzip.compress(tar_of({**MARKER, **EMPTY_INDEX})))
    with pytest.raises(UsageError) as caught:
        OciArchive.at(tmp_path / "out.tar.gz")
    assert caught.value.hint == "unpack it first: gunzip, zstd -d"


def test_an_archive_cut_short_is_an_error_of_ours(tmp_path: Path) -> None:
    images, blobs = named(image())
    write_oci_archive(tmp_path / "out.tar", images, blobs)
    whole = (tmp_path / "out.tar").read_bytes()
    for length in range(0, len(whole), 397):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        with suppress(BareboatError):
            archive = OciArchive.at(tmp_path / "cut.tar")
            end_of_contents = len(whole) - 1024
            assert validate_image(archive.images[NAME], archive.open) != () or length >= end_of_contents


def test_docker_does_not_load_an_image_with_other_layers_than_its_configuration(tmp_path: Path) -> None:
    made = image()
    broken = Manifest(config=made.manifest.config, layers=made.manifest.layers[:1])
    made.blobs.add([broken.to_bytes()])
    with pytest.raises(UsageError, match="its configuration has other layers"):
        write_docker_archive(tmp_path / "out.tar", [((NAME,), broken.descriptor())], made.blobs)
