"""The port of a container engine: what it is called, whether it is there, and how it takes an image in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.oci.descriptor import Descriptor
from bareboat.ship.running.runner import Runner
from bareboat.store.archive_file import docker_archive, oci_archive
from bareboat.store.images import ImageStore, read_manifest

_TASK = "load"

Find = Callable[[str], str | None]
"""The whole path of a program by its name, None when there is none; as shutil.which."""


@frozen
class Surroundings:
    """Where engines are looked for: the environment, and a way to find programs."""

    env: Mapping[str, str]
    find: Find


@frozen
class Cargo:
    """An image for one platform, and the names that it gets; `manifest` says its platform."""

    images: ImageStore
    manifest: Descriptor
    names: tuple[str, ...]
    observer: Observer = Silent()

    def as_docker(self) -> Iterator[bytes]:
        """As `docker_archive`; the observer hears of what is sent."""
        return self._sent(docker_archive([(self.names, self.manifest)], self.images))

    def as_oci(self, names: tuple[str, ...]) -> Iterator[bytes]:
        """As `oci_archive`, under other names; the observer hears of what is sent."""
        return self._sent(oci_archive([(names, self.manifest)], self.images))

    def _sent(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        manifest = read_manifest(self.images, self.manifest)
        self.observer.begin(_TASK, sum(layer.size for layer in manifest.layers))
        try:
            for piece in pieces:
                yield piece
                self.observer.advance(_TASK, len(piece))
        finally:
            self.observer.end(_TASK)


class Engine(Protocol):
    """A container engine of this machine."""

    @property
    def name(self) -> str:
        """What people type: `docker`, `podman`, `containerd`."""

    def answers(self) -> bool:
        """Whether it is there and takes orders from us."""

    def load(self, cargo: Cargo) -> tuple[str, ...]:
        """Stream an image in; returns the names that it has there.

        Raises:
            EngineError: When the engine refuses, or is not there.
            UsageError: When the image cannot be written for this engine.
            NotFoundError: When a part of the image is not there.
            DigestMismatchError: When a part of it is damaged; the engine keeps nothing.
        """

    def runner(self) -> Runner | None:
        """What runs programs by it; None for an engine, or a machine, that we cannot do it with."""
