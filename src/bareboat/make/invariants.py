"""What must hold for every tree of ours, whatever packages it has."""

from __future__ import annotations

from bareboat.base.errors import BuildError
from bareboat.base.path import ImagePath
from bareboat.make.tree import Symlink, Tree
from bareboat.plan.distro import Distro

ALIASES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def check_tree(tree: Tree, distro: Distro, where: str) -> Tree:
    """`tree`, when the root's aliases of a merged /usr are exactly links into it.

    Debian's usrmerge: `/bin`, `/sbin` and `/lib*` are links to `usr/…`, and nothing else stands there.

    Raises:
        BuildError: When one is something else.
    """
    if not distro.merged_usr:
        return tree
    for name in ALIASES:
        entry = tree.get(ImagePath(name))
        if entry is None or (isinstance(entry, Symlink) and entry.target == f"usr/{name}"):
            continue
        raise BuildError(
            f"{where}: /{name} must be a link to usr/{name} on {distro.name}, and {entry.origin} makes it something else",
            hint=f"put the files under /usr/{name}",
        )
    return tree
