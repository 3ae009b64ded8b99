"""Images stream into engines, which have them under the names that we say, and judge them by their digests."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, EngineError, UsageError
from bareboat.base.platform import architecture
from bareboat.cli import main
from bareboat.oci.config import Execution
from bareboat.oci.media import Compression
from bareboat.ship.engines.choose import EngineName, RunnerName, engine_for, runner_for
from bareboat.ship.engines.containerd import Containerd
from bareboat.ship.engines.docker import Docker
from bareboat.ship.engines.engine import Cargo, Surroundings
from bareboat.ship.engines.feeding import feed
from bareboat.ship.engines.podman import Podman
from bareboat.store.memory import MemoryStore
from tests.makers.engine import Containerd as Daemon
from tests.makers.engine import Engine, podman_environment
from tests.makers.image import Made, make_image, make_layout
from tests.makers.program import here, make_program

NAME = "registry.example/team/hello:1.2"


def made(compression: Compression = Compression.gzip) -> Made:
    program = make_program(architecture("amd64"), f"hello {compression}\n".encode())
    layers = [{"bin/hello": program}, {"etc/motd": b"x" * 70_000}]
    return make_image(layers, compression=compression, config=Execution(cmd=("/bin/hello",)))


def cargo(image: Made, *names: str) -> Cargo:
    return Cargo(images=image.blobs, manifest=image.descriptor, names=names or (NAME,))  # type: ignore[arg-type]


class Damaged(MemoryStore):
    """Blobs one of which is not what its name says."""

    def __init__(self, sound: MemoryStore, digest: Digest) -> None:
        super().__init__()
        self._sound, self._digest = sound, digest

    def size(self, digest: Digest) -> int:
        return self._sound.size(digest)

    def open(self, digest: Digest) -> BinaryIO:
        stream = self._sound.open(digest)
        return io.BytesIO(stream.read()[:-1] + b"?") if digest == self._digest else stream


def damaged(image: Made) -> Cargo:
    """The image with a layer whose last byte is another on the disk."""
    blobs = Damaged(image.blobs, image.manifest.layers[1].digest)
    return Cargo(images=blobs, manifest=image.descriptor, names=(NAME,))  # type: ignore[arg-type]


def around(engine: Engine) -> Surroundings:
    return Surroundings(env={**os.environ, "DOCKER_HOST": engine.address}, find=here)


@pytest.mark.parametrize("compression", list(Compression))
@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_docker_has_it_under_its_names(docker_engine: Engine, compression: Compression) -> None:
    image = made(compression)
    loaded = Docker(around(docker_engine)).load(cargo(image, NAME, "hello:latest"))

    assert sorted(loaded) == ["hello:latest", NAME]
    inspected = json.loads(docker_engine.run("image", "inspect", NAME))[0]
    assert inspected["RootFS"]["Layers"] == [str(diff_id) for diff_id in image.config.diff_ids]
    assert docker_engine.run("run", "--rm", "--network", "none", "hello") == f"hello {compression}\n"
    docker_engine.run("image", "rm", *loaded)


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_docker_keeps_nothing_of_an_image_that_is_damaged(docker_engine: Engine) -> None:
    with pytest.raises(DigestMismatchError):
        Docker(around(docker_engine)).load(damaged(made()))

    assert docker_engine.run("images", "--quiet", NAME) == ""


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_what_docker_says_against_an_archive_is_told(docker_engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"^docker: cannot load: .*tar"):
        Docker(around(docker_engine))._load(iter([b"no archive" * 10_000]))


@pytest.mark.engine
@pytest.mark.xdist_group("podman")
def test_podman_has_it_under_its_names(tmp_path: Path) -> None:
    env = podman_environment(tmp_path)
    podman = Podman(Surroundings(env=env, find=here))
    assert podman.answers()

    assert sorted(podman.load(cargo(made(), NAME, "hello:latest"))) == ["localhost/hello:latest", NAME]
    listed = subprocess.run(["podman", "images", "--noheading", "--format", "{{.Repository}}:{{.Tag}}"], env=env,
                            capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert sorted(listed.split()) == ["localhost/hello:latest", NAME]


@pytest.mark.engine
@pytest.mark.xdist_group("podman")
def test_podman_keeps_nothing_of_an_image_that_is_damaged(tmp_path: Path) -> None:
    env = podman_environment(tmp_path)

    with pytest.raises(DigestMismatchError):
        Podman(Surroundings(env=env, find=here)).load(damaged(made()))
    assert subprocess.run(["podman", "images", "--quiet"], env=env, capture_output=True, check=True).stdout == b""


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_containerd_has_it_in_the_namespace(containerd: Daemon) -> None:
    env = {**os.environ, "CONTAINERD_ADDRESS": str(containerd.socket)}
    engine = Containerd(Surroundings(env=env, find=here), "k8s.io")
    assert engine.answers()

    assert engine.load(cargo(made(), "hello")) == ("docker.io/library/hello:latest",)
    listed = containerd.run("--namespace", "k8s.io", "images", "ls", "--quiet")
    assert listed.split() == ["docker.io/library/hello:latest"]
    assert "hello" not in containerd.run("images", "ls", "--quiet")
    containerd.run("--namespace", "k8s.io", "images", "rm", "--sync", "docker.io/library/hello:latest")


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_containerd_takes_an_image_of_another_architecture(containerd: Daemon) -> None:
    env = {**os.environ, "CONTAINERD_ADDRESS": str(containerd.socket)}
    image = make_image(architecture="arm64", variant="v8")

    assert Containerd(Surroundings(env=env, find=here)).load(cargo(image, "other:1")) == ("docker.io/library/other:1",)
    assert "linux/arm64" in containerd.run("images", "ls", "name==docker.io/library/other:1")
    containerd.run("images", "rm", "--sync", "docker.io/library/other:1")


@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_the_verb_loads_from_a_layout(
    docker_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_layout(tmp_path / "out", {"hello:latest": made()})
    monkeypatch.setenv("DOCKER_HOST", docker_engine.address)

    assert main(["load", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == "hello:latest is in docker\n"
    assert main(["load", str(tmp_path / "out"), "hello", "--into", "docker", "--name", NAME, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["names"] == [NAME]
    docker_engine.run("image", "rm", "hello:latest", NAME)


def test_no_engine_is_told_with_what_to_install() -> None:
    nowhere = Surroundings(env={"DOCKER_HOST": "unix:///nowhere/docker.sock"}, find=lambda name: None)

    with pytest.raises(EngineError, match="cannot find a container engine on this machine") as refused:
        engine_for(None, nowhere)
    assert refused.value.hint == "install docker.io, podman or containerd"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (EngineName.docker, r"^docker: cannot reach unix:///nowhere/docker.sock: No such file or directory$"),
        (EngineName.podman, r"^podman: is not installed$"),
        (EngineName.containerd, r"^containerd: its client ctr is not installed$"),
    ],
)
def test_an_engine_that_was_asked_for_and_is_not_there_is_told(name: EngineName, message: str) -> None:
    nowhere = Surroundings(env={"DOCKER_HOST": "unix:///nowhere/docker.sock"}, find=lambda name: None)

    with pytest.raises(EngineError, match=message):
        engine_for(name, nowhere).load(cargo(make_image()))


def test_a_containerd_that_is_not_running_is_told() -> None:
    nowhere = Surroundings(env={"CONTAINERD_ADDRESS": "/nowhere/c.sock"}, find=lambda name: f"/nowhere/{name}")

    with pytest.raises(EngineError, match=r"^containerd: is not running here: there is no socket /nowhere/c\.sock$"):
        engine_for(EngineName.containerd, nowhere).load(cargo(make_image()))


def test_programs_run_in_a_sandbox_where_there_is_no_engine(tmp_path: Path) -> None:
    nowhere = Surroundings(env={"DOCKER_HOST": "unix:///nowhere/docker.sock"}, find=lambda name: None)
    host = architecture("amd64")

    assert runner_for(None, nowhere, host=host, corner=tmp_path).name == "unshare"
    assert runner_for(RunnerName.sandbox, nowhere, host=host, corner=tmp_path).name == "unshare"
    with pytest.raises(EngineError, match="docker: cannot run programs without its command line"):
        runner_for(RunnerName.docker, nowhere, host=host, corner=tmp_path)


def test_a_program_that_stops_reading_has_its_say() -> None:
    stops = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(9); sys.exit('first\\nno room left')")

    with pytest.raises(EngineError, match=r"^it: cannot load: no room left$"):
        feed("it", stops, iter([bytes(100_000)] * 100))


def test_a_program_never_sees_an_end_that_is_none(tmp_path: Path) -> None:
    """What fails in the middle must not look whole: the program is ended before it hears that there is no more."""
    mark = tmp_path / "read to the end"
    reads = (sys.executable, "-c", f"import sys; sys.stdin.buffer.read(); open({str(mark)!r}, 'w')")

    def pieces():  # type: ignore[no-untyped-def]
        yield b"first"
        raise UsageError("no more")

    with pytest.raises(UsageError, match="no more"):
        feed("it", reads, pieces())
    assert not mark.exists()


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(EngineError, match='cannot run "/nowhere/program": No such file or directory'):
        feed("it", ("/nowhere/program",), iter([b""]))
