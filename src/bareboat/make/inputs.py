"""Everything that determines one layer, as a value that is worked out without opening a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.epoch import ZERO, Epoch
from bareboat.base.errors import ConfigurationError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.base.problem import Place
from bareboat.make.contribution import Treatment
from bareboat.make.entry_record import entry_fields
from bareboat.make.layering import Step
from bareboat.make.order import Order
from bareboat.make.part import PackagePart, Part, ProgramPart
from bareboat.make.prune import pruning_for
from bareboat.make.scene import RELOCATED, Scene
from bareboat.make.source import Sources, placed
from bareboat.make.substitute import Words
from bareboat.make.tree import AnyEntry
from bareboat.make.workshop import Workshop
from bareboat.plan.config.config import Accounts
from bareboat.plan.lock import BYTE_FORMAT

if TYPE_CHECKING:  # what a build of images without one does without
    from bareboat.make.base_image import BaseImage

NOTHING = digest_of({"byte-format": BYTE_FORMAT})
"""The key of what is below the first layer."""


@frozen
class Inputs:
    """What one layer is made from, besides the layers below it.

    `parts` come first, `files` over them (with time zero, and `moment` of the layer when it is made), then `effects`;
    `places` says where each file's wish stands, by its path there.
    `removed` are globs of what must not be there; `created` overrules the times of the parts; `is_on_base` says that
    the lowest layers are those of another image.
    """

    about: str
    parts: tuple[Part, ...]
    files: tuple[AnyEntry, ...]
    effects: tuple[str, ...]
    removed: tuple[str, ...]
    scene: Scene
    created: Epoch | None
    compression: str
    places: Mapping[ImagePath, Place] = field(default_factory=lambda: MappingProxyType({}))
    is_on_base: bool = False

    def key(self, below: Digest) -> Digest:
        """The digest of everything that determines the layer, with the key of the layers below it."""
        scene = self.scene
        return digest_of({
            "below": str(below),
            "about": self.about,
            "parts": [[part.label, str(part.key)] for part in self.parts],
            "files": [entry_fields(entry) for entry in self.files],
            "effects": list(self.effects),
            "removed": list(self.removed),
            "accounts": _account_fields(scene.accounts),
            "authorities": [str(Digest.of(pem)) for _, pem in scene.authorities],
            "distro": [scene.distro.name, scene.distro.version, scene.distro.codename, scene.distro.merged_usr],
            "architecture": str(scene.architecture),
            "compression": self.compression,
            "created": self.created,
        })


def inputs_of(order: Order, step: Step, below: tuple[int, ...], workshop: Workshop) -> Inputs:
    """The inputs of `step`, which stands on the stages `below`.

    Accounts, authorities and effects are those of all stages up to here: what they make is made anew on every step,
    for it depends on everything that is there.

    Raises:
        ConfigurationError: When a local file is missing or cannot be read.
        StaleLockError: When the lock names a program that the catalogue does not have, or not so.
        BuildError: When an owner or a `${…}` has no meaning in the image.
    """
    stages = (*below, *step.stages)
    base = base_of(order, workshop)
    own = order.accounts(stages)
    accounts = own if base is None else _with_base(own, order, base, workshop)
    sources = Sources(folder=order.folder, blobs=workshop.blobs)
    words = Words(architecture=order.architecture, versions=order.versions)
    scene = Scene(
        distro=order.distro, architecture=order.architecture, accounts=accounts,
        authorities=_authorities(order, stages), moment=ZERO,
    )
    return Inputs(
        about=step.about,
        parts=_parts(order, step, workshop.compression.key),
        files=tuple(
            entry for wish in order.files(step.stages) for entry in placed(wish, sources, accounts, words, ZERO)
        ),
        effects=tuple(sorted({*order.effects(stages), *(() if base is None else _implied(order, stages, own))})),
        removed=order.removed(debug=step.is_debug),
        scene=scene,
        created=order.recipe.created,
        compression=workshop.compression.key,
        places=MappingProxyType({wish.path: wish.place for wish in order.files(step.stages)}),
        is_on_base=base is not None,
    )


def base_of(order: Order, workshop: Workshop) -> BaseImage | None:
    """The image of a registry or a layout that `order` stands on, read from its documents; None without one.

    Raises:
        StaleLockError: When the lock does not have it.
        NotFoundError: When a document is not in the store.
        FormatError: When one is damaged.
    """
    locked, wish = order.base, order.recipe.base_image
    if locked is None or wish is None:
        return None
    from bareboat.make.base_image import BaseImage

    return BaseImage.of(wish.reference, locked, workshop.blobs)


def _with_base(accounts: Accounts, order: Order, base: BaseImage, workshop: Workshop) -> Accounts:
    """`accounts` over those of the base image, which are read only where a name may be asked for."""
    from bareboat.make.base_image import base_accounts, with_base

    wishes = order.files(tuple(range(len(order.stages))))
    if accounts == Accounts() and all(wish.owner is None for wish in wishes):
        return accounts
    return with_base(accounts, base_accounts(base, workshop))


def _implied(order: Order, stages: tuple[int, ...], accounts: Accounts) -> Iterator[str]:
    """The effects that keep what a base image has true to what is put over it, without being asked for."""
    if accounts != Accounts():
        yield "accounts"
    if order.trust(stages):
        yield "certificates"


def _parts(order: Order, step: Step, compression: str) -> tuple[Part, ...]:
    effects = order.effects(step.stages)
    drop = (*order.recipe.drop, *(f"/{glob}" for glob in order.removed(debug=step.is_debug)))

    def treatment(name: str) -> Treatment:
        moves = [RELOCATED.get(effect, {}).get(name, ()) for effect in effects]
        return Treatment(
            pruning=pruning_for(name, order.recipe.keep, drop),
            merged_usr=order.distro.merged_usr,
            relocate=tuple(pair for pairs in moves for pair in pairs),
            compression=compression,
        )

    packages = [PackagePart(package=package, treatment=treatment(package.name)) for package in step.packages]
    programs = [
        ProgramPart(built=built, program=order.program(built.name), treatment=treatment(built.name))
        for built in step.upstream
    ]
    return (*packages, *programs)


def _authorities(order: Order, stages: tuple[int, ...]) -> tuple[tuple[str, bytes], ...]:
    found = []
    for wish in order.trust(stages):
        if wish.text is not None:
            found.append((f"{wish.place}: trust", wish.text.encode()))
            continue
        try:
            found.append((f"{wish.place}: {wish.source}", (order.folder / (wish.source or "")).read_bytes()))
        except OSError as error:
            raise ConfigurationError(
                f'{wish.place}: trust: cannot read "{wish.source}": {(error.strerror or "").lower()}',
                hint=f"paths are relative to {wish.place.file or 'the configuration'}",
            ) from error
    return tuple(found)


def _account_fields(accounts: Accounts) -> list[object]:
    users: list[object] = [
        [user.name, user.uid, user.gid, user.gecos, user.home, user.shell, user.home_mode] for user in accounts.users
    ]
    groups: list[object] = [[group.name, group.gid, list(group.members)] for group in accounts.groups]
    return [users, groups]
