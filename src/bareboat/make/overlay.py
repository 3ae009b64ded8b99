"""Packages laid over one another: one tree, or an error that names both owners.

Packages may share folders and files of the same content, and one may have a link where another has a folder, when the
link leads to one; whatever else they share is a conflict, as for dpkg (Policy 7.6 aside: no package of an image
replaces files of another).
The outcome does not depend on the order of the packages.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareboat.base.errors import BuildError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, parents_of
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink, Tree

FIRST_OWNER = "package:base-files"
"""Whose folders decide their modes, wherever several packages have them; then the first by name."""


@frozen
class Overlaid:
    """The tree of several packages, and who need not write which paths.

    `shared` has the paths that another package, or the base, has with the same content; `hidden` those where the base
    has a file or link of an effect or of the configuration, which stays.
    """

    tree: Tree
    shared: frozenset[tuple[str, ImagePath]]
    hidden: frozenset[tuple[str, ImagePath]]


def overlay(base: Tree, packages: Iterable[tuple[AnyEntry, ...]]) -> Overlaid:
    """`base` with the entries of `packages` over it.

    Raises:
        BuildError: When two packages have one path with different contents; all such paths are named at once.
    """
    brought: dict[ImagePath, list[AnyEntry]] = {}
    for entry in sorted((entry for group in packages for entry in group), key=_precedence):
        brought.setdefault(entry.path, []).append(entry)
    chosen = {path: base.get(path) or _chosen(found) for path, found in brought.items()}
    tree = base.with_entries(chosen.values())
    shared: set[tuple[str, ImagePath]] = set()
    hidden: set[tuple[str, ImagePath]] = set()
    conflicts: list[str] = []
    for path, found in sorted(brought.items()):
        winner = chosen[path]
        for entry in found:
            if entry is winner or (isinstance(entry, Directory) and _is_folder(tree, winner)):
                continue
            if _is_same(winner, entry):
                shared.add((entry.origin, path))
            elif not winner.origin.startswith("package:") and not isinstance(winner, Directory):
                hidden.add((entry.origin, path))
            else:
                conflicts.append(f"  /{path}: {_owner(winner)} has {_what(winner)}, {_owner(entry)} has {_what(entry)}")
    conflicts += through_other_things(tree, brought)
    if conflicts:
        place = conflicts[0].partition(":")[0].strip()
        raise BuildError(
            "\n".join(["cannot put these packages into one image:", *dict.fromkeys(conflicts)]),
            hint=f'leave one of them out, or one of the files with `drop: ["PACKAGE:{place}"]`',
        )
    return Overlaid(tree=tree, shared=frozenset(shared), hidden=frozenset(hidden))


def through_other_things(tree: Tree, paths: Iterable[ImagePath]) -> list[str]:
    """Those of `paths`, one a line, whose folder is something else: written, they would turn a link into a folder."""
    found = []
    for path in sorted(paths):
        for parent in parents_of(path):
            there = tree.get(parent)
            if there is not None and not isinstance(there, Directory):
                what = f"{_what(there)} of {_owner(there)}"
                found.append(f"  /{path}: {_owner(tree[path])} puts it through /{parent}, which is {what}")
                break
    return found


def _precedence(entry: AnyEntry) -> tuple[bool, str, str]:
    return (entry.origin != FIRST_OWNER, entry.origin, entry.path)


def _chosen(found: list[AnyEntry]) -> AnyEntry:
    """The first that is no folder: a link to a folder serves those who have a folder there."""
    return next((entry for entry in found if not isinstance(entry, Directory)), found[0])


def _is_folder(tree: Tree, entry: AnyEntry) -> bool:
    """Whether it is a folder, or a link that leads to one."""
    return isinstance(tree.resolve(entry.path) if isinstance(entry, Symlink) else entry, Directory)


def _is_same(left: AnyEntry, right: AnyEntry) -> bool:
    match left, right:
        case File(), File():
            return (left.digest, left.mode, left.uid, left.gid, left.xattrs) == (
                right.digest, right.mode, right.uid, right.gid, right.xattrs,
            )
        case Symlink(), Symlink():
            return left.target == right.target
        case _:
            return False


def _owner(entry: AnyEntry) -> str:
    return entry.origin.partition(":")[2] if entry.origin.startswith("package:") else entry.origin


def _what(entry: AnyEntry) -> str:
    match entry:
        case Symlink():
            return f"a link to {entry.target}"
        case Directory():
            return "a folder"
        case File():
            return f"a file ({entry.digest.short}, {entry.mode:04o})"
        case Hardlink():
            return f"a hard link to /{entry.target}"
        case Device():
            return f"a {entry.kind} device"
