"""Recipes and a lock become indexes, ready to be written out: the second act, whole.

Everything made is in the workshop's blobs; nothing here touches the network, the clock or a subprocess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.platform import Architecture, architecture
from bareboat.make.assemble import Layers, assemble
from bareboat.make.contribution import Contribution
from bareboat.make.image import Image, check_size, image_of, index_annotations
from bareboat.make.order import Order
from bareboat.make.prune import Pruning, pruning_for
from bareboat.make.workshop import Workshop
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.plan.config import LayerStrategy, Variant
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedImage
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program

if TYPE_CHECKING:
    from bareboat.make.compose import Together

_TASK = "build"
_NO_WISH = digest_of(None)


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
            BareboatError: As `assemble`, `image_of` and `check_size`.
        """
        orders = {
            recipe: {
                name: self._order(recipe, architecture(name))
                for name in recipe.architectures
                if architectures is None or name in architectures
            }
            for recipe in recipes
        }
        observer = self.workshop.observer
        observer.begin(_TASK, sum(len(wanted) for wanted in orders.values()))
        try:
            with ThreadPoolExecutor(max_workers=self.jobs) as pool:
                together = _together(pool)
                built = [one for recipe in recipes for one in self._recipe(recipe, orders[recipe], variants, together)]
        finally:
            observer.end(_TASK)
        return tuple(built)

    def _recipe(
        self, recipe: Recipe, orders: Mapping[str, Order], variants: Sequence[Variant] | None, together: Together
    ) -> Iterator[Built]:
        layers: dict[str, Layers] = {}
        for name, order in orders.items():
            layers[name] = assemble(order, self.workshop, together)
            self.workshop.observer.advance(_TASK, 1)
        drift = self.lock.images[recipe.name].drift if orders else ()
        for variant in recipe.variants if orders else ():
            if variants is not None and variant not in variants:
                continue
            images = {}
            for name, order in orders.items():
                base = self._base(order, variant, layers[name])
                images[name] = image_of(order, variant, layers[name], base)
                check_size(order, variant, images[name])
            index = self._stored(images, index_annotations(orders, images, drift))
            yield Built(recipe=recipe, variant=variant, index=index, images=MappingProxyType(images))

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
        """The image that `order` is built on, as it is when it is built by itself from the same lock.

        None where it would have other layers: another strategy than a layer for each stage, other rules of what is
        left out, or other packages.
        """
        recipe = order.recipe
        parent = self.parents.get(recipe.base or "")
        if parent is None or variant not in parent.variants or order.architecture.oci not in parent.architectures:
            return None
        if variant.is_debug or not _extends(recipe, parent):
            return None
        count = len(parent.stages)
        stages = order.locked[:count]
        names = [self.lock.packages[identity].name for stage in stages for identity in stage.packages]
        if any(_pruning(name, recipe) != _pruning(name, parent) for name in names):
            return None
        own = self.lock.images.get(parent.name)
        if own is not None and own.stages.get(order.architecture.oci, stages)[:count] != stages:
            return None
        image = LockedImage(
            name=parent.name, wish=_NO_WISH, stages=MappingProxyType({order.architecture.oci: stages})
        )
        lower = replace(
            order,
            recipe=replace(parent, debug_stages=()),
            lock=replace(self.lock, images=MappingProxyType({parent.name: image})),
        )
        if lower.removed(debug=False) != order.removed(debug=False):
            return None
        below = Layers(normal=layers.normal[:count], debug=())
        return f"{parent.name}:{variant}", image_of(lower, variant, below, self._base(lower, variant, below)).descriptor

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


def _extends(recipe: Recipe, parent: Recipe) -> bool:
    """Whether `recipe` has a layer for each stage of `parent`, made in the same way, and then its own."""
    count = len(parent.stages)
    return (
        recipe.layers.strategy is LayerStrategy.stage
        and (parent.layers, parent.distro, parent.created) == (recipe.layers, recipe.distro, recipe.created)
        and count < len(recipe.stages)
        and recipe.stages[:count] == parent.stages
    )


def _pruning(package: str, recipe: Recipe) -> Pruning:
    return pruning_for(package, recipe.keep, recipe.drop)


def _together(pool: ThreadPoolExecutor) -> Together:
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


def names_by_architecture(built: Built, default_distro: str) -> tuple[tuple[tuple[str, ...], Descriptor], ...]:
    """The references of each single image, `static:nonroot-arm64`, for tools that do not choose from an index."""
    names = names_of(built, default_distro)
    return tuple(
        (tuple(f"{name}-{architecture}" for name in names), image.descriptor)
        for architecture, image in sorted(built.images.items())
    )
