"""Lists in pages, as the distribution specification cuts them: `n` entries, those after `last`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from bareboat.base.frozen import frozen
from bareboat.ship.serve.catalogue import lexical
from bareboat.ship.serve.refusals import Refusal


@frozen
class Page:
    """Some entries of a list; `link` is the address of the next page, None at the end."""

    entries: tuple[str, ...]
    link: str | None = None


def page_of(entries: Sequence[str], query: Mapping[str, str], path: str) -> Page:
    """The page of `entries` that `query` asks for.

    "up to `<int>` tags *after* `<tagname>` will be returned", also when there is no such tag (any more).

    Args:
        entries: In lexical order.
        query: With `n` and `last`, or without.
        path: Of this list.

    Raises:
        Refusal: When `n` is no number.
    """
    last = query.get("last")
    rest = tuple(entries) if last is None else tuple(entry for entry in entries if lexical(entry) > lexical(last))
    if "n" not in query:
        return Page(entries=rest)
    text = query["n"]
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Refusal(400, "PAGINATION_NUMBER_INVALID", f'cannot read n="{text[:40]}" as a number')
    number = int(text)
    # end-8b: "When `n` is zero, this endpoint MUST return an empty list, and MUST NOT include a `Link` header."
    if not number or len(rest) <= number:
        return Page(entries=rest[:number])
    shown = rest[:number]
    return Page(entries=shown, link=f"{quote(path)}?n={number}&last={quote(shown[-1], safe='')}")
