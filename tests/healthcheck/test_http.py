"""The check by HTTP: the status of the answer decides, whatever else a server does."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.makers.peer import Peer, Script, Verdict, ask, read_head


def saying(answer: bytes) -> Script:
    """A script that hears a request, says `answer` and hangs up."""

    def script(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)

    return script


def verdict_on(answer: bytes, *options: str) -> Verdict:
    with Peer(saying(answer)) as peer:
        verdict = ask("http", *options, f"http://{peer.address}/healthz")
        return Verdict(verdict.code, verdict.line.replace(peer.address, "HOST"))


@pytest.mark.parametrize(
    ("answer", "options", "code", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", (), 0, "healthy: http://HOST/healthz answers 200"),
        (b"HTTP/1.0 204 No Content\r\n\r\n", (), 0, "healthy: http://HOST/healthz answers 204"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", (), 0, "healthy: http://HOST/healthz answers 302"),
        (b"HTTP/1.1 399\r\n\r\n", (), 0, "healthy: http://HOST/healthz answers 399"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", (), 1, "unhealthy: http://HOST/healthz answers 400"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", (), 1, "unhealthy: http://HOST/healthz answers 503"),
        (b"HTTP/1.1 199 Odd\n\nHTTP/1.1 200 OK\n\n", (), 0, "healthy: http://HOST/healthz answers 200"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 500 No\r\n\r\n", (), 1,
            "unhealthy: http://HOST/healthz answers 500"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", (), 1, "unhealthy: http://HOST/healthz answers 101"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", ("--status", "200-299,404"), 0,
            "healthy: http://HOST/healthz answers 404"),
        (b"HTTP/1.1 302 Found\r\n\r\n", ("--status=200",), 1, "unhealthy: http://HOST/healthz answers 302"),
        (b"", (), 1, "unhealthy: http://HOST/healthz closed the connection without an answer"),
        (b"HTTP/1.1 20", (), 1, "unhealthy: http://HOST/healthz closed the connection in the middle of its answer"),
        (b"HTTP/1.1 100 Continue\r\nA: b\r\n", (), 1,
            "unhealthy: http://HOST/healthz closed the connection in the middle of its answer"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", (), 1, "unhealthy: http://HOST/healthz does not answer in HTTP/1.1"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", (), 1, "unhealthy: http://HOST/healthz does not answer in HTTP/1.1"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", (), 1, "unhealthy: http://HOST/healthz does not answer in HTTP/1.1"),
        (b"\x15\x03\x01\x00\x02\x02\x46", (), 1, "unhealthy: http://HOST/healthz does not answer in HTTP/1.1"),
        (b"\x00" * 100_000, (), 1, "unhealthy: http://HOST/healthz does not answer in HTTP/1.1"),
    ],
)  # fmt: skip
def test_the_first_final_status_decides(answer: bytes, options: tuple[str, ...], code: int, said: str) -> None:
    assert verdict_on(answer, *options) == Verdict(code, said)


def test_the_request_is_what_servers_expect() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        peer.received.append(read_head(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with Peer(script) as peer:
        ask("http", f"http://{peer.address}/a/b?c=%20d")
        ask("http", "--header", "Host: shop.example", "--header=X-Probe: yes", f"http://{peer.address}?deep")

    rest = "User-Agent: healthcheck/1.0.0\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    assert peer.received[0].decode() == f"GET /a/b?c=%20d HTTP/1.1\r\nHost: {peer.address}\r\n{rest}"
    assert peer.received[1].decode() == f"GET /?deep HTTP/1.1\r\nHost: shop.example\r\nX-Probe: yes\r\n{rest}"


def test_a_server_of_the_standard_library_ends_its_work_in_peace() -> None:
    """A client that hangs up early makes servers log errors every few seconds."""
    wrote: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            wrote.extend(self.wfile.write(b"x" * 1024) for _ in range(40))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            assert ask("http", url) == Verdict(0, f"healthy: {url} answers 200")
        finally:
            server.shutdown()
            thread.join()
    assert wrote == [1024] * 40


def test_a_socket_in_the_file_system_is_asked(tmp_path: Path) -> None:
    with Peer(saying(b"HTTP/1.1 200 OK\r\n\r\n"), path=tmp_path / "s") as peer:
        assert peer.address == f"unix:{tmp_path}/s"
        assert ask("http", "--socket", f"{tmp_path}/s", "http://localhost/x") == Verdict(
            0, "healthy: http://localhost/x answers 200"
        )


def test_localhost_is_both_addresses() -> None:
    for host in ("127.0.0.1", "::1"):
        with Peer(saying(b"HTTP/1.1 200 OK\r\n\r\n"), host=host) as peer:
            assert ask("http", f"http://localhost:{peer.port}/").code == 0
            assert ask("http", f"http://{peer.address}/").code == 0


def test_nobody_listening_is_said() -> None:
    with Peer(lambda connection: None) as peer:
        url = f"http://{peer.address}/"
    assert ask("http", url) == Verdict(1, f"unhealthy: cannot connect to {url}: nobody listens there")


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 20", b"HTTP/1.1 100 Continue\r\nX: "],
    ids=["silence", "half a status", "half an interim answer"],
)
def test_a_server_that_goes_on_for_ever_runs_into_the_timeout(answer: bytes) -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)
        while not peer.closing.wait(0.02):
            if answer.endswith(b": "):
                connection.sendall(b"x")  # a drip that never ends a line

    with Peer(script) as peer:
        url = f"http://{peer.address}/"
        assert ask("http", "--timeout", "300ms", url) == Verdict(1, f"unhealthy: {url} did not answer within 300ms")


def test_a_body_that_never_ends_changes_nothing() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.closing.is_set():
            connection.sendall(b"x" * 65536)

    with Peer(script) as peer:
        assert ask("http", f"http://{peer.address}/").code == 0


def test_a_body_that_drips_changes_nothing() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not peer.closing.wait(0.02):
            connection.sendall(b"x")

    with Peer(script) as peer:
        assert ask("http", "--timeout", "30s", f"http://{peer.address}/").code == 0


def test_interim_answers_without_end_are_refused() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        read_head(connection)
        while not peer.closing.is_set():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with Peer(script) as peer:
        url = f"http://{peer.address}/"
        assert ask("http", url) == Verdict(1, f"unhealthy: {url} sends interim answers without end")


def test_a_server_that_takes_no_request_is_not_well() -> None:
    peer: Peer

    def script(connection: socket.socket) -> None:
        peer.closing.wait()

    with Peer(script) as peer:
        url = f"http://{peer.address}/"
        assert ask("http", "--timeout", "200ms", "--header", f"X: {'y' * 7000}", url).code == 1
