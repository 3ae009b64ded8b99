"""Recipes and a lock become indexes, ready to be written out: the second act, whole.

Everything made is in the workshop's blobs; nothing here touches the network, the clock or a subprocess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES, Architecture, architecture
from bareboat.make.assemble import Assembly, Layers, Memory
from bareboat.make.crew import Crew
from bareboat.make.forked_crew import ForkedCrew
from bareboat.make.image import Image, check_size, image_of, index_annotations
from bareboat.make.inputs import base_of
from bareboat.make.order import Order
from bareboat.make.prune import Pruning, pruning_for
from bareboat.make.workshop import Workshop
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.plan.config.config import LayerStrategy, Variant
from bareboat.plan.distro import Distro
from bareboat.plan.lock import Lock, LockedImage
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program

if TYPE_CHECKING:  # what a build of images without one does without
    from bareboat.make.base_image import Below

_TASK = "build"
_NO_WISH = digest_of(None)


_Key = tuple[int, str]


@frozen
class Wanted:
    """A recipe to build, for which of its architectures (OCI's names), in which of its variants (None for all).

    Layers are made for all variants of the recipe, so that `Built.touched` knows of them; for a `lean` one, those of
    the wanted variants alone.
    """

    recipe: Recipe
    architectures: tuple[str, ...]
    variants: tuple[Variant, ...] | None = None
    lean: bool = False

    @property
    def debug(self) -> bool:
        """Whether the layers of debug variants are made."""
        variants = self.variants if self.lean and self.variants is not None else self.recipe.variants
        return any(variant.is_debug for variant in variants)


@frozen
class Built:
    """One variant of a recipe: its index, and its images by architecture (OCI's names).

    `touched` are the globs of the recipe that match something in any layer, those of debug variants included, as
    `make.touched.scoped` writes them.
    """

    recipe: Recipe
    variant: Variant
    index: Descriptor
    images: Mapping[str, Image]
    touched: frozenset[str] = frozenset()


@frozen
class Builder:
    """Builds recipes by one lock; `parents` has every recipe that another may be built on, by name.

    `folder` is where local files of the configuration are relative to; `jobs` how many packages are worked on at once,
    by a `crew` of threads or of processes.
    """

    workshop: Workshop
    lock: Lock
    distros: Mapping[str, Distro]
    programs: Mapping[str, Program]
    parents: Mapping[str, Recipe]
    folder: Path
    jobs: int
    crew: type[Crew | ForkedCrew] = Crew
    _bases: dict[tuple[str, ...], Descriptor] = field(default_factory=dict, repr=False, compare=False)

    def build(self, wanted: Sequence[Wanted]) -> tuple[Built, ...]:
        """Build what is `wanted`, recipe by recipe and variant by variant.

        Layers are made architecture by architecture, for that is how images have them in common.

        Raises:
            BareboatError: As `Assembly`, `image_of` and `check_size`.
        """
        orders = {
            (position, name): self._order(one, architecture(name))
            for position, one in enumerate(wanted)
            for name in one.architectures
        }
        observer = self.workshop.observer
        observer.begin(_TASK, len(orders))
        try:
            layers = self._layers({key: orders[key] for key in sorted(orders, key=lambda key: (key[1], key[0]))})
            return tuple(
                built
                for position, one in enumerate(wanted)
                for built in self._variants(
                    one, {name: (orders[position, name], layers[position, name]) for name in one.architectures}
                )
            )
        finally:
            observer.end(_TASK)

    def _layers(self, orders: Mapping[_Key, Order]) -> dict[_Key, Layers]:
        """The layers of every order; the packages of the next one are worked on while one is put together."""
        made: dict[_Key, Layers] = {}
        memory = Memory()
        with self.crew(self.workshop, self.jobs) as crew:
            coming = (Assembly(order, self.workshop, crew, memory) for order in orders.values())
            now = next(coming, None)
            for key in orders:
                if now is None:
                    break
                now.begin()
                after = next(coming, None)
                if after is not None:
                    after.begin()
                made[key] = now.finish()
                crew.forget()
                self.workshop.observer.advance(_TASK, 1)
                now = after
        return made

    def _variants(self, wanted: Wanted, made: Mapping[str, tuple[Order, Layers]]) -> Iterator[Built]:
        recipe = wanted.recipe
        everything = [layer for _, layers in made.values() for layer in layers.of(debug=True)]
        touched = frozenset(glob for layer in everything for glob in layer.touched)
        for variant in recipe.variants if made else ():
            if wanted.variants is not None and variant not in wanted.variants:
                continue
            images = {}
            for name, (order, layers) in made.items():
                base = self._base(order, variant, layers)
                images[name] = image_of(order, variant, layers, base, self._below(order))
                check_size(order, variant, images[name])
            drift = self.lock.images[recipe.name].drift
            index = self._stored(images, index_annotations({n: o for n, (o, _) in made.items()}, images, drift))
            yield Built(
                recipe=recipe, variant=variant, index=index, images=MappingProxyType(images), touched=touched
            )

    def _order(self, wanted: Wanted, arch: Architecture) -> Order:
        recipe = wanted.recipe
        return Order(
            recipe=recipe,
            architecture=arch,
            distro=self.distros[recipe.distro],
            lock=self.lock,
            programs=self.programs,
            folder=self.folder,
            debug=wanted.debug,
        )

    def _base(self, order: Order, variant: Variant, layers: Layers) -> tuple[str, Descriptor] | None:
        """The image that `order` is built on, as it is when it is built by itself from the same lock.

        None where it would have other layers: another strategy than a layer for each stage, other rules of what is
        left out, or other packages.
        """
        recipe = order.recipe
        parent = self.parents.get(recipe.base or "")
        if recipe.base is None and recipe.base_image is not None and order.base is not None:
            blob = order.base.manifest
            manifest = Descriptor(media_type=media.MANIFEST, digest=blob.digest, size=blob.size)
            return recipe.base_image.reference, manifest
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
            name=parent.name, wish=_NO_WISH, stages=MappingProxyType({order.architecture.oci: stages}),
            base=order.lock.images[recipe.name].base,
        )  # fmt: skip
        lower = replace(
            order,
            recipe=replace(parent, debug_stages=()),
            lock=replace(self.lock, images=MappingProxyType({parent.name: image})),
        )
        if lower.removed(debug=False) != order.removed(debug=False):
            return None
        below = Layers(normal=layers.normal[:count], debug=(), base=layers.base)
        digests = [str(layer.digest) for layer in below.of(debug=False)]
        key = (parent.name, str(variant), str(order.architecture), *digests)
        known = self._bases.get(key)
        if known is None:
            known = self._bases[key] = image_of(
                lower, variant, below, self._base(lower, variant, below), self._below(lower)
            ).descriptor
        return f"{parent.name}:{variant}", known

    def _below(self, order: Order) -> Below | None:
        """The image of a registry or a layout that the chain of `order` begins with."""
        image = base_of(order, self.workshop)
        if image is None:
            return None
        from bareboat.make.base_image import Below

        return Below.of(image, [run.user for run in order.recipe.runs.values()], self.workshop)

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


def names_of(built: Built, default_distro: str) -> tuple[str, ...]:
    """The references under which users of distroless look for an image: every name, with its variant as the tag."""
    return names_for(built.recipe, built.variant, default_distro)


def names_for(recipe: Recipe, variant: Variant, default_distro: str) -> tuple[str, ...]:
    """As `names_of`, for what is not built yet."""
    names = [recipe.image, *recipe.aliases]
    suffixed = [f"{name}-{recipe.distro}" for name in names] if recipe.name != recipe.image else []
    plain = names if recipe.name == recipe.image or recipe.distro == default_distro else []
    return tuple(f"{name}:{variant}" for name in (*suffixed, *plain))


def names_by_architecture(built: Built, default_distro: str) -> tuple[tuple[tuple[str, ...], Descriptor], ...]:
    """The references of each single image, `static:nonroot-arm64`, for tools that do not choose from an index."""
    names = names_of(built, default_distro)
    return tuple(
        (tuple(f"{name}-{architecture}" for name in names), image.descriptor)
        for architecture, image in sorted(built.images.items())
    )


def absent_names(built: Built, default_distro: str) -> tuple[str, ...]:
    """The references that single images of other architectures would have: an earlier build may have left some."""
    names = names_of(built, default_distro)
    return tuple(f"{name}-{arch.oci}" for arch in ARCHITECTURES if arch.oci not in built.images for name in names)
