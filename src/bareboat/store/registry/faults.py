"""What a registry says when it refuses, briefly and without secrets, as errors of ours.

OCI distribution specification 1.1, "Error Codes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from bareboat.base.errors import BareboatError, FetchError, NotFoundError
from bareboat.base.redact import redact
from bareboat.store.answer import retry_after_s
from bareboat.store.transport import TransientError

MOST_BYTES = 64 * 1024
"""How much of a refusal is read."""

_MOST_SHOWN = 300
_MOST_ERRORS = 3
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]+")
_LONG_WORD = re.compile(r"\b[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}\b|\b(?:Bearer|Basic) +\S+")


class RefusedError(FetchError):
    """A registry refuses for good; `status` is HTTP's, 0 when it did not come so far. It stays in this room."""

    def __init__(self, message: str, *, status: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> FetchError:
    """The error for an answer that is no success.

    Returns:
        A TransientError when it may pass, a NotFoundError when it is not there, else a RefusedError.
    """
    said = words_of(body)
    named = _named(status) + (f": {said}" if said else "")
    if status in _TRANSIENT:
        return TransientError(f"the registry answers {named}", after_s=retry_after_s(headers))
    match status:
        case 404 | 410:
            return NotFoundError(f"it is not there ({named})")
        case 401:
            return RefusedError(f"access is denied ({named})", status=status)
        case 403:
            return RefusedError(f"it is forbidden ({named})", status=status)
        case 405:
            return RefusedError(f"the registry does not allow that ({named})", status=status)
        case 413:
            return RefusedError(f"it is too large for the registry ({named})", status=status)
        case _:
            return RefusedError(f"the registry answers {named}", status=status)


def words_of(body: bytes) -> str:
    """What a refusal says, in one short line.

    "A `4XX` response code from the registry MAY return a body in any format. If the response body is in JSON format, it
    MUST have the following format: `{"errors": [{"code": …, "message": …, "detail": …}]}`". The details are left out.
    Of any other body, a short plain text is shown.
    """
    text = body.decode("utf-8", errors="replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        plain = text.strip()
        return clean(plain) if plain and len(plain) <= _MOST_SHOWN and "<" not in plain else ""
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list):
        errors = [document] if isinstance(document, dict) else []
    return clean("; ".join(filter(None, (_one(error) for error in errors[:_MOST_ERRORS]))))


def clean(text: str) -> str:
    """`text` from outside on one line, without what could be a secret or move a terminal's cursor."""
    plain = _LONG_WORD.sub("***", redact(_CONTROL.sub(" ", text)))
    plain = " ".join(plain.split())
    return plain if len(plain) <= _MOST_SHOWN else plain[: _MOST_SHOWN - 1] + "…"


@contextmanager
def placed(place: str, act: str) -> Iterator[None]:
    """Say of every failure inside at which place what could not be done; none stays transient."""
    try:
        yield
    except BareboatError as fault:
        kind = type(fault)
        if isinstance(fault, TransientError | RefusedError):
            kind = FetchError
        raise kind(f"{place}: cannot {act}: {fault.message}", hint=fault.hint, problems=fault.problems) from fault


def _one(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    code, message = error.get("code"), error.get("message") or error.get("details")
    words = [word[:_MOST_SHOWN].strip() for word in (code, message) if isinstance(word, str) and word.strip()]
    return ": ".join(words)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
