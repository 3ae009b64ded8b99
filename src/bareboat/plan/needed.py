"""What building by a lock needs of the store, and whether it is all there: asked before anybody looks for a network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bareboat.plan.config.config import FileWish
from bareboat.plan.lock import Lock, LockedBaseImage, LockedPackage, LockedUpstream
from bareboat.plan.recipe import Recipe
from bareboat.store.blobs import Blobs


def is_there(blobs: Blobs, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None) -> bool:
    """Whether `blobs` has all that building `recipes` for `architectures` (None for all) needs, in its size."""
    packages, programs = needed(lock, recipes, architectures)
    digests = [file.sha256 for program in programs for file in program.files]
    digests += [wish.sha256 for wish in downloads(recipes) if wish.sha256 is not None]
    bases = base_images(lock, recipes, architectures)
    if not all(blobs.has(blob.digest) and blobs.size(blob.digest) == blob.size for one in bases for blob in one.blobs):
        return False
    return all(blobs.has(one.sha256) and blobs.size(one.sha256) == one.size for one in packages) and all(
        blobs.has(digest) for digest in digests
    )


def base_images(
    lock: Lock, recipes: Iterable[Recipe], architectures: Sequence[str] | None
) -> tuple[LockedBaseImage, ...]:
    """The images of registries and layouts that `recipes` stand on, for `architectures` (None for all of them)."""
    return tuple(
        lock.bases[image.base].images[arch]
        for image in (lock.images[recipe.name] for recipe in recipes if recipe.name in lock.images)
        if image.base
        for arch in image.stages
        if architectures is None or arch in architectures
    )


def needed(
    lock: Lock, recipes: Iterable[Recipe], architectures: Sequence[str] | None
) -> tuple[tuple[LockedPackage, ...], tuple[LockedUpstream, ...]]:
    """The packages and programs of `recipes` for `architectures` (None for all of them), each once, sorted by id."""
    stages = [
        stage
        for recipe in recipes
        if recipe.name in lock.images
        for arch, stages in lock.images[recipe.name].stages.items()
        if architectures is None or arch in architectures
        for stage in stages
    ]
    packages = sorted({name for stage in stages for name in stage.packages})
    programs = sorted({name for stage in stages for name in stage.upstream})
    return tuple(lock.packages[name] for name in packages), tuple(lock.upstream[name] for name in programs)


def without_the_rest(lock: Lock, wanted: Mapping[Recipe, Collection[str]], debug: Collection[Recipe]) -> Lock:
    """`lock` without what is not built: `wanted` has architectures (OCI's names), `debug` whose debug stages stay."""
    images = {}
    for recipe, architectures in wanted.items():
        image = lock.images[recipe.name]
        count = None if recipe in debug else len(recipe.stages)
        stages = {arch: found[:count] for arch, found in image.stages.items() if arch in architectures}
        images[recipe.name] = replace(image, stages=MappingProxyType(stages))
    return replace(lock, images=MappingProxyType(images))


def downloads(recipes: Iterable[Recipe]) -> Iterable[FileWish]:
    """The files that the configuration has from addresses."""
    return (
        wish
        for recipe in recipes
        for stage in (*recipe.stages, *recipe.debug_stages)
        for wish in stage.files
        if wish.url is not None
    )
