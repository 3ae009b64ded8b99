"""Docker's engine is looked for where docker itself looks, and reached over any kind of socket."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bareboat.base.errors import EngineError, UsageError
from bareboat.ship.engines.docker import Docker
from bareboat.ship.engines.docker_host import DockerHost, docker_host
from bareboat.ship.engines.engine import Cargo, Surroundings
from tests.makers.image import make_image


def listening(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()
    return server


def context(home: Path, name: str, meta: object) -> Path:
    folder = home / ".docker" / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))
    return home / ".docker" / "contexts" / "tls" / folder.name / "docker"


def chosen(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name, "auths": {}}))


NOWHERE = Path("/nowhere/docker.sock")


def test_the_environment_decides_first(tmp_path: Path) -> None:
    chosen(tmp_path, "other")
    env = {"HOME": str(tmp_path), "DOCKER_HOST": "tcp://engine.example:2376"}

    assert docker_host(env) == DockerHost(address="tcp://engine.example:2376")
    tls = {**env, "DOCKER_TLS_VERIFY": "1"}
    assert docker_host(tls) == DockerHost(address="tcp://engine.example:2376", tls=tmp_path / ".docker")
    assert docker_host({**tls, "DOCKER_CERT_PATH": "/certs"}).tls == Path("/certs")  # type: ignore[union-attr]


def test_a_chosen_context_comes_next(tmp_path: Path) -> None:
    tls = context(tmp_path, "far", {"Name": "far", "Endpoints": {"docker": {"Host": "tcp://far.example:2376"}}})
    tls.mkdir(parents=True)
    context(tmp_path, "near", {"Endpoints": {"docker": {"Host": "unix:///near.sock"}}})
    chosen(tmp_path, "far")
    env = {"HOME": str(tmp_path)}

    far = DockerHost(address="tcp://far.example:2376", tls=tls, options=("--context", "far"))
    assert docker_host(env, NOWHERE) == far
    near = DockerHost(address="unix:///near.sock", options=("--context", "near"))
    assert docker_host({**env, "DOCKER_CONTEXT": "near"}, NOWHERE) == near


@pytest.mark.parametrize("meta", [None, "{", {"Endpoints": {}}, []])
def test_a_context_that_cannot_be_read_is_told(tmp_path: Path, meta: object) -> None:
    if meta is not None:
        context(tmp_path, "far", meta)

    with pytest.raises(UsageError, match='cannot read the docker context "far"'):
        docker_host({"HOME": str(tmp_path), "DOCKER_CONTEXT": "far"})


@pytest.mark.parametrize("text", ["{", "[]", '{"currentContext": 7}', '{"currentContext": "default"}'])
def test_settings_that_choose_no_context_choose_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text)

    assert docker_host({"HOME": str(tmp_path)}, NOWHERE) is None


def test_usual_sockets_come_last_those_without_root_at_the_very_end(short: Path) -> None:
    env = {"HOME": str(short), "XDG_RUNTIME_DIR": str(short / "run")}
    with listening(short / ".docker/run/docker.sock"):
        desktop = f"unix://{short}/.docker/run/docker.sock"
        assert docker_host(env, NOWHERE) == DockerHost(address=desktop, options=("--host", desktop))
        with listening(short / "run/docker.sock"):
            rootless = f"unix://{short}/run/docker.sock"
            assert docker_host(env, NOWHERE) == DockerHost(address=rootless, options=("--host", rootless))
            with listening(short / "usual.sock"):
                assert docker_host(env, short / "usual.sock") == DockerHost(address=f"unix://{short}/usual.sock")


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a short name: the path of a socket has 108 bytes at most."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="s-"))
    yield folder
    shutil.rmtree(folder)


class Pretending(BaseHTTPRequestHandler):
    """An engine that says what it was told to say."""

    protocol_version = "HTTP/1.1"
    answer: tuple[int, bytes] = (200, b"")
    reads = True
    taken: list[bytes]

    def do_GET(self) -> None:
        self._answer(200, b"OK")

    def do_POST(self) -> None:
        self.taken.append(self.path.encode())
        while self.reads and (size := int(self.rfile.readline(), 16)):
            self.taken.append(self.rfile.read(size))
            self.rfile.readline()
        self._answer(*self.answer)

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def pretending(status: int, *lines: object, reads: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    data = b"".join(json.dumps(line).encode() + b"\r\n" for line in lines)
    handler = type("Handler", (Pretending,), {"answer": (status, data), "reads": reads, "taken": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_port}", handler.taken  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def docker(address: str) -> Docker:
    return Docker(Surroundings(env={"DOCKER_HOST": address, "HOME": "/nowhere"}, find=lambda name: None))


def cargo() -> Cargo:
    image = make_image()
    return Cargo(images=image.blobs, manifest=image.descriptor, names=("hello:1",))  # type: ignore[arg-type]


def test_an_engine_over_tcp_gets_the_image_in_chunks() -> None:
    with pretending(200, {"stream": "Loaded image: hello:1\n"}) as (address, taken):
        engine = docker(address)

        assert engine.answers()
        assert engine.load(cargo()) == ("hello:1",)
    assert taken[0] == b"/images/load?quiet=1"
    assert b"".join(taken[1:]) == b"".join(cargo().as_docker())


@pytest.mark.parametrize(
    ("status", "lines", "message"),
    [
        (200, [{"errorDetail": {"message": "no space"}, "error": "no space"}], "docker: cannot load: no space"),
        (500, [{"message": "archive/tar: invalid"}], "docker: cannot load: archive/tar: invalid"),
        (503, [], "docker: cannot load: it answers 503"),
    ],
)
@pytest.mark.parametrize("reads", [True, False])
def test_what_the_engine_refuses_is_told(status: int, lines: list[object], message: str, reads: bool) -> None:
    with pretending(status, *lines, reads=reads) as (address, _), pytest.raises(EngineError) as refused:
        docker(address).load(cargo())

    assert refused.value.message == message or (not reads and "cannot reach" in refused.value.message)


def test_an_engine_that_is_gone_is_told() -> None:
    with pretending(200) as (address, _):
        pass

    assert not docker(address).answers()
    with pytest.raises(EngineError, match=r"docker: cannot reach tcp://127\.0\.0\.1:[0-9]+: Connection refused"):
        docker(address).load(cargo())


def test_an_address_that_only_the_command_line_can_reach_needs_it() -> None:
    with pytest.raises(EngineError, match=r"docker: cannot reach ssh://far\.example without its command line"):
        docker("ssh://far.example").load(cargo())
