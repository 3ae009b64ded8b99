"""Recipes and a lock become indexes, ready to be written out: the second act, whole.

Everything made is in the workshop's blobs; nothing here touches the network, the clock or a subprocess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.errors import StaleLockError
from bareboat.base.platform import Architecture, architecture
from bareboat.make.assemble import Layers, assemble
from bareboat.make.contribution import Contribution
from bareboat.make.image import Image, image_of, index_annotations
from bareboat.make.order import Order
from bareboat.make.workshop import Workshop
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.plan.config import Variant
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedImage
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program

_TASK = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One variant of a recipe: its index, and its images by architecture (OCI's names)."""

    recipe: Recipe
    variant: Variant
    index: Descriptor
    images: Mapping[str, Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Builds recipes by one lock; `parents` has every recipe that another may be built on, by name.

    `folder` is where local files of the configuration are relative to; `jobs` how many packages are worked on at once.
    """

    workshop: Workshop
    lock: Lock
    distros: Mapping[str, Distro]
    programs: Mapping[str, Program]
    parents: Mapping[str, Recipe]
    folder: Path
    jobs: int

    def build(
        self, recipes: Sequence[Recipe], architectures: Sequence[str] | None, variants: Sequence[Variant] | None = None
    ) -> tuple[Built, ...]:
        """Build `recipes` for `architectures` (OCI's names; None for all that each has) in `variants` (None: all).

        Raises:
            BareboatError: As `assemble` and `image_of`.
        """
        work = [
            (recipe, [architecture(name) for name in recipe.architectures if architectures is None or name in architectures])
            for recipe in recipes
        ]
        observer = self.workshop.observer
        observer.begin(_TASK, sum(len(wanted) for _, wanted in work))
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            together = _together(pool)
            built = [item for recipe, wanted in work for item in self._recipe(recipe, wanted, variants, together)]
        observer.end(_TASK)
        return tuple(built)

    def _recipe(
        self, recipe: Recipe, wanted: Sequence[Architecture], variants: Sequence[Variant] | None, together: _Together
    ) -> list[Built]:
        orders = {arch.oci: self._order(recipe, arch) for arch in wanted}
        layers: dict[str, Layers] = {}
        for name, order in orders.items():
            layers[name] = assemble(order, self.workshop, together)
            self.workshop.observer.advance(_TASK, 1)
        drift = self.lock.images[recipe.name].drift if recipe.name in self.lock.images else ()
        result = []
        for variant in recipe.variants:
            if variants is not None and variant not in variants:
                continue
            images = {
                name: image_of(order, variant, layers[name], self._base(order, variant, layers[name]))
                for name, order in orders.items()
            }
            if images:
                annotations = index_annotations(next(iter(orders.values())), variant, images, drift)
                index = self._stored(images, annotations)
                result.append(Built(recipe=recipe, variant=variant, index=index, images=MappingProxyType(images)))
        return result

    def _order(self, recipe: Recipe, arch: Architecture) -> Order:
        return Order(
            recipe=recipe,
            architecture=arch,
            distro=self.distros[recipe.distro],
            lock=self.lock,
            programs=self.programs,
            folder=self.folder,
        )

    def _base(self, order: Order, variant: Variant, layers: Layers) -> tuple[str, Descriptor] | None:
        """The image that `order` is built on, worked out from its own lock and layers, so that nothing else counts.

        None where the parent's layers are not ours: another strategy, other omissions or other pruning.
        """
        recipe = order.recipe
        parent = self.parents.get(recipe.base or "")
        if parent is None or variant not in parent.variants or order.architecture.oci not in parent.architectures:
            return None
        alike = (parent.layers, parent.keep, parent.drop, parent.created) == (
            recipe.layers, recipe.keep, recipe.drop, recipe.created,
        )
        if not alike or parent.distro != recipe.distro or len(parent.stages) >= len(recipe.stages):
            return None
        if variant.is_debug or recipe.stages[: len(parent.stages)] != parent.stages:
            return None
        count = len(parent.stages)
        locked = self.lock.images[recipe.name]
        stages = locked.stages[order.architecture.oci][:count]
        image = LockedImage(
            name=parent.name, wish=locked.wish, stages=MappingProxyType({order.architecture.oci: stages})
        )
        lower = replace(
            order,
            recipe=replace(parent, debug_stages=()),
            lock=replace(self.lock, images=MappingProxyType({parent.name: image})),
        )
        own = Layers(normal=layers.normal[:count], debug=())
        grand = self._base(lower, variant, own) if parent.base else None
        return f"{parent.name}:{variant}", image_of(lower, variant, own, grand).descriptor

    def _stored(self, images: Mapping[str, Image], annotations: Mapping[str, str]) -> Descriptor:
        for image in images.values():
            self._add(image.config.to_bytes(), image.manifest.config.digest)
            self._add(image.manifest.to_bytes(), image.descriptor.digest)
        index = Index.of_platforms([image.descriptor for image in images.values()], annotations)
        self._add(index.to_bytes(), index.descriptor().digest)
        return index.descriptor()

    def _add(self, data: bytes, digest: Digest) -> None:
        if not self.workshop.blobs.has(digest):
            self.workshop.blobs.add([data], expected=digest)


_Together = Callable[[Sequence[Callable[[], Contribution]]], list[Contribution]]


def _together(pool: ThreadPoolExecutor) -> _Together:
    def run(work: Sequence[Callable[[], Contribution]]) -> list[Contribution]:
        futures = [pool.submit(one) for one in work]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    return run


def names_of(built: Built, default_distro: str) -> tuple[str, ...]:
    """The references under which users of distroless look for an image: every name, with its variant as the tag."""
    recipe = built.recipe
    names = [recipe.image, *recipe.aliases]
    suffixed = [f"{name}-{recipe.distro}" for name in names] if recipe.name != recipe.image else []
    plain = names if recipe.name == recipe.image or recipe.distro == default_distro else []
    return tuple(f"{name}:{built.variant}" for name in (*suffixed, *plain))


def check_locked(recipe: Recipe, lock: Lock, wish: Digest) -> None:
    """Refuse a lock that answers other wishes.

    Raises:
        StaleLockError: When the recipe is not in it, or has changed since.
    """
    image = lock.images.get(recipe.name)
    if image is None:
        raise StaleLockError(f"the lock does not have {recipe.name}", hint="run `bareboat lock` to add it")
    if image.wish != wish:
        raise StaleLockError(
            f"the lock answers other wishes for {recipe.name} than the configuration has now",
            hint="run `bareboat lock` to record the change",
        )
