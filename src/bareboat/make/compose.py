"""One step on top of another: packages laid over what is below, the configuration's files, effects, missing folders.

Nothing is written here; the outcome says what a layer has to hold, in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import BuildError
from bareboat.base.mode import FOLDER
from bareboat.base.path import ImagePath, parents_of
from bareboat.debian.status import format_md5sums, md5sums_path, parse_md5sums
from bareboat.make.composition import Composition
from bareboat.make.contribution import Contribution
from bareboat.make.crew import Hands
from bareboat.make.enact import enact
from bareboat.make.entry_record import entry_fields
from bareboat.make.inputs import Inputs
from bareboat.make.invariants import check_room, check_tree
from bareboat.make.overlay import overlay
from bareboat.make.part import Part
from bareboat.make.prune import matches
from bareboat.make.touched import scoped
from bareboat.make.tree import AnyEntry, Directory, File, Hardlink, Tree, file_of

_PACKAGE = "package:"
_LOADER_CACHE = ImagePath("etc/ld.so.cache")


def compose(inputs: Inputs, below: Composition, hands: Hands, where: str) -> Composition:
    """The composition of `inputs` on top of `below`; `where` names the image in errors.

    Raises:
        BuildError: When packages or files conflict, or an effect cannot work.
        ConfigurationError: For a file where packages have a folder.
        FormatError: When a package is damaged.
        NotFoundError: When the store lacks a package.
    """
    brought = hands.bring(inputs.parts)
    newest = max([below.moment, *(one.moment for one in brought)]) if inputs.created is None else inputs.created
    moment = _moment_of(inputs, brought, below)
    laid = overlay(below.tree, [one.entries for one in brought])
    check_room(inputs.files, laid.tree, inputs.places, where)
    generated, removed = _generated(inputs, laid.tree, moment)
    generated += _true_checksums(generated, below.tree, moment)
    fresh = [entry for entry in generated if not _is_there(below.tree, entry)]
    written = {entry.path for entry in fresh}
    parts = [
        _only_own(part, one, written, laid.shared, laid.hidden) for part, one in zip(inputs.parts, brought, strict=True)
    ]
    if parts != list(inputs.parts):
        brought = hands.bring(parts)
        laid = overlay(below.tree, [one.entries for one in brought])
    tree = _with_parents(laid.tree.with_entries(fresh), moment)
    aliased = bool(inputs.parts) or not inputs.is_on_base  # a base image of another kind may take files all the same
    check_tree(tree, inputs.scene.distro if aliased else replace(inputs.scene.distro, merged_usr=False), where)
    _check_removed(inputs, tree, where)
    files = tuple(sorted((entry for entry in fresh if not isinstance(entry, Directory)), key=lambda entry: entry.path))
    return Composition(
        tree=_from_above(tree),
        moment=newest,
        folders=_folders(tree, below.tree, [*fresh, *(entry for one in brought for entry in one.entries)], moment),
        contributions=tuple(brought),
        files=files,
        touched=frozenset().union(removed, *(scoped(one.package, one.touched) for one in brought)),
    )


def _moment_of(inputs: Inputs, brought: Sequence[Contribution], below: Composition) -> Epoch:
    """The time of what a step makes: that of its own newest input, and of what is below it only where it has none.

    So a layer stays as it is while what is below it changes and what is in it does not.
    """
    if inputs.created is not None:
        return inputs.created
    return max((one.moment for one in brought), default=below.moment)


def _generated(inputs: Inputs, packages: Tree, moment: Epoch) -> tuple[list[AnyEntry], set[str]]:
    """Files of the configuration, and what effects make of them and of the packages; and which globs took some away."""
    files = [replace(entry, mtime=moment) for entry in inputs.files]
    tree = packages.with_entries(files)
    effects = inputs.effects
    if inputs.is_on_base and inputs.parts and _LOADER_CACHE in tree:
        effects = (*effects, "ldcache")  # what is over a base image must be in its loader's cache too
    made = enact(effects, tree, replace(inputs.scene, moment=moment))
    gone = {entry.path for entry in made if matches(inputs.removed, entry.path)}
    removed = {glob for glob in inputs.removed if any(matches((glob,), path) for path in gone)}
    return [*files, *(entry for entry in made if entry.path not in gone)], scoped("", removed)


def _with_parents(tree: Tree, moment: Epoch) -> Tree:
    """`tree` with the folders that nobody brings."""
    return tree.with_entries(
        Directory(path=path, mode=FOLDER, mtime=moment, origin="effect:folders") for path in tree.missing_parents()
    )


def _true_checksums(generated: Iterable[AnyEntry], below: Tree, moment: Epoch) -> list[AnyEntry]:
    """The md5sums of packages below without the files that this step puts something else over."""
    replaced: dict[str, set[ImagePath]] = {}
    for entry in generated:
        known = below.get(entry.path)
        if isinstance(known, File | Hardlink) and known.origin.startswith(_PACKAGE) and not _is_there(below, entry):
            replaced.setdefault(known.origin.removeprefix(_PACKAGE), set()).add(entry.path)
    found: list[AnyEntry] = []
    for package, paths in sorted(replaced.items()):
        sums = below.get(md5sums_path(package))
        if isinstance(sums, File) and sums.path not in paths:
            lines = parse_md5sums(sums.content, f"{package}: md5sums")
            kept = format_md5sums(line for line in lines if line.path not in paths)
            found.append(file_of(sums.path, kept, origin="effect:dpkg", mtime=moment))
    return found


def _is_there(below: Tree, entry: AnyEntry) -> bool:
    """Whether the layers below have the same thing already; timestamps aside, for they move with the packages."""
    known = below.get(entry.path)
    if known is None or type(known) is not type(entry):
        return False
    return entry_fields(replace(known, mtime=ZERO)) == entry_fields(replace(entry, mtime=ZERO))


def _only_own(
    part: Part, brought: Contribution, written: set[ImagePath], shared: frozenset[tuple[str, ImagePath]],
    hidden: frozenset[tuple[str, ImagePath]],
) -> Part:
    """`part` without the paths that something else of the image writes."""
    origin = f"{_PACKAGE}{part.name}"
    own = {entry.path for entry in brought.entries if not isinstance(entry, Directory)}
    replaced = own & (written | {path for owner, path in hidden if owner == origin})
    same = own & {path for owner, path in shared if owner == origin} - replaced
    return part.without(replaced, same) if replaced or same else part


def _folders(tree: Tree, below: Tree, entries: Iterable[AnyEntry], moment: Epoch) -> tuple[Directory, ...]:
    """The folders of a layer, sorted: those that are new, and every parent of what the layer writes.

    A strict reader wants each parent before what stands in it, in every layer.
    A folder from below is as old as the layer, as a folder is that something was put into: so the layer does not
    depend on when what is below it was packed.
    """
    wanted: set[ImagePath] = set()
    for entry in entries:
        if not isinstance(entry, Directory):
            wanted |= set(parents_of(entry.path))
        elif below.get(entry.path) != tree[entry.path]:
            wanted |= {entry.path, *parents_of(entry.path)}
    found = [entry for path in sorted(wanted) if isinstance(entry := tree[path], Directory)]
    return tuple(replace(entry, mtime=moment) if below.get(entry.path) == entry else entry for entry in found)


def _check_removed(inputs: Inputs, tree: Tree, where: str) -> None:
    """Only what this image adds can be left out: a layer below is another image's too."""
    left = [entry for path, entry in tree.entries.items() if matches(inputs.removed, path)]
    left = [entry for entry in left if not isinstance(entry, Directory) and not entry.origin.startswith("config:")]
    if left:
        raise BuildError(
            f'{where}: cannot take "/{left[0].path}" away: {left[0].origin} has it',
            hint="debug variants can only add to the others, and copyright files and what `keep` names always stay",
        )


def _from_above(tree: Tree) -> Tree:
    """`tree` as a layer above sees it, where every name of a file is a file: putting one away leaves the others."""
    links = [entry for entry in tree.entries.values() if isinstance(entry, Hardlink)]
    return tree.with_entries(
        replace(file, path=link.path) for link in links if isinstance(file := tree[link.target], File)
    ) if links else tree
