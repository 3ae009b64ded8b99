"""An order becomes layers: packages contributed, laid over one another, effects enacted, members joined.

A layer is found by its inputs before anything is unpacked; the tree below is worked out only for a layer that is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import ConfigurationError, FormatError
from bareboat.base.path import ImagePath, parents_of
from bareboat.make.contribute import contribute, contribute_upstream
from bareboat.make.contribution import Contribution, Treatment
from bareboat.make.entry_record import entry_fields
from bareboat.make.effects.certificates import Trusted
from bareboat.make.enact import RELOCATED, Scene, enact
from bareboat.make.invariants import check_tree
from bareboat.make.layer import Layer, join
from bareboat.make.layering import Step, cut
from bareboat.make.members import add_members
from bareboat.make.order import Order
from bareboat.make.overlay import Overlaid, overlay
from bareboat.make.prune import pruning_for
from bareboat.make.source import Sources, placed
from bareboat.make.substitute import Words
from bareboat.make.tree import AnyEntry, Directory, Tree
from bareboat.make.workshop import Workshop
from bareboat.plan.config import Accounts
from bareboat.plan.lock import BYTE_FORMAT, LockedPackage

_KIND = "layer"

Contribute = Callable[[Sequence[Callable[[], Contribution]]], list[Contribution]]
"""Makes several contributions, perhaps at the same time; gives them in the order asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The layers of an image on one architecture, root first; `debug` come on top in debug variants."""

    normal: tuple[Layer, ...]
    debug: tuple[Layer, ...]

    def of(self, *, debug: bool) -> tuple[Layer, ...]:
        """All layers of a variant."""
        return (*self.normal, *self.debug) if debug else self.normal


def assemble(order: Order, workshop: Workshop, together: Contribute) -> Layers:
    """The layers of `order`, stored.

    Raises:
        BuildError: When packages conflict or an effect cannot work.
        FormatError: When a package is damaged.
        NotFoundError: When the store lacks a package.
    """
    ground = _Ground(order, workshop, together, None, None)
    done: list[tuple[Step, Layer]] = []
    for step in cut(order.steps(), order.recipe.layers):
        ground = _Ground(order, workshop, together, ground, step)
        done.append((step, ground.layer))
    return Layers(
        normal=tuple(layer for step, layer in done if not step.is_debug),
        debug=tuple(layer for step, layer in done if step.is_debug),
    )


class _Ground:
    """Everything up to and with one step: its key, its layer, and, when somebody asks, its tree."""

    def __init__(
        self, order: Order, workshop: Workshop, together: Contribute, below: _Ground | None, step: Step | None
    ) -> None:
        self._order = order
        self._workshop = workshop
        self._together = together
        self._below = below
        self._step = step or Step(about="", packages=(), upstream=(), stages=())

    @cached_property
    def _stages(self) -> tuple[int, ...]:
        below = self._below._stages if self._below is not None else ()  # noqa: SLF001  of the same class
        return (*below, *self._step.stages)

    @cached_property
    def _sources(self) -> Sources:
        return Sources(folder=self._order.folder, blobs=self._workshop.blobs)

    @cached_property
    def _words(self) -> Words:
        return Words(architecture=self._order.architecture, versions=self._order.versions)

    @cached_property
    def _authorities(self) -> tuple[Trusted, ...]:
        found = []
        for wish in self._order.trust(self._stages):
            if wish.text is not None:
                found.append(Trusted(pem=wish.text.encode(), where=f"{wish.place}: trust"))
                continue
            path = self._order.folder / (wish.source or "")
            try:
                found.append(Trusted(pem=path.read_bytes(), where=f"{wish.place}: {wish.source}"))
            except OSError as error:
                raise ConfigurationError(f'{wish.place}: trust: cannot read "{wish.source}": {error.strerror}') from error
        return tuple(found)

    @cached_property
    def _files(self) -> tuple[AnyEntry, ...]:
        """The configuration's files of this step, with no timestamp yet."""
        accounts = self._order.accounts(self._stages)
        wishes = self._order.files(self._step.stages)
        return tuple(
            entry for wish in wishes for entry in placed(wish, self._sources, accounts, self._words, ZERO)
        )

    def _treatment(self, package: LockedPackage) -> Treatment:
        recipe = self._order.recipe
        moves = [RELOCATED.get(name, {}).get(package.name, ()) for name in self._order.effects(self._step.stages)]
        return Treatment(
            pruning=pruning_for(package.name, recipe.keep, recipe.drop),
            merged_usr=self._order.distro.merged_usr,
            relocate=tuple(pair for pairs in moves for pair in pairs),
            compression=self._workshop.compression.key,
        )

    @cached_property
    def key(self) -> Digest:
        """The digest of everything that determines the layer and those below it."""
        if self._below is None:
            return digest_of({"byte-format": BYTE_FORMAT})
        order = self._order
        return digest_of({
            "below": str(self._below.key),
            "about": self._step.about,
            "packages": [
                [package.id, str(self._treatment(package).key(package.sha256))] for package in self._step.packages
            ],
            "upstream": [
                [program.id, [[file.member, str(file.sha256)] for file in program.files]] for program in self._step.upstream
            ],
            "files": [entry_fields(entry) for entry in self._files],
            "effects": list(order.effects(self._stages)),
            "accounts": _account_fields(order.accounts(self._stages)),
            "authorities": [str(Digest.of(authority.pem)) for authority in self._authorities],
            "distro": [order.distro.name, order.distro.version, order.distro.codename],
            "architecture": str(order.architecture),
            "compression": self._workshop.compression.key,
            "created": order.recipe.created,
        })

    @cached_property
    def layer(self) -> Layer:
        """The layer, from the records or made now."""
        record = self._workshop.records.get(_KIND, self.key)
        if record is not None:
            try:
                known = Layer.from_bytes(record)
            except FormatError:
                known = None
            if known is not None and self._workshop.blobs.has(known.digest):
                return known
        made = self._make()
        self._workshop.records.put(_KIND, self.key, made.to_bytes())
        return made

    @cached_property
    def moment(self) -> Epoch:
        """The newest timestamp among the packages up to here, or what the configuration says."""
        if self._order.recipe.created is not None:
            return self._order.recipe.created
        below = self._below.moment if self._below is not None else ZERO
        return max([below, *(contribution.moment for contribution in self._contributions)])

    @cached_property
    def _contributions(self) -> list[Contribution]:
        work: list[Callable[[], Contribution]] = [
            partial(contribute, package, self._treatment(package), self._workshop) for package in self._step.packages
        ]
        work += [
            partial(contribute_upstream, program, self._order.programs[program.name], self._workshop)
            for program in self._step.upstream
        ]
        return self._together(work)

    @cached_property
    def _overlaid(self) -> Overlaid:
        below = self._below.tree if self._below is not None else Tree()
        return overlay(below, [contribution.entries for contribution in self._contributions])

    @cached_property
    def _generated(self) -> tuple[AnyEntry, ...]:
        """Files, effects and missing folders of this step, where they differ from what is there; sorted by path."""
        files = tuple(replace(entry, mtime=self.moment) for entry in self._files)
        tree = self._overlaid.tree.with_entries(files)
        order = self._order
        scene = Scene(
            distro=order.distro,
            architecture=order.architecture,
            accounts=order.accounts(self._stages),
            authorities=self._authorities,
            moment=self.moment,
        )
        own = {entry.path for entry in files}
        made = [entry for entry in enact(order.effects(self._stages), tree, scene) if entry.path not in own]
        full = tree.with_entries(made)
        parents = [
            Directory(path=path, mode=0o755, mtime=self.moment, origin="effect:folders")
            for path in full.missing_parents()
        ]
        return tuple(sorted([*files, *made, *parents], key=lambda entry: entry.path))

    @cached_property
    def tree(self) -> Tree:
        """Everything up to and with this step."""
        if self._below is None:
            return Tree()
        return self._overlaid.tree.with_entries(self._generated)

    def _make(self) -> Layer:
        below = self._below.tree if self._below is not None else Tree()
        tree = check_tree(self.tree, self._order.distro, self._order.recipe.name)
        fresh = [entry for entry in self._generated if not _is_there(below, entry)]
        files = [entry for entry in fresh if not isinstance(entry, Directory)]
        contributions = self._without_repeats({entry.path for entry in files})
        written = [entry.path for one in contributions for entry in one.entries if not isinstance(entry, Directory)]
        folders = _folders(tree, below, [*written, *(entry.path for entry in files)], contributions, fresh)
        members = [
            *add_members(folders, self._workshop),
            *(member for one in contributions for member in one.members),
            *add_members(files, self._workshop),
        ]
        stored = join(members, self._workshop)
        names = [f"{one.name} {one.version}" for one in self._step.packages]
        names += [f"{one.name} {one.version}" for one in self._step.upstream]
        saved: dict[str, int] = {}
        for one in contributions:
            for rule, size in one.saved.items():
                saved[rule] = saved.get(rule, 0) + size
        return Layer(
            digest=stored.digest,
            size=stored.size,
            diff_id=stored.diff_id,
            unpacked_size=stored.unpacked_size,
            compression=self._workshop.compression.name,
            moment=self.moment,
            about=self._step.about,
            packages=tuple(names),
            saved=dict(sorted(saved.items())),
            warnings=tuple(warning for one in contributions for warning in one.warnings),
            licences=tuple(sorted({name for one in contributions for name in one.licences})),
        )

    def _without_repeats(self, replaced: set[ImagePath]) -> list[Contribution]:
        """The contributions without paths that something else of this layer writes: those are made again."""
        result = []
        count = len(self._step.packages)
        for position, one in enumerate(self._contributions):
            own = {entry.path for entry in one.entries if not isinstance(entry, Directory)}
            repeats = {path for origin, path in self._overlaid.repeated if origin == f"package:{one.package}"}
            gone = own & (replaced | repeats)
            if gone and position < count:
                package = self._step.packages[position]
                treatment = replace(self._treatment(package), exclude=tuple(sorted(gone)))
                result.append(contribute(package, treatment, self._workshop))
            else:
                result.append(one)
        return result


