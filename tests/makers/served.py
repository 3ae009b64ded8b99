"""A layout served by `ship.serve` on the loopback interface, and a client that shows everything that came."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bareboat.ship.serve.app import registry_app
from bareboat.ship.serve.server import listening, server_of
from bareboat.ship.serve.shelf import Shelf
from bareboat.store.archived import open_images


@dataclass(frozen=True)
class Got:
    """One answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the only error."""
        (error,) = self.json["errors"]
        return str(error["code"])


@dataclass(frozen=True)
class Served:
    """A registry that runs: `host` is `127.0.0.1:port`, `warnings` what it said."""

    host: str
    warnings: list[str] = field(default_factory=list)

    def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        """Ask; `if_none_match=…` is the header If-None-Match."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@contextmanager
def running(app: Any) -> Iterator[str]:
    """`app` on a port of its own, which is what comes: `127.0.0.1:port`."""
    listener = listening("127.0.0.1", 0)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def served(place: Path) -> Iterator[Served]:
    """The layout or archive at `place` as a registry."""
    warnings: list[str] = []
    with running(registry_app(Shelf(open_images, place, warnings.append))) as host:
        yield Served(host, warnings)
