"""Lists that come in pages: the header `Link` (RFC 8288) and where it may lead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bareboat.base.document import Document
from bareboat.base.errors import FormatError
from bareboat.store.registry.api import Api, Call

_NEXT = re.compile(r'<([^<>]*)>((?:\s*;\s*[^=;,]+=(?:"[^"]*"|[^",;\s]+))*)')
_IS_NEXT = re.compile(r';\s*rel="?next"?', re.IGNORECASE)
_MOST_PAGES = 10_000


def pages_of(api: Api, call: Call) -> Iterator[tuple[Document, Mapping[str, str]]]:
    """Every page of a list, with its headers.

    "A `Link` header MAY be included in the response when additional tags are available." "A `Link` header MUST be
    included in the response when the descriptor list cannot be returned in a single response."

    Raises:
        FormatError: When a page is no JSON mapping, or the pages lead in a circle.
        FetchError: When one cannot be had; see `Api.answer`.
    """
    url: str | None = call.url
    seen: set[str] = set()
    while url is not None:
        if url in seen or len(seen) >= _MOST_PAGES:
            raise FormatError("the pages of the list never end")
        seen.add(url)
        answer = api.answer(
            Call(
                method=call.method, url=url, scopes=call.scopes, headers=call.headers,
                fine=call.fine, max_bytes=call.max_bytes,
            )
        )
        if answer.status != 200:
            return
        yield Document.parse(answer.data, "the list"), answer.headers
        target = next_in(answer.headers.get("link", ""))
        url = None if target is None else api.endpoint.inside(answer.url, target)


def next_in(header: str) -> str | None:
    """The address of the next page, or None on the last one.

    "If included, the `Link` header MUST be set according to RFC5988 with the Relation Type `rel="next"`." It may stand
    among others, and be relative.
    """
    for match in _NEXT.finditer(header):
        if _IS_NEXT.search(match[2]):
            return match[1]
    return None