def _is_there(below: Tree, entry: AnyEntry) -> bool:
    """Whether the layers below have the same thing already; timestamps aside, for they move with the packages."""
    known = below.get(entry.path)
    if known is None or type(known) is not type(entry):
        return False
    return entry_fields(replace(known, mtime=ZERO)) == entry_fields(replace(entry, mtime=ZERO))


def _folders(
    tree: Tree, below: Tree, written: list[ImagePath], contributions: list[Contribution], fresh: list[AnyEntry]
) -> list[AnyEntry]:
    """The folders of a layer, sorted: those that are new, and every parent of what the layer writes.

    A strict reader wants each parent before what stands in it, in every layer.
    """
    wanted = {parent for path in written for parent in parents_of(path)}
    brought = [entry.path for one in contributions for entry in one.folders]
    brought += [entry.path for entry in fresh if isinstance(entry, Directory)]
    new = {path for path in brought if path not in below or below[path] != tree[path]}
    wanted |= new | {parent for path in new for parent in parents_of(path)}
    return [entry for path in sorted(wanted) if isinstance(entry := tree[path], Directory)]


def _account_fields(accounts: Accounts) -> list[object]:
    users: list[object] = [[user.name, user.uid, user.gid, user.gecos, user.home, user.shell, user.home_mode] for user in accounts.users]
    groups: list[object] = [[group.name, group.gid, list(group.members)] for group in accounts.groups]
    return [*users, *groups]
