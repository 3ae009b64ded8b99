"""What must hold for every tree of ours, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bareboat.base.errors import BuildError, ConfigurationError
from bareboat.base.path import ImagePath, inside
from bareboat.base.problem import Place
from bareboat.make.tree import AnyEntry, Directory, Symlink, Tree
from bareboat.plan.distro import Distro

CONFIG = "config:/"
"""How the origin of what the configuration puts into an image begins; the path of the wish follows."""

ALIASES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def check_tree(tree: Tree, distro: Distro, where: str) -> Tree:
    """`tree`, when everything in it stands in folders, and the root's aliases of a merged /usr are links into it.

    Debian's usrmerge: `/bin`, `/sbin` and `/lib*` are links to `usr/…`, and nothing else stands there.

    Raises:
        BuildError: When one is something else, or something would be written through what is no folder.
    """
    if distro.merged_usr:
        _check_aliases(tree, distro, where)
    for parent in sorted(tree.folders()):
        there = tree.get(parent)
        if there is None or isinstance(there, Directory):
            continue
        what = f"a link to {there.target}" if isinstance(there, Symlink) else "no folder"
        real = tree.real_path(parent)
        entry = tree.under(parent)[0]
        raise BuildError(
            f"{where}: /{entry.path} ({entry.origin}) leads through /{parent}, which is {what} ({there.origin})",
            hint=None if real in (None, parent) else f"write /{real}{entry.path.removeprefix(parent)} instead",
        )
    return tree


def check_room(
    files: Iterable[AnyEntry], packages: Tree, places: Mapping[ImagePath, Place], where: str
) -> None:
    """Refuse a file or link of the configuration where packages have a folder with something in it.

    Raises:
        ConfigurationError: With the place of the wish, by its path in `places`.
    """
    for entry in files:
        if isinstance(entry, Directory) or not isinstance(packages.get(entry.path), Directory):
            continue
        origins = {
            below.origin
            for path, below in packages.entries.items()
            if path != entry.path and inside(path, entry.path) and not isinstance(below, Directory)
        }
        if origins:
            place = places.get(ImagePath(entry.origin.removeprefix(CONFIG)), where)
            what = "a link" if isinstance(entry, Symlink) else "a file"
            raise ConfigurationError(
                f'{place}: files: cannot put {what} at "/{entry.path}": it is a folder with files of {_named(origins)}',
                hint=f'write a path below it, such as "/{entry.path}/NAME"',
            )


def _named(origins: Iterable[str]) -> str:
    """Packages by their names, or else what is there; the first of many."""
    found = sorted(origins)
    names = [origin.removeprefix("package:") for origin in found if origin.startswith("package:")] or found
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


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
