"""Offers as text: a line for each recipe."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.inspect.offer import Offer
from bareboat.inspect.present.columns import columns


def present_offers(offers: Sequence[Offer]) -> list[str]:
    """A table with a heading, a line for each offer."""
    rows = [["IMAGE", "VERSION", "ARCHITECTURES", "VARIANTS", "ALSO CALLED"]]
    for offer in offers:
        name = f"{offer.name} (preview)" if offer.preview else offer.name
        also = " ".join(offer.aliases)
        rows.append([name, offer.version, " ".join(offer.architectures), " ".join(offer.variants), also])
    return columns(rows, indent=0)
