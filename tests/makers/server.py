"""A hostile HTTP server on the loopback interface, driven by the same answers as `store.remembered`."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from bareboat.store.remembered import Answer, RememberedResponse
from bareboat.store.transport import TransientError


class Server:
    """Serves answers by path from a port of its own; what it does not know is not there (404).

    An answer that is `silent` takes the request and says nothing until the server is closed.
    Every request is remembered with its headers, names in lower case.
    With a `certificate` (a PEM file with key and certificate) it speaks HTTPS.
    """

    def __init__(
        self, pages: Mapping[str, bytes | Answer | Sequence[Answer]], *, certificate: Path | None = None
    ) -> None:
        self.pages = dict(pages)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.most_at_a_time = 0
        self._at_a_time = 0
        self._clients: list[tuple[str, int]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._scheme = "http" if certificate is None else "https"
        self._server = _Listener(self, certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """`127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str, *, login: str = "") -> str:
        """The address of `path`; `login` is `user:password@`."""
        return f"{self._scheme}://{login}{self.host}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [path for path, _ in self.requests]

    def clients(self) -> set[tuple[str, int]]:
        """The other ends of all connections so far."""
        return set(self._clients)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request as the script says."""
        with self._lock:
            self._clients.append(handler.client_address)
            earlier = self.paths().count(handler.path)
            self.requests.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}))
            self._at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self._at_a_time)
        try:
            self._say(handler, self._chosen(handler.path, earlier))
        finally:
            with self._lock:
                self._at_a_time -= 1

    def _chosen(self, path: str, earlier: int) -> Answer:
        page = self.pages.get(path, Answer(status=404))
        if isinstance(page, bytes):
            return Answer(body=page)
        return page if isinstance(page, Answer) else page[min(earlier, len(page) - 1)]

    def _say(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.silent:
            self._closing.wait(30)
            handler.close_connection = True
            return
        asked = handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0]
        response = RememberedResponse(answer, int(asked) if answer.ranges else 0)
        handler.send_response(response.status)
        for name, value in response.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            for chunk in response.chunks():
                handler.wfile.write(chunk)
        except TransientError:
            handler.close_connection = True
        if answer.lengthless:
            handler.close_connection = True


class _Listener(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, script: Server, certificate: Path | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                script.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._sockets: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
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
