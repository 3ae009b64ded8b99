"""The transport over HTTP, by requests: proxies, certificate authorities and ~/.netrc as the environment sets them.

requests reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, and NETRC.
It is imported when the first address is asked, since that takes longer than a warm build.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from bareboat.base.errors import FetchError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact
from bareboat.store.answer import length_of
from bareboat.store.limits import CHUNK_BYTES, DEFAULT, Limits
from bareboat.store.transport import TransientError, scheme_of

if TYPE_CHECKING:
    import requests

_NO_PROXIES: Mapping[str, str] = MappingProxyType({})
_OBJECT = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>(: )?")


@frozen
class Authorization:
    """The Authorization header for every address that begins with `prefix`, which ends in a slash."""

    prefix: str
    value: str = field(repr=False)


class HttpTransport:
    """Asks over HTTP and HTTPS, by as many threads as there are, within the limits per host.

    Args:
        limits: Timeouts, redirections, connections per host.
        proxies: Addresses of proxies by scheme, for what the environment names none for (the machine's apt may).
        authorizations: What to say to whom; the longest prefix that fits counts.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT,
        *,
        proxies: Mapping[str, str] = _NO_PROXIES,
        authorizations: Sequence[Authorization] = (),
    ) -> None:
        self._limits = limits
        self._proxies = dict(proxies)
        self._authorizations = sorted(authorizations, key=lambda one: (-len(one.prefix), one.prefix, one.value))
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._hosts: dict[str, threading.Semaphore] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that stand open for the next request."""
        with self._lock:
            if self._session is not None:
                self._session.close()
            self._session = None

    @contextmanager
    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> Iterator[HttpResponse]:
        """As `Transport.get`."""
        if scheme_of(url) not in ("http", "https"):
            raise FetchError(f'cannot fetch "{redact(url)}": it is not an address of HTTP')
        with self._place_at(url), self._asked(url, offset, validator) as response:
            yield HttpResponse(response, time.monotonic() + self._limits.answer_timeout_s)

    def _asked(self, url: str, offset: int, validator: str | None) -> requests.Response:
        import requests
        from requests.utils import get_environ_proxies, should_bypass_proxies

        headers = self._headers(url, offset, validator)
        try:
            proxies = {} if should_bypass_proxies(url, no_proxy=None) else {**self._proxies, **get_environ_proxies(url)}
            return self._open_session().get(
                url,
                headers=headers,
                stream=True,
                timeout=(self._limits.connect_timeout_s, self._limits.read_timeout_s),
                proxies=proxies,
            )
        except (requests.RequestException, http.client.HTTPException, OSError, ValueError) as fault:
            raise _failure(fault) from fault

    def _headers(self, url: str, offset: int, validator: str | None) -> dict[str, str]:
        # Bytes count as they are stored: nobody may compress them on the way.
        headers = {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}
        for authorization in self._authorizations:
            if url.startswith(authorization.prefix):
                headers["Authorization"] = authorization.value
                break
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if validator is not None:
                headers["If-Range"] = validator
        return headers

    def _open_session(self) -> requests.Session:
        from http.cookiejar import DefaultCookiePolicy

        import requests
        from requests.adapters import HTTPAdapter

        with self._lock:
            if self._session is None:
                self._session = requests.Session()
                self._session.max_redirects = self._limits.redirects
                self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
                adapter = HTTPAdapter(pool_maxsize=self._limits.connections_per_host)
                self._session.mount("http://", adapter)
                self._session.mount("https://", adapter)
            return self._session

    def _place_at(self, url: str) -> threading.Semaphore:
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
        with self._lock:
            return self._hosts.setdefault(host, threading.Semaphore(self._limits.connections_per_host))


class HttpResponse:
    """One answer over HTTP, as `Response`.

    Args:
        response: What requests made of it, its body not read yet.
        deadline_s: When its last byte must have come, by the monotonic clock.
    """

    def __init__(self, response: requests.Response, deadline_s: float) -> None:
        self._response = response
        self._deadline_s = deadline_s

    @property
    def status(self) -> int:
        """As `Response.status`."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """As `Response.headers`."""
        return {name.lower(): value for name, value in self._response.headers.items()}

    def chunks(self) -> Iterator[bytes]:
        """As `Response.chunks`."""
        import urllib3.exceptions

        announced, count = length_of(self.headers), 0
        try:
            for chunk in self._response.raw.stream(CHUNK_BYTES, decode_content=False):
                count += len(chunk)
                yield chunk
                if time.monotonic() > self._deadline_s:
                    raise TransientError("the answer takes too long")
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as fault:
            raise _failure(fault) from fault
        if announced is not None and count < announced:
            raise TransientError(f"the connection was closed after {count} of {announced} bytes")


@cache
def user_agent() -> str:
    """What we call ourselves: `bareboat/` and the version."""
    import importlib.metadata

    try:
        return f"bareboat/{importlib.metadata.version('bareboat')}"
    except importlib.metadata.PackageNotFoundError:
        return "bareboat"


def _failure(fault: Exception) -> FetchError:
    """The error for what requests, urllib3 or the sockets below raised."""
    import requests

    reason = said(fault)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return FetchError(
            f"its certificate is not trusted: {reason}",
            hint="set REQUESTS_CA_BUNDLE to a file with the certificates of your authorities",
        )
    if isinstance(fault, requests.TooManyRedirects):
        return FetchError(f"there are more than {reason.partition(' redirects')[0].rpartition(' ')[2]} redirections")
    if isinstance(fault, requests.ConnectionError | requests.Timeout) or not isinstance(fault, ValueError):
        return TransientError(reason)
    # What cannot be read as an address cannot be redacted either, so it is not shown.
    return FetchError(reason if isinstance(fault, requests.exceptions.InvalidSchema) else "its address cannot be read")


CONNECTION = re.compile(r"^HTTPS?Connection(?:Pool)?\(host='[^']*', port=[0-9]+\): ")
"""What urllib3 puts before its words, and the place of an error says already."""


def said(fault: BaseException) -> str:
    """The words of the innermost reason, without addresses of objects and without secrets."""
    while True:
        inner = getattr(fault, "reason", None) or (fault.args[0] if fault.args else None)
        if not isinstance(inner, BaseException):
            break
        fault = inner
    cause = fault.args[1] if len(fault.args) > 1 else None
    if isinstance(cause, http.client.IncompleteRead):
        return f"the connection broke off {cause.expected} bytes too early"
    if isinstance(cause, BaseException):  # urllib3's words for it, and the reason below
        return f"{str(fault.args[0]).rstrip('.')}: {CONNECTION.sub('', said(cause))}"
    words = _OBJECT.sub("", redact(" ".join(str(fault).split())))
    return words or type(fault).__name__
