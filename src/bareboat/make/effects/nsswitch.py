"""`/etc/nsswitch.conf`: where glibc looks names up; see nsswitch.conf(5).

Without it, glibc would not read `/etc/hosts` before it asks the name server.
"""

from __future__ import annotations

from bareboat.base.epoch import Epoch
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Tree

_SERVICES = (
    ("passwd", "compat"),
    ("group", "compat"),
    ("shadow", "compat"),
    ("gshadow", "files"),
    ("hosts", "files dns"),
    ("networks", "files"),
    ("protocols", "db files"),
    ("services", "db files"),
    ("ethers", "db files"),
    ("rpc", "db files"),
    ("netgroup", "nis"),
)


def entries(_tree: Tree, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The one file, whatever the tree holds."""
    text = "".join(f"{database + ':':16}{services}\n" for database, services in _SERVICES)
    return (Stamp("nsswitch", moment).file("etc/nsswitch.conf", text.encode()),)
