"""Making the images of a layout again from their lock, out of nothing but the packages, and comparing the bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.errors import LockError, StaleLockError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.cli.building import builder_of
from bareboat.cli.mending import from_the_store, mended
from bareboat.cli.obtaining import obtain
from bareboat.cli.wiring import machine_store
from bareboat.inspect.claims import Origin, claims_of
from bareboat.inspect.compare.difference import joined
from bareboat.inspect.compare.images import MOST_DIFFERENCES, Comparer
from bareboat.inspect.reproduction import Reproduction, Verdict
from bareboat.make.build import Built, Wanted, names_by_architecture, names_for, names_of
from bareboat.make.compress import compression
from bareboat.make.workshop import Workshop
from bareboat.oci import media
from bareboat.plan.config.config import Variant
from bareboat.plan.desk import Desk
from bareboat.plan.fresh import check_fresh
from bareboat.plan.lock import Lock
from bareboat.plan.names import select
from bareboat.plan.needed import base_images, downloads, needed, without_the_rest
from bareboat.plan.recipe import Recipe
from bareboat.store.images import ImageStore, NamedImage, no_such_image
from bareboat.store.layout import write_layout
from bareboat.store.scratch import Scratch, scratch

_Key = tuple[str, Recipe, tuple[str, ...], Variant]
"""What is made once: a compression, a recipe, its architectures, a variant."""

_HINT = "give the lock and the configuration that the images were built from: --lock and --file"


@frozen
class Request:
    """What the command line asks for; `image` None means all that lie in `layout`, `architectures` None all of each.

    `keep` is where what was made again is written to as a layout, or None; `most` how many differences of an image are
    told, None for all.
    """

    layout: str
    image: str | None
    architectures: tuple[str, ...] | None
    keep: Path | None
    jobs: int
    offline: bool
    most: int | None = MOST_DIFFERENCES


def reproduce(desk: Desk, layout: ImageStore, request: Request, observer: Observer) -> Reproduction:
    """Make every image of `layout` that was asked for again, and compare.

    Raises:
        LockError: When there is no lock.
        StaleLockError: When it answers other wishes than those of the images.
        UsageError: When there is no such image.
        BareboatError: As a build.
    """
    if request.keep is not None and request.keep.resolve() == Path(request.layout).resolve():
        raise UsageError(f"cannot keep what is made again in {request.keep}: it is what it is compared with")
    lock = desk.read_lock()
    if lock is None:
        raise LockError(f"there is no {desk.lock_path}", hint=_HINT)
    tasks = _tasks(desk, layout, lock, request)
    recipes = _recipes(tasks)
    try:
        check_fresh(lock, recipes, desk.sources, str(desk.lock_path))
    except StaleLockError as stale:
        raise StaleLockError(stale.message, hint=_HINT) from stale
    part = without_the_rest(lock, recipes, _in_debug(tasks))
    store = machine_store()

    def attempt() -> tuple[Verdict, ...]:
        obtain(desk, part, tuple(recipes), None, store, observer, offline=request.offline)
        with scratch(store, _inputs(part, recipes), store.folder / "tmp") as place:
            with from_the_store():
                made = _made(desk, lock, place, tasks, request.jobs, observer)
            if request.keep is not None:
                _keep(request.keep, made.values(), place, desk.catalog.default_distro)
            comparer = Comparer(layout, place, most=request.most)
            return tuple(_verdict(task, made, comparer) for task in tasks)

    return Reproduction.of(layout, mended(attempt, store, observer))


def _tasks(desk: Desk, layout: ImageStore, lock: Lock, request: Request) -> tuple[Verdict, ...]:
    """What was asked for, not compared yet."""
    claims = claims_of(layout, tuple(desk.recipes.values()), lock, desk.catalog.default_distro)
    limits = [] if request.architectures is None else [request.architectures]
    if request.image is not None:
        names, architectures = _meant(desk, layout, request.image)
        claims = tuple(claim for claim in claims if not names.isdisjoint(claim.names))
        limits += [] if architectures is None else [architectures]
    if not claims:
        if request.image is not None:
            raise no_such_image(layout.where, request.image, layout.images)
        raise UsageError(f"{layout.where}: has no image with a name")
    tasks = []
    for claim in claims:
        wanted = tuple(name for name in claim.manifests if all(name in limit for limit in limits))
        tasks.append(Verdict(claim=claim, architectures=wanted))
    chosen = tuple(task for task in tasks if task.architectures or not task.claim.manifests)
    if not chosen:
        there = sorted({arch for claim in claims for arch in claim.manifests})
        raise UsageError(f"{layout.where}: has no such image for this", hint=f"there is: {', '.join(there)}")
    return chosen


def _meant(desk: Desk, layout: ImageStore, image: str) -> tuple[frozenset[str], tuple[str, ...] | None]:
    """The names that images of a layout may have to be `image`, and the architectures when it says any."""
    try:
        (selection,) = select(desk.recipes, [image], desk.default_distro)
    except UsageError:
        if image not in layout.images:
            raise no_such_image(layout.where, image, layout.images) from None
        return frozenset([image]), None
    plain = {
        name
        for variant in selection.variants
        for name in names_for(selection.recipe, variant, desk.catalog.default_distro)
    }
    single = {f"{name}-{arch}" for name in plain for arch in selection.architectures}
    return frozenset(plain | single), selection.architectures


def _recipes(tasks: Sequence[Verdict]) -> dict[Recipe, tuple[str, ...]]:
    """What is to be made, with all architectures that some variant of it is made for."""
    found: dict[Recipe, dict[str, None]] = {}
    for task in tasks:
        if task.claim.origin is not None:
            found.setdefault(task.claim.origin.recipe, {}).update(dict.fromkeys(task.architectures))
    return {recipe: tuple(architectures) for recipe, architectures in found.items()}


def _in_debug(tasks: Sequence[Verdict]) -> set[Recipe]:
    """Those of which a debug variant is to be made."""
    origins = (task.claim.origin for task in tasks)
    return {origin.recipe for origin in origins if origin is not None and origin.variant.is_debug}


def _inputs(lock: Lock, recipes: Collection[Recipe]) -> set[Digest]:
    """Everything that may be read of the store."""
    packages, programs = needed(lock, recipes, None)
    inputs = {package.sha256 for package in packages}
    inputs |= {file.sha256 for program in programs for file in program.files}
    inputs |= {blob.digest for image in base_images(lock, recipes, None) for blob in image.blobs}
    return inputs | {wish.sha256 for wish in downloads(recipes) if wish.sha256 is not None}


def _verdict(task: Verdict, made: Mapping[_Key, Built], comparer: Comparer) -> Verdict:
    """`task`, compared with what was made again."""
    claim = task.claim
    if claim.origin is None:
        return task
    built = made[_key(claim.origin, task.architectures)]
    if task.is_whole and claim.descriptor.media_type in media.INDEXES:
        return replace(task, comparison=comparer.compare(claim.descriptor, built.index))
    single = [comparer.compare(claim.manifests[arch], built.images[arch].descriptor) for arch in task.architectures]
    return replace(task, comparison=joined(single))


def _key(origin: Origin, architectures: Sequence[str]) -> _Key:
    return origin.compression, origin.recipe, tuple(architectures), origin.variant


def _made(
    desk: Desk, lock: Lock, place: Scratch, tasks: Sequence[Verdict], jobs: int, observer: Observer
) -> dict[_Key, Built]:
    """Everything that is to be compared, made in `place`."""
    keys = {_key(task.claim.origin, task.architectures) for task in tasks if task.claim.origin is not None}
    made: dict[_Key, Built] = {}
    for packing in sorted({key[0] for key in keys}):
        workshop = Workshop(blobs=place, records=place, compression=compression(packing), observer=observer)
        variants: dict[tuple[Recipe, tuple[str, ...]], list[Variant]] = {}
        for _, recipe, architectures, variant in sorted(
            (key for key in keys if key[0] == packing), key=lambda key: (key[1].name, key[2], key[3])
        ):
            variants.setdefault((recipe, architectures), []).append(variant)
        wanted = [
            Wanted(recipe=recipe, architectures=architectures, variants=tuple(some), lean=True)
            for (recipe, architectures), some in variants.items()
        ]
        for built in builder_of(desk, lock, workshop, jobs).build(wanted):
            made[packing, built.recipe, tuple(built.images), built.variant] = built
    return made


def _keep(folder: Path, made: Iterable[Built], place: Scratch, default_distro: str) -> None:
    """Write what was made as a layout; of an image that is made in several ways, the last one."""
    named: list[NamedImage] = []
    for built in made:
        named.append((names_of(built, default_distro), built.index))
        named += names_by_architecture(built, default_distro)
    write_layout(folder, named, place)
