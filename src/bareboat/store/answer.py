"""What an answer of HTTP means for a download: go on, wait, or ask somebody else (RFC 9110, RFC 6585)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from bareboat.base.epoch import parse_rfc2822
from bareboat.base.errors import FetchError, FormatError, NotFoundError
from bareboat.store.transport import Response, TransientError

HEAD_BYTES = 512
"""How much of a body is enough to know a page by."""

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_REFUSED = {401: "a user and a password are needed", 403: "it is forbidden", 407: "the proxy wants a password"}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
# A comment ends at its first "-->" (the atomic group): where none of many ends may move, none is tried again.
_HTML = re.compile(rb"\s*(?>(<!--.*?-->\s*)*)<(!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL)


def judge(response: Response) -> None:
    """Return when the status is a success, whole (200) or in part (206).

    Raises:
        NotFoundError: When it is not there.
        TransientError: When it may come later.
        FetchError: When it is refused otherwise.
    """
    status = response.status
    if status in (200, 206):
        return
    if status in (404, 410):
        raise NotFoundError(f"it is not there ({status})")
    if status in _TRANSIENT:
        raise TransientError(f"the server answers {_named(status)}", after_s=retry_after_s(response.headers))
    if status in _REFUSED:
        hint = "put user and password into ~/.netrc, or into the address" if status == 401 else None
        raise FetchError(f"{_REFUSED[status]} ({status})", hint=hint)
    raise FetchError(f"the server answers {_named(status)}")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How many seconds the server asks to wait, or None (RFC 9110, 10.2.3).

    A date is compared with the server's own clock, the Date header, not with this machine's.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return float(max(0, parse_rfc2822(text) - parse_rfc2822(headers.get("date", ""))))
    except FormatError:
        return None


def range_start(response: Response, size: int | None) -> int | None:
    """Where a partial answer (206) begins, or None when it does not say so or speaks of another whole.

    Args:
        response: The answer.
        size: How many bytes the whole must have, when that is known.
    """
    match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if match is None or (size is not None and match[3] not in ("*", str(size))):
        return None
    return int(match[1])


def strong_validator(headers: Mapping[str, str]) -> str | None:
    """The entity tag, when it vouches for every byte (RFC 9110, 8.8.1: a weak one, `W/"…"`, does not)."""
    tag = headers.get("etag", "").strip()
    return tag if tag.startswith('"') else None


def length_of(headers: Mapping[str, str]) -> int | None:
    """How many bytes the body has, or None when the header says nothing that can be used (RFC 9110, 8.6)."""
    text = headers.get("content-length", "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) and "transfer-encoding" not in headers else None


def has_an_end(headers: Mapping[str, str]) -> bool:
    """Whether a body that stops too early can be told from a whole one (RFC 9112, 6.3)."""
    return "content-length" in headers or "transfer-encoding" in headers


def looks_like_html(head: bytes) -> bool:
    """Whether a body that begins so is a page for people."""
    return _HTML.match(head) is not None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
