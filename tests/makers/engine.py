"""A container engine for tests: the one that runs on this machine, or a private one that ends with the session.

The private dockerd has no bridge and no firewall rules, so containers run with `--network none`, and it may run as root
inside a container.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_DEFAULT_SOCKET = Path("/var/run/docker.sock")
_START_S = 90
_COMMAND_S = 300


class Engine:
    """A Docker engine behind its address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(self, *arguments: str | Path, data: bytes | None = None) -> str:
        """What `docker ARGUMENTS` prints on either stream; fails the test when it fails."""
        done = self.attempt(*arguments, data=data)
        text = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode == 0, f"docker {' '.join(map(str, arguments))}: {text}"
        return text

    def attempt(self, *arguments: str | Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """`docker ARGUMENTS`, whether it succeeds or not."""
        command = ["docker", "--host", self.address, *map(str, arguments)]
        return subprocess.run(command, input=data, capture_output=True, check=False, timeout=_COMMAND_S)

    def answers(self) -> bool:
        """Whether an engine is there."""
        return self.attempt("version").returncode == 0


class Containerd:
    """A containerd behind its socket."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def run(self, *arguments: str | Path) -> str:
        """What `ctr ARGUMENTS` prints; fails the test when it fails."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"ctr {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`ctr ARGUMENTS`, whether it succeeds or not."""
        command = ["ctr", "--address", str(self.socket), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_COMMAND_S)


@contextmanager
def an_engine() -> Iterator[Engine]:
    """The engine of this machine, or a private one for as long as the block lasts."""
    present = _present()
    if present is not None:
        yield present
        return
    # A socket's path may have 108 bytes at most, which pytest's own folders can exceed.
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    try:
        with _private(folder) as engine:
            yield engine
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """An engine, for tests marked `engine`."""
    with an_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def containerd() -> Iterator[Containerd]:
    """A private containerd, which kubernetes nodes run and newer Docker engines keep their images in."""
    folder = Path(tempfile.mkdtemp(prefix="containerd-"))
    try:
        with _private_containerd(folder) as daemon:
            yield daemon
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def podman_environment(folder: Path) -> dict[str, str]:
    """An environment in which podman keeps everything in `folder`, and asks for no more than this machine allows."""
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
    )
    (folder / "containers.conf").write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n')
    settings = {"CONTAINERS_STORAGE_CONF": "storage.conf", "CONTAINERS_CONF": "containers.conf"}
    return {**os.environ, **{name: str(folder / file) for name, file in settings.items()}}


def _present() -> Engine | None:
    addresses = [os.environ["DOCKER_HOST"]] if os.environ.get("DOCKER_HOST") else []
    if _DEFAULT_SOCKET.exists():
        addresses.append(f"unix://{_DEFAULT_SOCKET}")
    return next((engine for engine in map(Engine, addresses) if engine.answers()), None)


@contextmanager
def _private(folder: Path) -> Iterator[Engine]:
    command: list[str | Path] = [
        *("dockerd", "--iptables=false", "--bridge=none", "--host", f"unix://{folder}/docker.sock"),
        *("--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid"),
    ]
    engine = Engine(f"unix://{folder}/docker.sock")
    with running(command, folder / "log", engine.answers):
        yield engine


@contextmanager
def _private_containerd(folder: Path) -> Iterator[Containerd]:
    daemon = Containerd(folder / "containerd.sock")
    (folder / "config.toml").write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
    command: list[str | Path] = [
        *("containerd", "--config", folder / "config.toml", "--address", daemon.socket),
        *("--root", folder / "root", "--state", folder / "state"),
    ]
    with running(command, folder / "log", lambda: daemon.attempt("version").returncode == 0):
        yield daemon


@contextmanager
def running(command: list[str | Path], log: Path, answers: Callable[[], bool]) -> Iterator[None]:
    """A daemon that answers, ended by its own process id."""
    with log.open("wb") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + _START_S
        while not answers():
            assert daemon.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')[-4000:]}"
            assert time.monotonic() < end, f"{command[0]} did not start: {log.read_text(errors='replace')[-4000:]}"
            time.sleep(0.2)
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(timeout=30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
