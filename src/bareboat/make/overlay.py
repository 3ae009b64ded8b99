"""Packages laid over one another: one tree, or an error that names both owners.

Two packages may share folders and files of the same content; whatever else they share is a conflict, as for dpkg
(Policy 7.6 aside: no package of an image replaces files of another).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bareboat.base.errors import BuildError
from bareboat.base.path import ImagePath, parents_of
from bareboat.make.tree import AnyEntry, Directory, File, Symlink, Tree

FIRST_OWNER = "package:base-files"
"""Whose folders decide their modes, wherever several packages have them; then the first by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaid:
    """The tree of several packages, and paths that several of them have: which of them need not be written again."""

    tree: Tree
    repeated: frozenset[tuple[str, ImagePath]]


def overlay(base: Tree, packages: Iterable[tuple[AnyEntry, ...]]) -> Overlaid:
    """`base` with the entries of `packages` over it.

    Raises:
        BuildError: When two packages have one path with different contents; all such paths are named at once.
    """
    entries: dict[ImagePath, AnyEntry] = dict(base.entries)
    conflicts: list[str] = []
    repeated: set[tuple[str, ImagePath]] = set()
    ordered = sorted((entry for group in packages for entry in group), key=_precedence)
    for entry in ordered:
        known = entries.get(entry.path)
        if known is None:
            entries[entry.path] = entry
        elif isinstance(known, Directory) and isinstance(entry, Directory):
            continue
        elif _is_same(known, entry):
            repeated.add((entry.origin, entry.path))
        elif isinstance(known, Symlink) and isinstance(entry, Directory) and _leads_to_folder(entries, known):
            continue
        elif not known.origin.startswith("package:"):
            repeated.add((entry.origin, entry.path))
        else:
            conflicts.append(f"  /{entry.path}: {_owner(known)} has {_what(known)}, {_owner(entry)} has {_what(entry)}")
    tree = Tree.of(entries.values())
    conflicts += _through_links(tree)
    if conflicts:
        first = conflicts[0].split(":")[0].strip()
        raise BuildError(
            "\n".join(["cannot put these packages into one image:", *conflicts]),
            hint=f'leave one of them out, or one of the files with `drop: ["PACKAGE:{first}"]`',
        )
    return Overlaid(tree=tree, repeated=frozenset(repeated))


def _precedence(entry: AnyEntry) -> tuple[bool, str, str]:
    return (entry.origin != FIRST_OWNER, entry.origin, entry.path)


def _is_same(left: AnyEntry, right: AnyEntry) -> bool:
    match left, right:
        case File(), File():
            return (left.digest, left.mode, left.uid, left.gid) == (right.digest, right.mode, right.uid, right.gid)
        case Symlink(), Symlink():
            return left.target == right.target
        case _:
            return False


def _leads_to_folder(entries: dict[ImagePath, AnyEntry], link: Symlink) -> bool:
    return isinstance(Tree(entries).resolve(link.path), Directory)


def _through_links(tree: Tree) -> list[str]:
    """Entries whose folder is a link of another package: written as they are, they would turn the link into a folder."""
    links = {path for path, entry in tree.entries.items() if isinstance(entry, Symlink)}
    found = []
    for path, entry in tree.entries.items():
        for parent in parents_of(path):
            if parent in links:
                link = tree[parent]
                found.append(f"  /{path}: {_owner(entry)} puts it through /{parent}, which is {_what(link)} of {_owner(link)}")
                break
    return found


def _owner(entry: AnyEntry) -> str:
    return entry.origin.partition(":")[2] if entry.origin.startswith("package:") else entry.origin


def _what(entry: AnyEntry) -> str:
    match entry:
        case Symlink():
            return f"a link to {entry.target}"
        case Directory():
            return "a folder"
        case File():
            return f"a file ({entry.digest.short})"
        case _:
            return "something else"
