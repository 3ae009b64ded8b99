"""Registries in memory, and clients that do not wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bareboat.oci.reference import Reference
from bareboat.store.limits import Limits
from bareboat.store.registry.credentials import Credentials, Keychain, OneKey
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from tests.makers.registry import Registry

LIMITS = Limits(connect_timeout_s=5.0, read_timeout_s=5.0, attempts=3, redirects=3, connections_per_host=4)
ME = Credentials(username="me", password="my secret", source="the test")


@dataclass
class Waits:
    """Does not wait, and remembers how long it should have."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float, until: threading.Event) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(waits: Waits) -> Iterator[Callable[..., Registries]]:
    """Makes clients that are closed at the end."""
    made: list[Registries] = []

    def make(keychain: Keychain | None = None, **settings: object) -> Registries:
        made.append(Registries(keychain=keychain, limits=LIMITS, sleep=waits, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry that lets everybody in."""
    with Registry() as running:
        yield running


@pytest.fixture
def repository(registry: Registry, client: Callable[..., Registries]) -> Repository:
    """The repository `team/app` of `registry`."""
    return at(client(), registry)


def at(registries: Registries, registry: Registry, name: str = "team/app") -> Repository:
    """A repository of a registry that runs here."""
    return registries.repository(Reference.parse(f"{registry.host}/{name}"))


def me() -> OneKey:
    """A keychain that knows me."""
    return OneKey(ME)
