"""What must hold for every tree of ours, whatever is in it."""

from __future__ import annotations

from bareboat.base.errors import BuildError
from bareboat.base.path import ImagePath, parents_of
from bareboat.make.tree import Directory, Symlink, Tree
from bareboat.plan.distro import Distro

ALIASES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def check_tree(tree: Tree, distro: Distro, where: str) -> Tree:
    """`tree`, when everything in it stands in folders, and the root's aliases of a merged /usr are links into it.

    Debian's usrmerge: `/bin`, `/sbin` and `/lib*` are links to `usr/…`, and nothing else stands there.

    Raises:
        BuildError: When one is something else, or something would be written through what is no folder.
    """
    if distro.merged_usr:
        _check_aliases(tree, distro, where)
    for path, entry in tree.entries.items():
        for parent in parents_of(path):
            there = tree.get(parent)
            if there is None or isinstance(there, Directory):
                continue
            what = f"a link to {there.target}" if isinstance(there, Symlink) else "no folder"
            real = tree.real_path(parent)
            raise BuildError(
                f"{where}: /{path} ({entry.origin}) leads through /{parent}, which is {what} ({there.origin})",
                hint=None if real in (None, parent) else f"write /{real}{path.removeprefix(parent)} instead",
            )
    return tree


def _check_aliases(tree: Tree, distro: Distro, where: str) -> None:
    for name in ALIASES:
        entry = tree.get(ImagePath(name))
        if entry is None or (isinstance(entry, Symlink) and entry.target == f"usr/{name}"):
            continue
        raise BuildError(
            f"{where}: /{name} must be a link to usr/{name} on {distro.name}, "
            f"and {entry.origin} makes it something else",
            hint=f"put the files under /usr/{name}",
        )
