"""A server on the loopback interface that does to each connection what a script says, and the health check's program.

    with Peer(lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")) as peer:
        assert ask("http", f"http://{peer.address}/").code == 0
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

from bareboat.base.platform import ARCHITECTURES, Architecture, architecture

HERE = architecture(subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip())
_LONGEST_S = 60

Script = Callable[[socket.socket], None]

QEMU = {
    "amd64": "x86_64", "arm64": "aarch64", "arm": "arm", "s390x": "s390x", "ppc64le": "ppc64le",
    "riscv64": "riscv64", "loong64": "loongarch64",
}  # fmt: skip
"""What QEMU calls our architectures."""


@dataclass(frozen=True)
class Verdict:
    """What the program said and how it ended."""

    code: int
    line: str


def program(arch: Architecture = HERE) -> Path:
    """The program of the component as Bareboat carries it."""
    path = Path(str(resources.files("bareboat.catalog").joinpath("healthcheck", arch.oci, "healthcheck")))
    path.chmod(path.stat().st_mode | 0o111)
    return path


def ask(*arguments: str, arch: Architecture = HERE, cwd: Path | None = None) -> Verdict:
    """The verdict of `healthcheck ARGUMENTS`, by emulation for another architecture."""
    command = [] if arch == HERE else [emulator(arch)]
    done = subprocess.run(
        [*command, str(program(arch)), *arguments], capture_output=True, check=False, timeout=_LONGEST_S, cwd=cwd,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stderr == b""
    return Verdict(done.returncode, done.stdout.decode("ascii").removesuffix("\n"))


def emulator(arch: Architecture) -> str:
    """QEMU's program for an architecture, which Debian 12 calls `…-static` and later releases do not."""
    name = f"qemu-{QEMU[arch.oci]}"
    return shutil.which(f"{name}-static") or name


class Peer:
    """Runs `script` on every connection, each in a thread of its own, and closes it in the end.

    `received` has what each script put there; `closing` is set when the block ends, for scripts that wait.
    """

    def __init__(self, script: Script, *, path: Path | None = None, host: str = "127.0.0.1") -> None:
        self.received: list[bytes] = []
        self.closing = threading.Event()
        self._script = script
        if path is not None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(path))
        else:
            self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            self._socket.bind((host, 0))
        self._socket.listen()
        self._name = self._socket.getsockname()
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._listener = threading.Thread(target=self._listen)

    @property
    def port(self) -> int:
        """The port that was free."""
        return int(self._name[1])

    @property
    def address(self) -> str:
        """`127.0.0.1:<port>`, `[::1]:<port>`, or `unix:<path>`."""
        name = self._name
        if isinstance(name, str):
            return f"unix:{name}"
        return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._socket.close()
        for connection in self._connections:
            _hang_up(connection)
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._script(connection)
        except OSError:  # the other side went away
            pass
        finally:
            _hang_up(connection)
            connection.close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def read_head(connection: socket.socket) -> bytes:
    """A request of HTTP/1 up to the empty line."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more:
            break
        head += more
    return head


EMULATED = tuple(arch for arch in ARCHITECTURES if arch != HERE)
