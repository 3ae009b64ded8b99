"""What the registry says when it does not do what was asked, and which part of a blob an address means.

OCI distribution specification 1.1, "Error Codes"; RFC 9110, 13 and 14.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_RANGE = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*")


class Refusal(Exception):  # noqa: N818  an answer, no error of this program
    """An answer with an error document.

    Args:
        status: Of HTTP.
        code: One of the specification's.
        message: For people.
        headers: Further headers.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    @property
    def document(self) -> bytes:
        """The body.

        "If the response body is in JSON format, it MUST have the following format: `{"errors": [{"code": …,
        "message": …, "detail": …}, …]}`"; the `detail` is optional.
        """
        return json.dumps({"errors": [{"code": self.code, "message": self.message}]}, ensure_ascii=False).encode()


def asked_range(text: str | None, size: int) -> range | None:
    """Which bytes a `Range` header asks for; None when it asks for all, or for what may be left aside.

    RFC 9110, 14.2: "A server MAY ignore the Range header field"; several ranges at once are ignored here, as is what
    cannot be read.

    Raises:
        Refusal: When no byte is there, with the size.
    """
    match = _RANGE.fullmatch(text.lower()) if text else None
    if match is None or not (match[1] or match[2]) or max(len(match[1]), len(match[2])) > 18:
        return None
    first, last = match[1], match[2]
    if not first:  # the last bytes, so many of them
        start, end = max(0, size - int(last)), size
        if not int(last):
            start = size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= size:
        # "a Content-Range header field that specifies the current length of the selected representation" (15.5.17)
        raise Refusal(416, "SIZE_INVALID", f"it has {size} bytes only", {"content-range": f"bytes */{size}"})
    return range(start, end)


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the client says that it has what has the entity tag `tag` (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in known or "*" in known
