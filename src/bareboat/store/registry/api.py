"""The API of one registry: every exchange with credentials for the registry alone, patience, and suspicion.

Credentials go to the origin of the registry and to nobody to whom it sends us.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from urllib.parse import urljoin

from bareboat.base.errors import FetchError, LimitError, NotFoundError
from bareboat.base.frozen import frozen
from bareboat.oci.received import MOST_BYTES, no_texts
from bareboat.store.limits import DEFAULT, Limits
from bareboat.store.patience import Patience, Sleep, sleep
from bareboat.store.registry.authority import Authority
from bareboat.store.registry.challenge import challenges_in
from bareboat.store.registry.credentials import Keychain, NoKeychain
from bareboat.store.registry.endpoint import Endpoint, origin
from bareboat.store.registry.faults import MOST_BYTES as MOST_REFUSAL_BYTES
from bareboat.store.registry.faults import RefusedError, placed, refusal_of, words_of
from bareboat.store.registry.wire import Body, Request, Wire, WireResponse
from bareboat.store.transport import TransientError

_RENEWALS = 2
_REDIRECTIONS = {301, 302, 303, 307, 308}
_SAME_METHOD = {307, 308}
_OK = frozenset({200})
_FORM = "application/x-www-form-urlencoded"


@frozen
class Call:
    """What to ask a registry.

    Attributes:
        method: HTTP's.
        url: A path of the API (`/v2/…`), or an address that the registry gave.
        scopes: What must be allowed, such as `repository:team/app:pull`.
        headers: Further headers, without credentials.
        body: Makes the body, anew for each attempt.
        fine: The statuses that are no failure.
        max_bytes: How large the answer may be.
    """

    method: str
    url: str
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=no_texts)
    body: Callable[[], Body] | None = None
    fine: frozenset[int] = _OK
    max_bytes: int = MOST_BYTES


@frozen
class Answer:
    """What came; `url` is who answered in the end, the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    url: str


# What any registry answers in some way, without being told who asks (end-1).
_GREETING = Call(method="GET", url="/v2/", fine=frozenset({200, 401, 403, 404}))


