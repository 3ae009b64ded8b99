"""How images travel: what `push`, `pull` and `copy` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import architecture
from bareboat.oci.descriptor import Platform
from bareboat.ship.transfer.contents import select
from bareboat.ship.transfer.item import Item
from bareboat.ship.transfer.team import JOBS

ASKING = "look"
"""The task under which the observer hears that things are looked for."""


@frozen
class Terms:
    """How images travel: for which architectures (OCI's names; None for all), and what travels with them."""

    architectures: tuple[str, ...] | None = None
    referrers: bool = False
    jobs: int = JOBS
    dry_run: bool = False


def for_architectures(items: Sequence[Item], architectures: tuple[str, ...] | None) -> tuple[Item, ...]:
    """`items` for `architectures` alone; of several, those that are for none of them are left out.

    Raises:
        UsageError: When nothing is left.
    """
    if architectures is None:
        return tuple(items)
    platforms = [Platform.of(architecture(name)) for name in architectures]
    chosen, refusal = [], None
    for item in items:
        try:
            origin, root = select(item.origin, item.root, platforms, f'"{item.said}"')
        except UsageError as error:
            refusal = refusal or error
        else:
            chosen.append(replace(item, origin=origin, root=root))
    if refusal is not None and (len(items) == 1 or not chosen):
        raise refusal
    return tuple(chosen)
