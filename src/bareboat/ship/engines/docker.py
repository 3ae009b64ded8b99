"""Docker: images go in through its API, programs run by its command line.

Docker Engine API, "ImageLoad", "SystemPing", "SystemVersion"; no version is named in the path, so the engine's own
answers.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from bareboat.base.errors import EngineError
from bareboat.oci.descriptor import Platform
from bareboat.ship.engines.command_line import Client, EngineRunner
from bareboat.ship.engines.docker_host import DockerHost, docker_host
from bareboat.ship.engines.engine import Cargo, Surroundings
from bareboat.ship.engines.feeding import feed
from bareboat.ship.running.runner import Runner
from bareboat.store.limits import MIB

_SHORT_S = 5.0
_LONG_S = 600.0
_MOST_ANSWER_BYTES = 16 * MIB
_TLS_PORT, _PLAIN_PORT = 2376, 2375
_LOADED = ("Loaded image: ", "Loaded image ID: ")


class Docker:
    """The engine that `docker` asks; see `docker_host`."""

    name = "docker"

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def answers(self) -> bool:
        """As `Engine.answers`."""
        host = docker_host(self._around.env)
        if host is None:
            return False
        if _by_api(host):
            try:
                return self._asked(host, "/_ping")[0] == http.client.OK
            except EngineError:
                return False
        client = self._client(host)
        return client is not None and client.attempt("version").returncode == 0

    def load(self, cargo: Cargo) -> tuple[str, ...]:
        """As `Engine.load`."""
        return self._load(cargo.as_docker())

    def runner(self) -> Runner | None:
        """As `Engine.runner`; None where the command line is not installed."""
        host = self._host()
        client = self._client(host)
        return None if client is None else EngineRunner(client, self._load, self._platform(host, client))

    def _host(self) -> DockerHost:
        host = docker_host(self._around.env)
        if host is None:
            raise EngineError("docker: is not running here", hint="start it, or say where it is in DOCKER_HOST")
        return host

    def _client(self, host: DockerHost) -> Client | None:
        program = self._around.find("docker")
        if program is None:
            return None
        return Client(name=self.name, words=(program, *host.options), env=self._around.env, local=_is_local(host))

    def _platform(self, host: DockerHost, client: Client) -> Platform:
        """What the engine runs, which need not be this machine."""
        if _by_api(host):
            version = json.loads(self._asked(host, "/version")[1])
            return Platform(os=str(version.get("Os")), architecture=str(version.get("Arch")))
        said = client.ask("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}", what="ask what it runs")
        return Platform.parse(said.strip())

    def _load(self, pieces: Iterator[bytes]) -> tuple[str, ...]:
        host = self._host()
        if not _by_api(host):
            client = self._client(host)
            if client is None:
                what = f"docker: cannot reach {host.address} without its command line"
                raise EngineError(what, hint="install docker's command line")
            said = feed(self.name, (*client.words, "load"), pieces, self._around.env)
            return tuple(_names(said.splitlines()))
        status, answer = self._asked(host, "/images/load?quiet=1", pieces)
        lines = [_object(line) for line in answer.splitlines() if line.strip()]
        errors = [str(line[key]) for line in lines for key in ("error", "message") if key in line]
        if status != http.client.OK or errors:
            raise EngineError(f"docker: cannot load: {errors[0] if errors else f'it answers {status}'}")
        return tuple(_names(str(line.get("stream") or "").strip() for line in lines))

    def _asked(self, host: DockerHost, path: str, pieces: Iterator[bytes] | None = None) -> tuple[int, bytes]:
        """The status and the body of an answer.

        Raises:
            EngineError: When nobody answers.
        """
        try:
            with closing(_connection(host, _SHORT_S if pieces is None else _LONG_S)) as connection:
                if pieces is None:
                    connection.request("GET", path)
                else:
                    _send(connection, path, pieces)
                answer = connection.getresponse()
                return answer.status, answer.read(_MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as fault:
            hint = "may you use it? docker's group can, and root" if isinstance(fault, PermissionError) else None
            reason = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
            raise EngineError(f"docker: cannot reach {host.address}: {reason}", hint=hint) from fault


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket that is a file."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _is_local(host: DockerHost) -> bool:
    """Whether its containers run on this machine's kernel; elsewhere than on Linux there is a machine in between."""
    return sys.platform == "linux" and host.address.startswith("unix:")


def _by_api(host: DockerHost) -> bool:
    """Whether we can speak to the engine ourselves; ssh, for one, is left to the command line of docker."""
    return urlsplit(host.address).scheme in ("unix", "tcp", "http", "https")


def _connection(host: DockerHost, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(host.address)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path or parts.netloc, timeout_s)
    name = parts.hostname or "localhost"
    if host.tls is None and parts.scheme != "https":
        return http.client.HTTPConnection(name, parts.port or _PLAIN_PORT, timeout=timeout_s)
    context = ssl.create_default_context(cafile=_existing(host.tls, "ca.pem"))
    if certificate := _existing(host.tls, "cert.pem"):
        context.load_cert_chain(certificate, _existing(host.tls, "key.pem"))
    return http.client.HTTPSConnection(name, parts.port or _TLS_PORT, timeout=timeout_s, context=context)


def _existing(folder: Path | None, name: str) -> str | None:
    return str(folder / name) if folder is not None and (folder / name).is_file() else None


def _send(connection: http.client.HTTPConnection, path: str, pieces: Iterator[bytes]) -> None:
    """Send a tar of unknown length in chunks.

    RFC 9112, 7.1: an engine that refuses may answer, and close, before it has read everything: the answer counts.
    """
    headers = {"Content-Type": "application/x-tar", "Transfer-Encoding": "chunked"}
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", path, body=pieces, headers=headers, encode_chunked=True)


def _object(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _names(lines: Iterator[str] | list[str]) -> Iterator[str]:
    for line in lines:
        for start in _LOADED:
            if line.startswith(start):
                yield line.removeprefix(start).strip()
