"""containerd, by its own client ctr: what kubernetes nodes have."""

from __future__ import annotations

from pathlib import Path

from bareboat.base.errors import EngineError
from bareboat.oci.reference import Reference
from bareboat.ship.engines.engine import Cargo, Surroundings
from bareboat.ship.engines.feeding import feed
from bareboat.ship.running.runner import Runner

NAMESPACE = "default"
"""Where ctr puts images; Kubernetes looks in `k8s.io`, Docker in `moby`."""

_USUAL = "/run/containerd/containerd.sock"


class Containerd:
    """The containerd that ctr asks: CONTAINERD_ADDRESS, or the usual socket."""

    name = "containerd"

    def __init__(self, around: Surroundings, namespace: str = NAMESPACE) -> None:
        self._around = around
        self._namespace = namespace

    def answers(self) -> bool:
        """As `Engine.answers`."""
        return self._around.find("ctr") is not None and self._socket().is_socket()

    def load(self, cargo: Cargo) -> tuple[str, ...]:
        """As `Engine.load`; the names become whole ones, with a registry."""
        program = self._around.find("ctr")
        if program is None:
            raise EngineError("containerd: its client ctr is not installed", hint="install containerd")
        if not self._socket().is_socket():
            raise EngineError(
                f"containerd: is not running here: there is no socket {self._socket()}",
                hint="start it, or say where its socket is in CONTAINERD_ADDRESS",
            )
        names = tuple(_whole(name) for name in cargo.names)
        chosen = ("--platform", str(cargo.manifest.platform)) if cargo.manifest.platform else ()
        command = (program, "--namespace", self._namespace, "images", "import", *chosen, "-")
        feed(self.name, command, cargo.as_oci(names), self._around.env)
        return names

    def _socket(self) -> Path:
        return Path(self._around.env.get("CONTAINERD_ADDRESS") or _USUAL)

    def runner(self) -> Runner | None:
        """As `Engine.runner`: ctr runs nothing without root and a snapshotter of its own."""
        return None


def _whole(name: str) -> str:
    reference = Reference.parse(name)
    return str(reference if reference.tag or reference.digest else reference.with_tag("latest"))
