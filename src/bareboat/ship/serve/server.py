"""The program that listens: a socket, uvicorn on it, and a clean end."""

from __future__ import annotations

import errno
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from bareboat.base.errors import StoreError, UsageError

_BACKLOG = 2048
_LAST_ANSWERS_S = 5
_IDLE_S = 75
_ANOTHER = "choose another with --port, or --port 0 for any that is free"


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port`; port 0 means any that is free.

    Raises:
        UsageError: When the port is in use, or this machine has no such address.
        StoreError: When this machine refuses otherwise.
    """
    where = f'"{host}", port {port}'
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as fault:
        raise UsageError(f'cannot listen at "{host}": there is no such address', hint="such as 127.0.0.1") from fault
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as fault:
        listener.close()
        match fault.errno:
            case errno.EADDRINUSE:
                raise UsageError(f"cannot listen at {where}: the port is in use", hint=_ANOTHER) from fault
            case errno.EADDRNOTAVAIL:
                raise UsageError(f"cannot listen at {where}: this machine has no such address") from fault
            case errno.EACCES:
                raise UsageError(f"cannot listen at {where}: ports below 1024 are root's", hint=_ANOTHER) from fault
        raise StoreError(f"cannot listen at {where}: {fault.strerror}") from fault
    return listener


def address_of(listener: socket.socket) -> str:
    """`http://127.0.0.1:5000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: Any, listener: socket.socket) -> None:
    """Answer on `listener` until an interrupt or a signal to terminate; answers that have begun are ended first."""
    _many_files()
    with _signals_end_it():
        server_of(app).run(sockets=[listener])


def server_of(app: Any) -> uvicorn.Server:
    """The server for `app`, which says nothing by itself."""
    return uvicorn.Server(
        uvicorn.Config(
            app, http="h11", ws="none", loop="asyncio", lifespan="off", log_config=None, log_level="critical",
            access_log=False, server_header=False, backlog=_BACKLOG, timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_LAST_ANSWERS_S,
        )
    )  # fmt: skip


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """uvicorn ends on these signals and passes them on afterwards, when there is nothing left to end."""
    before = {one: signal.signal(one, lambda *_: None) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _many_files() -> None:
    """Each client is an open file: have as many as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
