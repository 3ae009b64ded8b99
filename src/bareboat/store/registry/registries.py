"""All registries of one run: one connection pool, one keychain, one table of mirrors."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Self

from bareboat.base.observer import Observer
from bareboat.oci.reference import Reference
from bareboat.store.limits import DEFAULT, Limits
from bareboat.store.patience import Sleep, sleep
from bareboat.store.registry.api import Api
from bareboat.store.registry.credentials import Keychain, NoKeychain
from bareboat.store.registry.endpoint import Endpoint
from bareboat.store.registry.mirrors import Table
from bareboat.store.registry.repository import Repository
from bareboat.store.registry.source import Mirrored, Source
from bareboat.store.registry.trust import Trust
from bareboat.store.registry.wire import Wire

_NO_MIRRORS = Table()


class Registries:
    """Gives repositories; used by several threads, and closed at the end.

    Args:
        keychain: Who knows our credentials.
        trust: Which authorities vouch for which host.
        mirrors: Where else to look for what is read.
        insecure: The hosts (with port, if they have one) that may speak plain HTTP, besides this machine itself.
        limits: Attempts, delays, connections.
        sleep: How to wait between attempts.
        observer: Hears of mirrors that are wrong.
    """

    def __init__(
        self,
        *,
        keychain: Keychain | None = None,
        trust: Trust | None = None,
        mirrors: Table = _NO_MIRRORS,
        insecure: Iterable[str] = (),
        limits: Limits = DEFAULT,
        sleep: Sleep = sleep,
        observer: Observer | None = None,
    ) -> None:
        self._keychain = keychain if keychain is not None else NoKeychain()
        self._mirrors = mirrors
        self._insecure = frozenset(host.lower() for host in insecure)
        self._limits = limits
        self._sleep = sleep
        self._observer = observer
        self._wire = Wire(limits, trust)
        self._lock = threading.Lock()
        self._apis: dict[tuple[str, bool], Api] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def api(self, registry: str, *, insecure: bool = False) -> Api:
        """The API of a registry by its name in references, such as `docker.io`."""
        with self._lock:
            key = registry, insecure
            if key not in self._apis:
                plain = self._insecure | {registry.lower()} if insecure else self._insecure
                endpoint = Endpoint(name=registry, plain=frozenset(plain))
                self._apis[key] = Api(
                    endpoint, self._wire, keychain=self._keychain, limits=self._limits, sleep=self._sleep
                )
            return self._apis[key]

    def repository(self, reference: Reference) -> Repository:
        """The repository that `reference` names, itself: to write to, or to look what is there before writing.

        Raises:
            UsageError: When the machine's `registries.conf` blocks it.
        """
        rule = self._mirrors.rule_for(reference)
        insecure = rule is not None and rule.insecure
        return Repository(self.api(reference.registry, insecure=insecure), reference.repository)

    def source(self, reference: Reference) -> Source:
        """The repository that `reference` names, to read from: its mirrors are asked first, where there are some.

        Raises:
            UsageError: When the machine's `registries.conf` blocks it, or names a mirror that cannot be.
        """
        places = [
            Repository(self.api(place.registry, insecure=insecure), place.repository)
            for place, insecure in self._mirrors.places(reference)
        ]
        if len(places) == 1 and str(places[0]) == f"{reference.registry}/{reference.repository}":
            return places[0]
        return Mirrored(places, f"{reference.registry}/{reference.repository}", self._observer)
