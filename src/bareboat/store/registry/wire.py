"""One exchange over HTTP: a request goes out, an answer comes; no retries, no redirections, no credentials.

urllib3 is used without requests: a registry needs HEAD, PUT and PATCH, bodies that stream, and authorities of its own
for each host, and what requests adds (netrc, redirections, cookies) is what must not happen here.
It is imported when the first address is asked.
Proxies are those of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY); this machine itself is asked directly.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from bareboat.base.errors import FetchError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact_url
from bareboat.store.answer import length_of
from bareboat.store.http import CONNECTION, said, user_agent
from bareboat.store.limits import CHUNK_BYTES, DEFAULT, Limits
from bareboat.store.registry.endpoint import Origin, is_loopback, origin
from bareboat.store.registry.trust import Trust
from bareboat.store.transport import TransientError

if TYPE_CHECKING:
    import urllib3
    from urllib3.response import BaseHTTPResponse

_SMALL_BYTES = 64 * 1024
_BLOCK_BYTES = 128 * 1024


class Source(Protocol):
    """What a body is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""


@frozen(kw_only=False)
class Body:
    """What a request carries, and how many bytes that is; `is_whole` when `stream` must end with them."""

    stream: Source
    size: int
    is_whole: bool = False


@frozen
class Request:
    """What is asked; the headers may hold secrets and are never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Body | None = None


class WireResponse:
    """One answer, as `store.transport.Response`.

    Args:
        response: What urllib3 made of it, its body not read yet.
        deadline_s: When its last byte must have come, by the monotonic clock.
    """

    def __init__(self, response: BaseHTTPResponse, deadline_s: float) -> None:
        self._response = response
        self._deadline_s = deadline_s
        headers = response.headers
        self.headers: Mapping[str, str] = {name.lower(): ", ".join(headers.getlist(name)) for name in headers}

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self._response.status

    def chunks(self) -> Iterator[bytes]:
        """The body as it came, not decoded; raises as `Response.chunks`."""
        import urllib3.exceptions

        try:
            for chunk in self._response.stream(CHUNK_BYTES, decode_content=False):
                yield chunk
                if time.monotonic() > self._deadline_s:
                    raise TransientError("the answer takes too long")
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as fault:
            raise _failure(fault) from fault

    def close(self) -> None:
        """Give the connection back, or close it when too much of the body was not read."""
        length = length_of(self.headers)
        if self.status in (204, 304) or (length is not None and length <= _SMALL_BYTES):
            self._response.drain_conn()
        self._response.close()
        self._response.release_conn()


class Wire:
    """Asks any host, by as many threads as there are.

    Args:
        limits: Timeouts and connections per host.
        trust: Which authorities vouch for which host.
    """

    def __init__(self, limits: Limits = DEFAULT, trust: Trust | None = None) -> None:
        self._limits = limits
        self._trust = trust if trust is not None else Trust()
        self._lock = threading.Lock()
        self._pools: dict[Origin, urllib3.PoolManager] = {}

    def close(self) -> None:
        """Close the connections that stand open for the next request."""
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    @contextmanager
    def ask(self, request: Request) -> Iterator[WireResponse]:
        """Ask once; the answer's connection is free again when the context is left.

        Raises:
            TransientError: When nobody answers, or it takes too long.
            FetchError: When asking cannot work, such as for a certificate that nobody vouches for.
        """
        response = self._answer(request)
        try:
            yield response
        finally:
            response.close()

    def _answer(self, request: Request) -> WireResponse:
        import urllib3
        import urllib3.exceptions

        headers = {"User-Agent": user_agent(), "Accept-Encoding": "identity", **request.headers}
        if request.body is not None:
            headers["Content-Length"] = str(request.body.size)
        timeout = urllib3.Timeout(connect=self._limits.connect_timeout_s, read=self._limits.read_timeout_s)
        try:
            response = self._pool(request.url).urlopen(
                request.method,
                request.url,
                body=None if request.body is None else _Reader(request.body),
                headers=headers,
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
                decode_content=False,
            )
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as fault:
            raise _failure(fault, _host_in(request.url)) from fault
        return WireResponse(response, time.monotonic() + self._limits.answer_timeout_s)

    def _pool(self, url: str) -> urllib3.PoolManager:
        where = origin(url)
        with self._lock:
            pool = self._pools.get(where)
            if pool is None:
                pool = self._pools[where] = self._new_pool(url, where)
            return pool

    def _new_pool(self, url: str, where: Origin) -> urllib3.PoolManager:
        import urllib3

        # Room for every request and every stream that may be under way (see `Api`).
        settings: dict[str, Any] = {"num_pools": 4, "maxsize": 2 * self._limits.connections_per_host}
        settings["blocksize"] = _BLOCK_BYTES
        if where[0] == "https":
            settings["ssl_context"] = self._trust.context_for(_host_in(url))
        proxy = None if is_loopback(where[1]) else _proxy_for(url)
        if proxy is None:
            return urllib3.PoolManager(**settings)
        parts = urlsplit(proxy)
        headers = None
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers = urllib3.make_headers(proxy_basic_auth=login)
        return urllib3.ProxyManager(proxy, proxy_headers=headers, **settings)


class _Reader:
    """A body that can only be read, once: urllib3 shall not wind it back by itself."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._rest = body.size

    def read(self, size: int = -1) -> bytes:
        wanted = self._rest if size < 0 else min(size, self._rest)
        chunk = self._body.stream.read(wanted) if wanted else b""
        if wanted and not chunk:
            raise FetchError(f"the bytes to send end {self._rest} bytes too early")
        self._rest -= len(chunk)
        # A stream that verifies itself does so at its end, which must come before the last bytes go out.
        if chunk and not self._rest and self._body.is_whole and self._body.stream.read(1):
            raise FetchError(f"the bytes to send are more than {self._body.size}")
        return chunk


def _proxy_for(url: str) -> str | None:
    from urllib.request import getproxies_environment

    if not getproxies_environment():
        return None
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url))
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _host_in(url: str) -> str:
    """The host of an address, with its port when it has one."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _failure(fault: Exception, host: str = "HOST") -> FetchError:
    """The error for what urllib3 or the sockets below raised."""
    import urllib3.exceptions

    reason = said(fault)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return FetchError(
            f"its certificate is not trusted: {reason}",
            hint=f"put the certificate of its authority into ~/.config/containers/certs.d/{host}/ca.crt, or set "
            "REQUESTS_CA_BUNDLE",
        )
    if isinstance(fault, urllib3.exceptions.LocationValueError):
        return FetchError("its address cannot be read")
    if isinstance(fault, urllib3.exceptions.ProxySchemeUnknown):
        return FetchError(f"the proxy cannot be used: {redact_url(reason)}")
    hint = None
    if isinstance(fault, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        here = is_loopback(urlsplit(f"//{host}").hostname or "")
        hint = None if here else "try again later, or set HTTPS_PROXY and HTTP_PROXY if this machine needs a proxy"
    return TransientError(CONNECTION.sub("", reason), hint=hint)
