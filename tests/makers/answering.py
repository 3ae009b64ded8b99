"""A server on the loopback interface that answers every method of HTTP, and remembers what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request; the names of the headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False, default=b"")

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def queries(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(frozen=True)
class Said:
    """One answer.

    `length` is what Content-Length says, when not the truth; `breaks_after` how many bytes are sent before the
    connection is closed; `hangs_up` closes it without a word.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    breaks_after: int | None = None
    hangs_up: bool = False


class Answering:
    """Answers on a port of its own, as `answer` of who inherits says.

    With a `certificate` (PEM with key and certificate) it speaks HTTPS; with `clients`, it asks for one of theirs.
    """

    def __init__(self, *, certificate: Path | None = None, clients: Path | None = None) -> None:
        self.requests: list[Asked] = []
        self.most_at_a_time = 0
        self._at_a_time = 0
        self._lock = threading.Lock()
        self._scheme = "http" if certificate is None else "https"
        self._server = _Listener(self, certificate, clients)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """`127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"{self._scheme}://{self.host}"

    def asked(self, method: str = "", part: str = "") -> list[Asked]:
        """The requests of a method whose target has `part` in it."""
        return [one for one in self.requests if method in ("", one.method) and part in one.target]

    def answer(self, asked: Asked) -> Said:
        """What to say; may be called by several threads."""
        raise NotImplementedError

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Read one request and answer it."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, handler.path, headers, body)
        with self._lock:
            self.requests.append(asked)
            self._at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self._at_a_time)
        try:
            self._say(handler, self.answer(asked))
        finally:
            with self._lock:
                self._at_a_time -= 1

    def _say(self, handler: BaseHTTPRequestHandler, said: Said) -> None:
        if said.hangs_up:
            handler.close_connection = True
            return
        handler.send_response(said.status)
        for name, value in said.headers.items():
            handler.send_header(name, value)
        if said.status != 204:
            handler.send_header("Content-Length", str(len(said.body) if said.length is None else said.length))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(said.body if said.breaks_after is None else said.body[: said.breaks_after])
        if said.breaks_after is not None or said.length is not None:
            handler.close_connection = True
        handler.wfile.flush()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, script: Answering, certificate: Path | None, clients: Path | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                script.handle(self)

            do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  names of http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._sockets: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            if clients is not None:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients)
            # The handshake belongs to the thread of the client, not to the one that listens.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._sockets.append(connection)
        return connection, address

    def hang_up(self) -> None:
        for connection in self._sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""