class Api:
    """One registry; used by several threads.

    Args:
        endpoint: Which.
        wire: Who asks.
        keychain: Who knows our credentials.
        limits: Attempts, delays, connections.
        sleep: How to wait between attempts.

    Attributes:
        updating: Held by who reads something, changes it and writes it again.
        streams: A place for each download; who streams holds one instead of a request.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        wire: Wire,
        *,
        keychain: Keychain | None = None,
        limits: Limits = DEFAULT,
        sleep: Sleep = sleep,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits
        self._wire = wire
        self._sleep = sleep
        self._stop = threading.Event()
        self._authority = Authority(endpoint, keychain if keychain is not None else NoKeychain(), self._ask_for_token)
        self._lock = threading.Lock()
        self._guess = "https"
        self._scheme = None if endpoint.may_be_plain(endpoint.host) else "https"
        self.updating = threading.Lock()
        # Requests and streams are counted apart: whoever copies within one registry holds one of each.
        self._requests = threading.BoundedSemaphore(limits.connections_per_host)
        self.streams = threading.BoundedSemaphore(limits.connections_per_host)

    def patience(self) -> Patience:
        """How often one thing is asked."""
        return Patience(self.limits, self._sleep, self._stop)

    def answer(self, call: Call) -> Answer:
        """The whole answer to `call`, asked again while the failure may pass.

        Raises:
            NotFoundError: When it is not there (404), unless that is fine.
            TransientError: When it did not pass.
            RefusedError: When the registry refuses.
            FetchError: When it cannot be asked.
            LimitError: When the answer is larger than it may be.
        """
        patience = self.patience()
        while True:
            try:
                return self._once(call)
            except TransientError as failure:
                self.wait(patience, failure)

    def greet(self) -> bool:
        """Ask whether we are let in (end-1); returns whether the registry wanted to know who we are.

        "If the response is `200 OK`, then the registry implements this specification. This endpoint MAY be used for
        authentication/authorization purposes".

        Raises:
            FetchError: When it does not let us in, or is no registry.
        """
        with placed(self.endpoint.name, "log in"):
            self.answer(Call(method="GET", url="/v2/"))
        return self._authority.header(()) is not None

    def wait(self, patience: Patience, failure: TransientError) -> None:
        """Wait before the next attempt.

        Raises:
            TransientError: `failure`, when that was the last one.
            FetchError: When the registry wants us to wait longer than we do.
        """
        if failure.after_s is not None and failure.after_s > self.limits.max_delay_s:
            seconds = round(failure.after_s)
            raise FetchError(
                f"{failure.message}, and asks to wait for {seconds} seconds", hint=f"try again in {seconds} seconds"
            ) from failure
        patience.after(failure)

    @contextmanager
    def exchange(self, call: Call, *, counted: bool = True) -> Iterator[Reply]:
        """Ask once, with credentials, following redirections; raises as `answer`, and does not ask again.

        Args:
            call: What to ask.
            counted: Whether it counts as a request; who streams holds a place in `streams` instead.
        """
        if self._scheme is None:
            self.answer(_GREETING)
        if not counted:
            with self._let_in(call) as reply:
                yield reply
            return
        with self._requests, self._let_in(call) as reply:
            yield reply

    def is_ours(self, url: str) -> bool:
        """Whether `url` is an address of this registry, who may hear our credentials."""
        return origin(url) == origin(self._base())

    @contextmanager
    def _let_in(self, call: Call) -> Iterator[Reply]:
        url = urljoin(self._base(), call.url)
        said = self._authority.header(call.scopes) if self.is_ours(url) else None
        for attempt in range(_RENEWALS + 1):
            with self._followed(call, url, said) as reply:
                if reply.status != 401 or 401 in call.fine:
                    _judge(call, reply)
                    yield reply
                    return
                body = b"" if call.method == "HEAD" else _excerpt(reply)
                challenges = challenges_in(reply.headers.get("www-authenticate", ""))
            if not self.is_ours(reply.url):
                raise refusal_of(401, reply.headers, body)
            if attempt == _RENEWALS or not challenges:
                break
            said = self._authority.renew(call.scopes, said, challenges, reply.url, words_of(body))
        raise self._authority.denied(self._authority.credentials(call.scopes), words_of(body))

    @contextmanager
    def _followed(self, call: Call, url: str, said: str | None) -> Iterator[Reply]:
        for _ in range(self.limits.redirects + 1):
            headers = dict(call.headers)
            if said is not None and self.is_ours(url):
                headers["Authorization"] = said
            body = None if call.body is None else call.body()
            request = Request(method=call.method, url=url, headers=headers, body=body)
            with self._wire.ask(request) as response:
                target = response.headers.get("location")
                is_redirection = response.status in _REDIRECTIONS and response.status not in call.fine
                if not is_redirection or target is None:
                    yield Reply(response, url)
                    return
                if call.method not in ("GET", "HEAD") and response.status not in _SAME_METHOD:
                    raise FetchError(f"it sends a {call.method} elsewhere ({response.status}), which would lose it")
            url = self.endpoint.inside(url, target)
        raise FetchError(f"there are more than {self.limits.redirects} redirections")

    def _base(self) -> str:
        return f"{self._scheme or self._guess}://{self.endpoint.host}/"

    def _once(self, call: Call) -> Answer:
        if self._scheme is None:
            with self._lock:
                if self._scheme is None:
                    return self._first(call)
        return self._read(call)

    def _first(self, call: Call) -> Answer:
        """Ask a registry that may speak plain HTTP for the first time, which tells whether it does.

        A server of HTTPS answers plain HTTP with 400, or hangs up.
        """
        failure: FetchError
        self._guess = "http"
        try:
            answer = self._read(call)
        except TransientError as fault:
            failure = fault
        except (NotFoundError, RefusedError) as fault:
            if not isinstance(fault, RefusedError) or fault.status not in (0, 400):
                self._scheme = self._guess
                raise
            failure = fault
        else:
            self._scheme = self._guess
            return answer
        self._guess = "https"
        try:
            answer = self._read(call)
        except TransientError:
            raise failure from None
        except (NotFoundError, RefusedError):
            self._scheme = self._guess
            raise
        self._scheme = self._guess
        return answer

    def _read(self, call: Call) -> Answer:
        with self._requests, self._let_in(call) as reply:
            return Answer(
                status=reply.status, headers=reply.headers, url=reply.url,
                data=b"" if call.method == "HEAD" else _whole(reply, call.max_bytes),
            )

    def _ask_for_token(self, url: str, authorization: str | None, form: bytes | None) -> bytes:
        import io

        for _ in range(self.limits.redirects + 1):
            headers = {"Accept": "application/json"}
            if authorization is not None:
                headers["Authorization"] = authorization
            body = None
            if form is not None:
                headers["Content-Type"] = _FORM
                body = Body(io.BytesIO(form), len(form))
            method = "GET" if form is None else "POST"
            with self._wire.ask(Request(method=method, url=url, headers=headers, body=body)) as response:
                reply = Reply(response, url)
                if response.status not in _REDIRECTIONS:
                    _judge(Call(method=method, url=url), reply)
                    return _whole(reply, MOST_REFUSAL_BYTES)
                target = self.endpoint.inside(url, response.headers.get("location", ""))
            if origin(target) != origin(url):
                raise FetchError("the server of tokens sends our credentials elsewhere")
            url = target
        raise FetchError(f"there are more than {self.limits.redirects} redirections")


class Reply:
    """An answer and who gave it in the end, as `store.transport.Response`."""

    def __init__(self, response: WireResponse, url: str) -> None:
        self._response = response
        self.url = url
        self.headers = response.headers

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self._response.status

    def chunks(self) -> Iterator[bytes]:
        """The body as it came."""
        return self._response.chunks()


def _judge(call: Call, reply: Reply) -> None:
    if reply.status not in call.fine:
        raise refusal_of(reply.status, reply.headers, b"" if call.method == "HEAD" else _excerpt(reply))


def _excerpt(reply: Reply) -> bytes:
    parts, count = [], 0
    try:
        for chunk in reply.chunks():
            parts.append(chunk)
            count += len(chunk)
            if count > MOST_REFUSAL_BYTES:
                break
    except FetchError:
        return b""  # It refuses, and does not manage to say why.
    return b"".join(parts)[:MOST_REFUSAL_BYTES]


def _whole(reply: Reply, max_bytes: int) -> bytes:
    length = reply.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and len(length) < 19 and int(length) > max_bytes:
        raise LimitError(f"it has {int(length)} bytes, the limit is {max_bytes}")
    parts, count = [], 0
    for chunk in reply.chunks():
        parts.append(chunk)
        count += len(chunk)
        if count > max_bytes:
            raise LimitError(f"it has more bytes than the limit of {max_bytes}")
    return b"".join(parts)
