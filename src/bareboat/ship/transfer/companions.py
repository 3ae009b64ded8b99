"""What refers to an image, and so travels with it when that is asked for: signatures, attestations, bills of materials.

What refers to any of its manifests counts, and what refers to that in turn.
"""

from __future__ import annotations

from bareboat.base.digest import Digest
from bareboat.base.errors import LimitError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.ship.transfer.contents import parts_of
from bareboat.ship.transfer.origin import Origin
from bareboat.ship.transfer.team import Team

_MOST = 1_000


def companions(origin: Origin, root: Descriptor, team: Team) -> tuple[Descriptor, ...]:
    """The manifests and indexes that refer to `root`, to what it leads to, or to each other; each once.

    Args:
        origin: Where they are.
        root: An index or manifest.
        team: Who asks.

    Raises:
        LimitError: When there are more than 1,000.
        BareboatError: As `Origin.document`.
    """
    found: dict[Digest, Descriptor] = {}
    rest = [root]
    seen: set[Digest] = set()
    while rest:
        subjects = [part.descriptor.digest for one in rest for part in parts_of(origin, one, team.each)]
        fresh = [digest for digest in dict.fromkeys(subjects) if digest not in seen]
        seen.update(fresh)
        rest = []
        for those in team.each(origin.referrers, fresh):
            for one in those:
                if one.media_type in media.INDEXES | media.MANIFESTS and one.digest not in found:
                    found[one.digest] = one
                    rest.append(one)
        if len(found) > _MOST:
            raise LimitError(f"more than {_MOST} manifests refer to {root.digest.short}")
    return tuple(found.values())
