"""Podman: images go in through its standard input, programs run by its command line; no service has to be there."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from bareboat.base.errors import EngineError
from bareboat.base.platform import architecture
from bareboat.oci.descriptor import Platform
from bareboat.ship.engines.command_line import Client, EngineRunner
from bareboat.ship.engines.engine import Cargo, Surroundings
from bareboat.ship.engines.feeding import feed
from bareboat.ship.running.runner import Runner

_LOADED = "Loaded image: "


class Podman:
    """The program podman."""

    name = "podman"

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def answers(self) -> bool:
        """As `Engine.answers`."""
        return self._around.find("podman") is not None

    def load(self, cargo: Cargo) -> tuple[str, ...]:
        """As `Engine.load`."""
        return self._load(cargo.as_docker())

    def runner(self) -> Runner | None:
        """As `Engine.runner`."""
        # Podman gives read-only containers a writable /run and /var/tmp, which nobody asked for.
        client = Client(
            name=self.name, words=(self._program(),), env=self._around.env, read_only=("--read-only-tmpfs=false",),
            prepare="init",
        )  # fmt: skip
        return EngineRunner(client, self._load, Platform.of(architecture(platform.machine())))

    def _program(self) -> str:
        program = self._around.find("podman")
        if program is None:
            raise EngineError("podman: is not installed", hint="install podman")
        return program

    def _load(self, pieces: Iterator[bytes]) -> tuple[str, ...]:
        said = feed(self.name, (self._program(), "load"), pieces, self._around.env)
        lines = (line for line in said.splitlines() if line.startswith(_LOADED))
        return tuple(name.strip() for line in lines for name in line.removeprefix(_LOADED).split(","))
