"""Where Docker's engine is: what the environment says, else the chosen context, else the usual sockets.

Docker's manual, "Docker contexts" and "Environment variables" of the command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen

_USUAL = Path("/var/run/docker.sock")
_DEFAULT_CONTEXT = "default"


@frozen
class DockerHost:
    """The address of an engine.

    `tls` is the folder with `ca.pem`, `cert.pem` and `key.pem`, where the connection is by TLS.
    `options` are what tells the command line of docker to ask the same engine.
    """

    address: str
    tls: Path | None = None
    options: tuple[str, ...] = ()


def docker_host(env: Mapping[str, str], usual: Path = _USUAL) -> DockerHost | None:
    """The engine that `docker` would ask, or a rootless one where that is all there is; None for none.

    Raises:
        UsageError: When a context was chosen that cannot be read.
    """
    if address := env.get("DOCKER_HOST"):
        by_tls = env.get("DOCKER_TLS_VERIFY") or env.get("DOCKER_TLS")
        folder = Path(env.get("DOCKER_CERT_PATH") or _settings(env))
        return DockerHost(address=address, tls=folder if by_tls else None)
    settings = _settings(env)
    context = env.get("DOCKER_CONTEXT") or _chosen_context(settings / "config.json")
    if context and context != _DEFAULT_CONTEXT:
        return _context_host(settings, context)
    if usual.is_socket():
        return DockerHost(address=f"unix://{usual}")
    for socket in _further(env):
        if socket.is_socket():
            return DockerHost(address=f"unix://{socket}", options=("--host", f"unix://{socket}"))
    return None


def _settings(env: Mapping[str, str]) -> Path:
    return Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME") or "/") / ".docker")


def _chosen_context(config: Path) -> str:
    """`currentContext` of docker's settings; what else stands there, or stands there wrongly, is not our business."""
    try:
        document = json.loads(config.read_bytes())
    except (OSError, ValueError):
        return ""
    chosen = document.get("currentContext") if isinstance(document, dict) else None
    return chosen if isinstance(chosen, str) else ""


def _context_host(settings: Path, name: str) -> DockerHost:
    folder = sha256(name.encode()).hexdigest()
    meta = settings / "contexts" / "meta" / folder / "meta.json"
    try:
        address = json.loads(meta.read_bytes())["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, LookupError, TypeError) as fault:
        raise UsageError(
            f'cannot read the docker context "{name}"', hint="`docker context ls` lists them; or set DOCKER_HOST"
        ) from fault
    tls = settings / "contexts" / "tls" / folder / "docker"
    return DockerHost(address=str(address), tls=tls if tls.is_dir() else None, options=("--context", name))


def _further(env: Mapping[str, str]) -> list[Path]:
    """Sockets of engines without root, and of Docker Desktop."""
    found = [Path(env["XDG_RUNTIME_DIR"]) / "docker.sock"] if env.get("XDG_RUNTIME_DIR") else []
    return [*found, Path(env["HOME"]) / ".docker" / "run" / "docker.sock"] if env.get("HOME") else found
