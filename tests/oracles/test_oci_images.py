"""skopeo, umoci and Docker read what we write, in every form that the build makes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bareboat.base.platform import architecture
from bareboat.oci.config import Execution
from bareboat.oci.descriptor import Platform
from bareboat.oci.media import Compression
from bareboat.store.archive_file import write_docker_archive, write_oci_archive
from bareboat.store.images import NamedImage, blobs_of
from bareboat.store.memory import MemoryStore
from tests.makers.engine import Containerd, Engine
from tests.makers.image import Files, Made, make_image, make_index, make_layout
from tests.makers.program import make_program

NAME = "hello-debian13:debug-nonroot"
BASE: Files = {"etc/os-release": b"ID=debian\n", "usr/lib/": b"", "lib": b"-> usr/lib"}
TOP: Files = {"etc/motd": b"hello\n" * 1000}

# Layers are concatenations of complete gzip members (RFC 1952, 2.2) or zstd frames (RFC 8878, 3): the design rests on
# every reader taking them as one stream.
FORMS = [
    pytest.param(Compression.none, 1, id="plain"),
    pytest.param(Compression.gzip, 1, id="gzip"),
    pytest.param(Compression.gzip, 7, id="gzip of seven members"),
    pytest.param(Compression.zstd, 1, id="zstd"),
    pytest.param(Compression.zstd, 7, id="zstd of seven frames"),
]
GZIP_FORMS = [form for form in FORMS if "zstd" not in str(form.id)]

HERE = architecture(subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip())


def ask(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def made(compression: Compression, members: int) -> Made:
    return make_image(
        [BASE, TOP], architecture=HERE.oci, variant=HERE.variant, compression=compression, members=members
    )


def runnable(message: bytes, compression: Compression = Compression.gzip, members: int = 7) -> Made:
    """An image whose program writes `message`, run by an unprivileged user."""
    layers = [BASE, {"usr/bin/hello": make_program(HERE, message)}]
    config = Execution(entrypoint=("/usr/bin/hello",), user="65532", working_dir="/", env=("PATH=/usr/bin",))
    return make_image(
        layers, architecture=HERE.oci, variant=HERE.variant, config=config, compression=compression, members=members
    )


def named(image: Made) -> tuple[list[NamedImage], MemoryStore]:
    return [((NAME,), make_index([image], image.blobs))], image.blobs


@pytest.mark.oracle
@pytest.mark.parametrize(("compression", "members"), FORMS)
def test_skopeo_copies_and_verifies_every_blob_of_a_layout(
    tmp_path: Path, compression: Compression, members: int
) -> None:
    image = made(compression, members)
    make_layout(tmp_path / "out", {NAME: image})
    ask("skopeo", "copy", f"oci:{tmp_path}/out:{NAME}", f"dir:{tmp_path}/copy")
    assert (tmp_path / "copy" / "manifest.json").read_bytes() == image.manifest.to_bytes()
    for blob in (image.manifest.config, *image.manifest.layers):
        assert (tmp_path / "copy" / blob.digest.hex).stat().st_size == blob.size


@pytest.mark.oracle
@pytest.mark.parametrize(("compression", "members"), FORMS)
def test_skopeo_unpacks_every_layer_to_its_diff_id(tmp_path: Path, compression: Compression, members: int) -> None:
    """skopeo names every decompressed layer by the digest that it computes."""
    image = made(compression, members)
    make_layout(tmp_path / "out", {NAME: image})
    ask("skopeo", "copy", "--dest-decompress", f"oci:{tmp_path}/out:{NAME}", f"dir:{tmp_path}/copy")
    assert all((tmp_path / "copy" / diff_id.hex).is_file() for diff_id in image.config.diff_ids)


@pytest.mark.oracle
def test_skopeo_sees_every_platform_of_an_index(tmp_path: Path) -> None:
    images = [make_image(architecture="amd64"), make_image(architecture="arm", variant="v7")]
    layout = make_layout(tmp_path / "out", {NAME: images})
    index = json.loads(ask("skopeo", "inspect", "--raw", f"oci:{tmp_path}/out:{NAME}"))
    assert index == json.loads(layout.read_index(layout.images[NAME]).to_bytes())
    for platform in ("linux/amd64", "linux/arm/v7"):
        _, name, *variant = platform.split("/")
        chosen = ["--override-arch", name, *(["--override-variant", *variant] if variant else [])]
        config = json.loads(ask("skopeo", *chosen, "inspect", "--config", f"oci:{tmp_path}/out:{NAME}"))
        assert (config["architecture"], config.get("variant")) == (name, variant[0] if variant else None)


@pytest.mark.oracle
@pytest.mark.parametrize(("compression", "members"), GZIP_FORMS)
def test_umoci_unpacks_a_layout_to_the_same_tree(tmp_path: Path, compression: Compression, members: int) -> None:
    make_layout(tmp_path / "out", {NAME: made(compression, members)})
    assert ask("umoci", "ls", "--layout", tmp_path / "out") == f"{NAME}\n"
    ask("umoci", "unpack", "--rootless", "--image", f"{tmp_path}/out:{NAME}", tmp_path / "bundle")
    root = tmp_path / "bundle" / "rootfs"
    assert (root / "etc" / "motd").read_bytes() == TOP["etc/motd"]
    assert (root / "etc" / "os-release").read_bytes() == BASE["etc/os-release"]
    assert (root / "lib").readlink() == Path("usr/lib")


@pytest.mark.oracle
@pytest.mark.parametrize(("compression", "members"), FORMS)
def test_skopeo_reads_both_archives(tmp_path: Path, compression: Compression, members: int) -> None:
    images, blobs = named(made(compression, members))
    write_oci_archive(tmp_path / "oci.tar", images, blobs)
    write_docker_archive(tmp_path / "docker.tar", images, blobs)
    for source in (f"oci-archive:{tmp_path}/oci.tar:{NAME}", f"docker-archive:{tmp_path}/docker.tar:{NAME}"):
        ask("skopeo", "copy", source, f"oci:{tmp_path}/copy:{NAME}")
        config = json.loads(ask("skopeo", "inspect", "--config", f"oci:{tmp_path}/copy:{NAME}"))
        assert len(config["rootfs"]["diff_ids"]) == 2


@pytest.mark.oracle
def test_skopeo_writes_a_layout_that_we_read_and_write_into(tmp_path: Path) -> None:
    """A layout of others keeps what it holds, and what others wrote has the digests that they gave."""
    make_layout(tmp_path / "ours", {NAME: made(Compression.gzip, 1)})
    ask("skopeo", "copy", f"oci:{tmp_path}/ours:{NAME}", f"oci:{tmp_path}/theirs:theirs")
    layout = make_layout(tmp_path / "theirs", {"ours:latest": make_image()})
    assert list(layout.images) == ["ours:latest", "theirs"]
    manifest = layout.find("theirs", Platform.of(HERE))
    assert all(layout.has(blob.digest) for blob in blobs_of(layout, [manifest]))
    ask("skopeo", "inspect", f"oci:{tmp_path}/theirs:theirs")


@pytest.mark.oracle
@pytest.mark.engine
@pytest.mark.parametrize(
    ("compression", "members"), [form for form in GZIP_FORMS if form.id != "plain"] + FORMS[-1:]
)
def test_docker_loads_and_runs_a_docker_archive(
    tmp_path: Path, docker_engine: Engine, compression: Compression, members: int
) -> None:
    message = f"{compression} {members}\n".encode()
    images, blobs = named(runnable(message, compression, members))
    write_docker_archive(tmp_path / "docker.tar", images, blobs)
    assert docker_engine.run("load", "--input", tmp_path / "docker.tar") == f"Loaded image: {NAME}\n"
    assert docker_engine.run("run", "--rm", "--network", "none", NAME) == message.decode()
    docker_engine.run("image", "rm", NAME)


@pytest.mark.oracle
@pytest.mark.engine
def test_docker_loads_and_runs_an_oci_archive_of_one_platform(tmp_path: Path, docker_engine: Engine) -> None:
    images, blobs = named(runnable(b"from an oci-archive\n"))
    write_oci_archive(tmp_path / "oci.tar", images, blobs)
    assert docker_engine.run("load", "--input", tmp_path / "oci.tar") == f"Loaded image: {NAME}\n"
    assert docker_engine.run("run", "--rm", "--network", "none", NAME) == "from an oci-archive\n"
    docker_engine.run("image", "rm", NAME)


@pytest.mark.oracle
@pytest.mark.engine
@pytest.mark.parametrize(("compression", "members"), FORMS)
def test_containerd_imports_and_runs_an_oci_archive(
    tmp_path: Path, containerd: Containerd, compression: Compression, members: int
) -> None:
    """`io.containerd.image.name` gives the image its whole name there."""
    message = f"containerd {compression} {members}\n".encode()
    images, blobs = named(runnable(message, compression, members))
    write_oci_archive(tmp_path / "oci.tar", images, blobs)
    whole = f"docker.io/library/{NAME}"
    containerd.run("images", "import", tmp_path / "oci.tar")
    assert containerd.run("images", "ls", "--quiet").split() == [whole]
    assert containerd.run("run", "--rm", whole, f"test-{compression}-{members}") == message.decode()
    containerd.run("images", "rm", "--sync", whole)


@pytest.mark.oracle
@pytest.mark.engine
def test_containerd_imports_every_platform_of_an_oci_archive(tmp_path: Path, containerd: Containerd) -> None:
    blobs = MemoryStore()
    index = make_index([make_image(architecture="amd64"), make_image(architecture="arm", variant="v7")], blobs)
    write_oci_archive(tmp_path / "oci.tar", [((NAME,), index)], blobs)
    containerd.run("images", "import", "--all-platforms", "--no-unpack", tmp_path / "oci.tar")
    listed = containerd.run("images", "ls", f"name==docker.io/library/{NAME}")
    assert str(index.digest) in listed
    assert "linux/amd64,linux/arm/v7" in listed
    containerd.run("images", "rm", "--sync", f"docker.io/library/{NAME}")
