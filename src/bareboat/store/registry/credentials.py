"""Who we are for a registry, and the port of those who know it; `store.registry.keychain` has the adapters."""

from __future__ import annotations

import base64
from dataclasses import field
from typing import Protocol

from bareboat.base.frozen import frozen

TYPED = "the command line"
"""The source of credentials that were typed just now."""


@frozen
class Credentials:
    """A user and a password, or a token in their place; secrets are in no `repr`.

    Attributes:
        username: May be empty when there is a token.
        password: What the user is known by.
        identity_token: Buys access tokens (OAuth 2's refresh token); docker's `identitytoken`.
        registry_token: Is an access token itself; docker's `registrytoken`.
        source: Where they were found, for people.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    source: str = TYPED

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617, in UTF-8)."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class Keychain(Protocol):
    """Someone who knows credentials; may be asked by several threads."""

    def find(self, registry: str, repository: str) -> Credentials | None:
        """Those for a repository, or None: then we are nobody in particular.

        Args:
            registry: By its name in references, such as `docker.io`.
            repository: Such as `library/debian`; empty for the registry as a whole.

        Raises:
            UsageError: When a file or a credential helper that should know them is broken.
        """


class NoKeychain:
    """Knows nobody."""

    def find(self, registry: str, repository: str) -> Credentials | None:  # noqa: ARG002  the port names them
        """None."""
        return None


class OneKey:
    """Knows the same credentials for whoever asks: those that were typed.

    Args:
        credentials: The credentials.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def find(self, registry: str, repository: str) -> Credentials | None:  # noqa: ARG002  the port names them
        """Always those."""
        return self._credentials
