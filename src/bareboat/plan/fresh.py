"""Whether a lock still answers what is wished for: asked by every build, so it loads nothing that decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bareboat.base.errors import StaleLockError
from bareboat.plan.config.config import PinnedSource
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe
from bareboat.plan.wish import wish_digest


def stale(
    lock: Lock, recipes: Mapping[Recipe, tuple[str, ...]], sources: Sequence[PinnedSource]
) -> dict[Recipe, tuple[str, ...]]:
    """The recipes that the lock does not answer, each with the architectures to decide on anew.

    Those that the lock has already are decided on together with new ones, so that a difference is noticed.
    """
    return {
        recipe: together(lock, recipe, wanted)
        for recipe, wanted in recipes.items()
        if (image := lock.images.get(recipe.name)) is None
        or image.wish != wish_digest(recipe, sources)
        or not set(there(lock, recipe, wanted)) <= set(image.stages)
    }


def there(lock: Lock, recipe: Recipe, wanted: Sequence[str]) -> tuple[str, ...]:
    """`wanted` without the architectures that the base image of `recipe` is not there for, where nobody said which."""
    image = lock.images.get(recipe.name)
    base = lock.bases.get(image.base) if image is not None and image.base else None
    if recipe.base_image is None or not recipe.base_image.narrows or base is None:
        return tuple(wanted)
    return tuple(name for name in wanted if name in base.architectures)


def together(lock: Lock, recipe: Recipe, wanted: Collection[str]) -> tuple[str, ...]:
    """`wanted` with the architectures of the recipe that the lock has already, sorted."""
    image = lock.images.get(recipe.name)
    known = set() if image is None else set(image.stages) & set(recipe.architectures)
    return tuple(sorted(known | set(wanted)))


def check_fresh(
    lock: Lock | None, recipes: Mapping[Recipe, tuple[str, ...]], sources: Sequence[PinnedSource], where: str
) -> Lock:
    """`lock`, when it answers all of `recipes`: what --frozen insists on.

    Raises:
        StaleLockError: When there is none, or it answers other wishes.
    """
    if lock is None:
        raise StaleLockError(f"there is no {where}, and --frozen lets nobody make one", hint="run `bareboat lock`")
    missing = stale(lock, recipes, sources)
    if missing:
        names = ", ".join(recipe.name for recipe in missing)
        raise StaleLockError(
            f"{where} does not answer what is wished for now: {names}", hint="run `bareboat lock` to record the change"
        )
    return lock


def only(lock: Lock, names: Collection[str]) -> Lock:
    """The part of `lock` that is about the images called `names`."""
    images = {name: image for name, image in lock.images.items() if name in names}
    return replace(lock, images=MappingProxyType(images)).pruned()
