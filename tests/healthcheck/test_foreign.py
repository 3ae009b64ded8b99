"""The program of every other architecture does what the one of this machine does, by QEMU's user mode."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bareboat.base.platform import Architecture
from tests.makers.http2 import HUFFMAN_TRAILERS, NOT_SERVING, SERVING, answer, serving
from tests.makers.peer import EMULATED, Peer, Verdict, ask, read_head

pytestmark = [pytest.mark.emulated, pytest.mark.parametrize("arch", EMULATED, ids=str)]


def test_http(arch: Architecture) -> None:
    def script(connection: socket.socket) -> None:
        status = b"200 OK" if b"/well" in read_head(connection) else b"500 No"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")

    for host in ("127.0.0.1", "::1"):
        with Peer(script, host=host) as peer:
            url = f"http://{peer.address}"
            assert ask("http", f"{url}/well", arch=arch) == Verdict(0, f"healthy: {url}/well answers 200")
            assert ask("http", f"{url}/ill", arch=arch) == Verdict(1, f"unhealthy: {url}/ill answers 500")


def test_grpc(arch: Architecture) -> None:
    with Peer(serving(answer(SERVING, trailers=HUFFMAN_TRAILERS))) as peer:
        assert ask("grpc", peer.address, arch=arch) == Verdict(0, f"healthy: {peer.address} is SERVING")
    with Peer(serving(answer(NOT_SERVING))) as peer:
        assert ask("grpc", peer.address, arch=arch) == Verdict(1, f"unhealthy: {peer.address} is NOT_SERVING")


def test_tcp_and_sockets(arch: Architecture, tmp_path: Path) -> None:
    with Peer(lambda connection: None, path=tmp_path / "s") as peer:
        assert ask("tcp", peer.address, arch=arch).code == 0
    with Peer(lambda connection: None) as peer:
        port = peer.port
        assert ask("tcp", f"localhost:{port}", arch=arch).code == 0
    assert ask("tcp", f"127.0.0.1:{port}", arch=arch).line.endswith(": nobody listens there")


def test_files_and_their_age(arch: Architecture, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    assert ask("file", str(ready), arch=arch).line == f"unhealthy: cannot look at {ready}: there is no such file"
    ready.touch()
    assert ask("file", "--younger-than", "1h", str(ready), arch=arch).code == 0


def test_programs(arch: Architecture) -> None:
    assert ask("exec", "/bin/true", arch=arch) == Verdict(0, "healthy: /bin/true ended with 0")
    assert ask("exec", "/bin/false", arch=arch) == Verdict(1, "unhealthy: /bin/false ended with 1")
    assert ask("exec", "/bin/none", arch=arch).line == "unhealthy: cannot run /bin/none: there is no such file"


def test_the_timeout(arch: Architecture) -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        peer.closing.wait()

    with Peer(script) as peer:
        verdict = ask("http", "--timeout", "500ms", f"http://{peer.address}/", arch=arch)
        assert verdict == Verdict(1, f"unhealthy: http://{peer.address}/ did not answer within 500ms")
    assert ask("exec", "--timeout", "500ms", "/bin/sleep", "1000", arch=arch).line.endswith(
        "did not end within 500ms"
    )
