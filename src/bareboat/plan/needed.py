"""What building by a lock needs of the store, and whether it is all there: asked before anybody looks for a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bareboat.plan.config import FileWish
from bareboat.plan.lock import Lock, LockedPackage, LockedUpstream
from bareboat.plan.recipe import Recipe
from bareboat.store.blobs import Blobs


def is_there(blobs: Blobs, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None) -> bool:
    """Whether `blobs` has all that building `recipes` for `architectures` (None for all) needs, in its size."""
    packages, programs = needed(lock, recipes, architectures)
    digests = [file.sha256 for program in programs for file in program.files]
    digests += [wish.sha256 for wish in downloads(recipes) if wish.sha256 is not None]
    return all(blobs.has(one.sha256) and blobs.size(one.sha256) == one.size for one in packages) and all(
        blobs.has(digest) for digest in digests
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


def downloads(recipes: Iterable[Recipe]) -> Iterable[FileWish]:
    """The files that the configuration has from addresses."""
    return (
        wish
        for recipe in recipes
        for stage in (*recipe.stages, *recipe.debug_stages)
        for wish in stage.files
        if wish.url is not None
    )
