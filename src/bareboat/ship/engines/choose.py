"""Which engine, or what else, is used when nobody says."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from bareboat.base.errors import EngineError
from bareboat.base.observer import Observer
from bareboat.base.platform import Architecture
from bareboat.ship.engines.containerd import NAMESPACE, Containerd
from bareboat.ship.engines.docker import Docker
from bareboat.ship.engines.engine import Engine, Surroundings
from bareboat.ship.engines.podman import Podman
from bareboat.ship.running.by_architecture import ByArchitecture
from bareboat.ship.running.runner import Runner
from bareboat.ship.sandbox.bubblewrap import Bubblewrap
from bareboat.ship.sandbox.sandbox import Sandbox
from bareboat.ship.sandbox.unshare import Unshare

INSTALL = "install docker.io, podman or containerd"


class EngineName(StrEnum):
    """The engines that images are loaded into, in the order in which they are looked for."""

    docker = "docker"
    podman = "podman"
    containerd = "containerd"


class RunnerName(StrEnum):
    """What runs programs."""

    docker = "docker"
    podman = "podman"
    sandbox = "sandbox"


def engine_for(wanted: EngineName | None, around: Surroundings, namespace: str = NAMESPACE) -> Engine:
    """The engine that was asked for, or the first that answers.

    Raises:
        EngineError: When there is none, with what to install.
    """
    makers: dict[EngineName, Callable[[], Engine]] = {
        EngineName.docker: lambda: Docker(around),
        EngineName.podman: lambda: Podman(around),
        EngineName.containerd: lambda: Containerd(around, namespace),
    }
    if wanted is not None:
        return makers[wanted]()
    for make in makers.values():
        engine = make()
        if engine.answers():
            return engine
    raise EngineError("cannot find a container engine on this machine", hint=INSTALL)


def runner_for(
    wanted: RunnerName | None,
    around: Surroundings,
    *,
    host: Architecture,
    corner: Path,
    observer: Observer | None = None,
) -> Runner:
    """The runner that was asked for; else the first engine that answers, else a sandbox.

    An engine leaves programs of another architecture to the kernel; where the kernel knows no emulator, the sandbox
    brings one.

    Args:
        wanted: What was asked for.
        around: Where engines are looked for.
        host: What this machine is.
        corner: The folder to unpack images in.
        observer: Told how far it is.

    Raises:
        EngineError: When the engine that was asked for cannot run programs here.
    """
    sandbox = sandbox_for(around, host=host, corner=corner, observer=observer)
    if wanted is RunnerName.sandbox:
        return sandbox
    for name in [RunnerName.docker, RunnerName.podman] if wanted is None else [wanted]:
        engine = engine_for(EngineName(name), around)
        runner = engine.runner() if wanted is not None or engine.answers() else None
        if runner is not None:
            return runner if wanted is not None else ByArchitecture(runner, sandbox, host)
        if wanted is not None:
            raise EngineError(f"{name}: cannot run programs without its command line", hint=f"install {name}")
    return sandbox


def sandbox_for(
    around: Surroundings, *, host: Architecture, corner: Path, observer: Observer | None = None
) -> Runner:
    """A sandbox: by our own launcher for root, who can give files their owners; else by bubblewrap where it is."""
    unshare, program = Unshare(), around.find("bwrap")
    adapter = unshare if unshare.owned or program is None else Bubblewrap(program)
    return Sandbox(adapter, corner, host, observer)
