"""Where a registry answers: its host, what it is called on the network, and whether it may speak plain HTTP."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

from bareboat.base.errors import FetchError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact_url
from bareboat.oci.reference import DEFAULT_REGISTRY

_DOCKER_HUB = "registry-1.docker.io"
_PORTS = {"http": 80, "https": 443}
_UNREADABLE = "it sends us to an address that cannot be read"

Origin = tuple[str, str, int]
"""Scheme, host and port (RFC 6454): who gets to see credentials."""


@frozen
class Endpoint:
    """A registry by the name that people use, such as `docker.io` or `localhost:5000`.

    Attributes:
        name: As a reference has it; credentials are filed under it.
        plain: The hosts (with port, if they have one) that may speak plain HTTP, besides this machine itself.
    """

    name: str
    plain: frozenset[str] = frozenset()

    @property
    def host(self) -> str:
        """What to ask on the network."""
        return _DOCKER_HUB if self.name == DEFAULT_REGISTRY else self.name

    def may_be_plain(self, netloc: str) -> bool:
        """Whether plain HTTP may be spoken with `netloc`: it was named so, or it is this machine, as docker has it."""
        host = _bare(netloc)
        return bool({netloc.lower(), host} & self.plain) or is_loopback(host)

    def inside(self, source: str, target: str) -> str:
        """The address `target`, relative or absolute, to which an answer from `source` sends us.

        Raises:
            FetchError: When it is no address of HTTP, or gives up the encryption.
        """
        try:
            url = urljoin(source, target)
        except ValueError as fault:
            raise FetchError(_UNREADABLE) from fault
        return self._checked(source, url)

    def _checked(self, source: str, url: str) -> str:
        target = _split(url)
        if target.scheme == "https":
            return url
        if target.scheme != "http":
            raise FetchError(f'it sends us to "{redact_url(url)}", which is no address of HTTP')
        if _split(source).scheme == "https" or not self.may_be_plain(target.netloc.rpartition("@")[2]):
            raise FetchError(
                f'it sends us to "{redact_url(url)}", over plain HTTP, where others can read along',
                hint="the registry does not know its own address: its proxy must send X-Forwarded-Proto, or "
                "its configuration must name its https:// address",
            )
        return url


def origin(url: str) -> Origin:
    """The origin of an address.

    Raises:
        FetchError: When it cannot be read.
    """
    parts = _split(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def is_loopback(host: str) -> bool:
    """Whether `host`, without a port, is this machine: 127.0.0.0/8, ::1, localhost and names below it (RFC 6761)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bare(netloc: str) -> str:
    """Without the port, and without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as fault:
        raise FetchError(_UNREADABLE) from fault
    return parts
