"""The port through which bytes come from an address; adapters are `store.http`, `store.local` and `store.remembered`.

An adapter asks once and says what came: it does not retry, does not judge a status, and lets no foreign exception out,
neither from `get` nor from the chunks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlsplit

from bareboat.base.errors import FetchError
from bareboat.base.redact import redact_url


class TransientError(FetchError):
    """A failure that may pass: asking the same address again can help.

    It stays in this room: what leaves it is one of the errors of `bareboat.base.errors`.

    Args:
        message: What failed.
        after_s: How many seconds to wait, where the other side said so.
        hint: What to type next, should it not pass.
    """

    def __init__(self, message: str, *, after_s: float | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after_s = after_s


class Response(Protocol):
    """One answer; it is read once, in order, before the next one is asked for."""

    @property
    def status(self) -> int:
        """The status of HTTP (RFC 9110, 15)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case."""

    def chunks(self) -> Iterator[bytes]:
        """The body as it came, not decoded.

        Raises:
            TransientError: When it breaks off before its announced end.
            FetchError: When it cannot be read for another reason.
        """


class Transport(Protocol):
    """Someone who fetches; may be asked by several threads at a time."""

    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> AbstractContextManager[Response]:
        """Ask for `url`; the answer's connection is free again when the context is left.

        Args:
            url: The address; user and password in it are used and never shown.
            offset: How many bytes are here already. When not 0, only the rest is asked for (RFC 9110, 14.2); the
                answer may still be the whole.
            validator: The strong entity tag that the first bytes had (RFC 9110, 13.1.5).

        Raises:
            TransientError: When nobody answers, the answer breaks off, or it takes too long.
            FetchError: When asking cannot work: an address that cannot be read, a certificate that nobody trusts, or
                too many redirections.
        """


class Routes:
    """A transport that hands each address to the transport of its scheme.

    Args:
        transports: By scheme, such as `https`.
    """

    def __init__(self, transports: Mapping[str, Transport]) -> None:
        self._transports = dict(transports)

    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> AbstractContextManager[Response]:
        """As `Transport.get`."""
        transport = self._transports.get(scheme_of(url))
        if transport is None:
            known = ", ".join(sorted(self._transports))
            raise FetchError(f'cannot fetch "{redact_url(url)}": its scheme is none of {known}')
        return transport.get(url, offset=offset, validator=validator)


LOCAL_SCHEMES = frozenset({"file", "copy"})
"""Addresses on this machine, as apt writes them; they work without a network."""


def scheme_of(url: str) -> str:
    """The scheme of an address in lower case, empty when it has none."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""
