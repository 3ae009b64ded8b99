"""What to say in the Authorization header of one registry: Basic, or tokens by scope, renewed when they are refused.

The distribution project's "Token Authentication Specification" and "OAuth2 Token Authentication".
Many threads that are refused at once cause one renewal: whoever comes second finds the first one's token.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import field
from urllib.parse import urlencode, urlsplit, urlunsplit

from bareboat.base.document import Document
from bareboat.base.errors import FetchError, FormatError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact_url
from bareboat.store.registry.challenge import Challenge
from bareboat.store.registry.credentials import TYPED, Credentials, Keychain
from bareboat.store.registry.endpoint import Endpoint
from bareboat.store.registry.faults import RefusedError

Ask = Callable[[str, str | None, bytes | None], bytes]
"""Asks an address once, with an Authorization header and a form to post, or none; gives the body of a success."""

_CLIENT = "bareboat"

# "For compatibility with older clients, a token should never be returned with less than 60 seconds to live": so says
# the specification of `expires_in`.
_LEAST_LIFE_S = 60
_MOST_LIFE_S = 24 * 3600
_MARGIN_S = 10
_VISIBLE = re.compile(r"[\x21-\x7e]{1,65536}")


@frozen(kw_only=False)
class _Header:
    value: str = field(repr=False)
    until_s: float


class Authority:
    """Knows what to say to one registry; used by several threads.

    Args:
        endpoint: The registry.
        keychain: Who knows our credentials; asked when the registry wants some, once for each repository.
        ask: How the server of tokens is asked.
        now: A monotonic clock, in seconds.
    """

    def __init__(
        self, endpoint: Endpoint, keychain: Keychain, ask: Ask, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._endpoint = endpoint
        self._keychain = keychain
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._finding = threading.Lock()
        self._renewing: dict[tuple[str, ...], threading.Lock] = {}
        self._headers: dict[tuple[str, ...], _Header] = {}
        self._basic: dict[str, str] = {}
        self._credentials: dict[str, Credentials | None] = {}

    def header(self, scopes: Sequence[str]) -> str | None:
        """What is known to be right for `scopes`, or None before anybody asked who we are."""
        with self._lock:
            if basic := self._basic.get(_repository(scopes)):
                return basic
            now = self._now()
            known = self._headers.get(tuple(scopes))
            if known is not None and now < known.until_s:
                return known.value
            # A token to push is good for pulling too.
            wanted = _grants(scopes)
            for key, header in self._headers.items():
                if wanted and wanted <= _grants(key) and now < header.until_s:
                    return header.value
            return None

    def renew(
        self, scopes: Sequence[str], refused: str | None, challenges: Sequence[Challenge], url: str, words: str = ""
    ) -> str:
        """What to say instead of `refused`.

        Args:
            scopes: What is to be done, such as `repository:team/app:pull,push`.
            refused: What was said before, None when nothing was.
            challenges: What the registry asked for.
            url: Who asked.
            words: What the registry said besides.

        Raises:
            RefusedError: When there is nothing else to say.
            TransientError: When the server of tokens may answer later.
        """
        key = tuple(scopes)
        with self._lock:
            renewing = self._renewing.setdefault(key, threading.Lock())
        with renewing:
            known = self.header(scopes)
            if known is not None and known != refused:
                return known
            return self._new(key, refused, challenges, url, words)

    def _new(
        self, key: tuple[str, ...], refused: str | None, challenges: Sequence[Challenge], url: str, words: str
    ) -> str:
        by_scheme = {challenge.scheme: challenge for challenge in reversed(challenges)}
        credentials = self._credentials_for(_repository(key))
        if (bearer := by_scheme.get("bearer")) is not None:
            header = self._token(key, bearer, credentials, url)
            with self._lock:
                self._headers[key] = header
            return header.value
        if "basic" in by_scheme:
            # RFC 7617: the same user and password are not asked for again, so the same refusal would come again.
            if credentials is None or not credentials.username or credentials.basic == refused:
                raise self.denied(credentials, words)
            with self._lock:
                self._basic[_repository(key)] = credentials.basic
            return credentials.basic
        raise self.denied(credentials, words)

    def denied(self, credentials: Credentials | None = None, said: str = "") -> RefusedError:
        """The error for a registry that lets us in with nothing that we have."""
        name = self._endpoint.name
        words = f" ({said})" if said else ""
        if credentials is None:
            return RefusedError(
                f"access is denied to who has no credentials{words}", status=401, hint=f"run `bareboat login {name}`"
            )
        hint = f"run `bareboat login {name}` to replace them, or ask for the right to this repository"
        if credentials.source == TYPED:
            hint = "look at the user name, and whether the password or token is still good"
        return RefusedError(
            f"access is denied with the credentials from {credentials.source}{words}", status=401, hint=hint
        )

    def credentials(self, scopes: Sequence[str]) -> Credentials | None:
        """Who we are where `scopes` are; asks the keychain when nobody has."""
        return self._credentials_for(_repository(scopes))

    def _credentials_for(self, repository: str) -> Credentials | None:
        # A helper may ask a person: one at a time, and once.
        with self._finding:
            if repository not in self._credentials:
                self._credentials[repository] = self._keychain.find(self._endpoint.name, repository)
            return self._credentials[repository]

    def _token(self, key: tuple[str, ...], bearer: Challenge, credentials: Credentials | None, url: str) -> _Header:
        if credentials is not None and credentials.registry_token:
            return _Header(f"Bearer {_usable(credentials.registry_token)}", self._now() + _MOST_LIFE_S)
        realm = bearer.parameters.get("realm", "")
        if not realm:
            raise RefusedError("it asks for a token and does not say who gives one", status=401)
        realm = self._endpoint.inside(url, realm)
        asked = self._now()
        scopes = list(dict.fromkeys([*key, *bearer.parameters.get("scope", "").split()]))
        query = [("service", service)] if (service := bearer.parameters.get("service")) else []
        try:
            if credentials is not None and credentials.identity_token:
                form = [
                    ("grant_type", "refresh_token"), *query, ("client_id", _CLIENT), ("scope", " ".join(scopes)),
                    ("refresh_token", credentials.identity_token),
                ]
                data = self._ask(realm, None, urlencode(form).encode())
            else:
                query += [("scope", scope) for scope in scopes]
                basic = None
                if credentials is not None and credentials.username:
                    query.append(("account", credentials.username))
                    basic = credentials.basic
                data = self._ask(_with_query(realm, query), basic, None)
        except RefusedError as fault:
            if fault.status in (400, 401, 403):
                raise self.denied(credentials, fault.message) from fault
            raise
        return _header_in(data, asked, f"the token from {redact_url(realm)}")


def _header_in(data: bytes, asked_s: float, where: str) -> _Header:
    """The answer of a server of tokens: `token`, or `access_token` for OAuth 2, and `expires_in` in seconds.

    It is counted from when we asked, by our own clock: the server's may be wrong.
    """
    try:
        document = Document.parse(data, where)
        token = document.optional_string("token") or document.string("access_token")
        life_s = document.integer("expires_in") if document.has("expires_in") else _LEAST_LIFE_S
    except FormatError as fault:
        raise FetchError(fault.message) from None
    life_s = min(max(life_s, _LEAST_LIFE_S), _MOST_LIFE_S)
    return _Header(f"Bearer {_usable(token)}", asked_s + life_s - _MARGIN_S)


def _usable(token: str) -> str:
    if not _VISIBLE.fullmatch(token):
        raise FetchError("the token that was given cannot stand in a header")
    return token


def _repository(scopes: Sequence[str]) -> str:
    """The repository that the first scope names: `repository:NAME:pull,push`."""
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        if kind == "repository":
            return rest.rpartition(":")[0]
    return ""


def _grants(scopes: Sequence[str]) -> frozenset[str]:
    """Each action of each resource by itself."""
    parts = [scope.rpartition(":") for scope in scopes]
    return frozenset(f"{resource}:{action}" for resource, _, actions in parts for action in actions.split(","))


def _with_query(url: str, query: Sequence[tuple[str, str]]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(query)])), fragment=""))
