"""Omissions that omit nothing: nothing that was decided on would have brought the package, or it was wished for.

Judged by the lock alone, which has what every chosen package depends on; where that is not enough, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareboat.base.problem import Problem, suggestion
from bareboat.debian.relation import Group, parse_relations
from bareboat.plan.config.config import Omission, PackageWish
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe

_LIKENESS = 0.8
"""Names of libraries are alike; a word that is farther away is no slip of the pen."""


def idle_omissions(recipes: Iterable[Recipe], lock: Lock, file: str) -> tuple[Problem, ...]:
    """Every omission of the configuration `file` that omits nothing in any of `recipes` that have it, by place.

    An omission that an image inherits is judged in all of them: it may be meant for a child.
    """
    dependencies = _Dependencies(lock)
    having: dict[Omission, list[Recipe]] = {}
    for recipe in recipes:
        for omission in recipe.omit:
            if omission.place.file == file:
                having.setdefault(omission, []).append(recipe)
    found = []
    for omission, images in having.items():
        if not any(dependencies.may_ask_for(omission.package, recipe) for recipe in images):
            names = ", ".join(sorted({recipe.image for recipe in images}))
            known = {name for recipe in images for name in dependencies.named(recipe)}
            message = f'omit: nothing in {names} depends on "{omission.package}"'
            found.append(Problem(omission.place, message, suggestion(omission.package, known, likeness=_LIKENESS)))
    return tuple(sorted(found))


def overruled_omissions(recipes: Iterable[Recipe], file: str) -> tuple[Problem, ...]:
    """Every omission of the configuration `file` that a wish for the package beats in all of `recipes` that have it."""
    beaten: dict[Omission, PackageWish] = {}
    effective: set[Omission] = set()
    for recipe in recipes:
        effective.update(recipe.omit)
        for omission, wish in recipe.overruled:
            beaten.setdefault(omission, wish)
    return tuple(sorted(
        Problem(
            omission.place,
            f'omit: does not leave "{omission.package}" out, for it is wished for',
            f"take one of the two away: the wish stands at {wish.place}",
        )
        for omission, wish in beaten.items()
        if omission.place.file == file and omission not in effective
    ))


class _Dependencies:
    """What the packages of images depend on; every text is read once."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._read: dict[str, tuple[Group, ...]] = {}
        self._by_recipe: dict[Recipe, tuple[frozenset[str], bool]] = {}

    def named(self, recipe: Recipe) -> frozenset[str]:
        """Every name that a dependency in `recipe` names, on any architecture."""
        return self._of(recipe)[0]

    def may_ask_for(self, package: str, recipe: Recipe) -> bool:
        """Whether a dependency names `package`, or there is one that only a provider meets, which `package` may be."""
        named, is_obscure = self._of(recipe)
        return is_obscure or package in named

    def _of(self, recipe: Recipe) -> tuple[frozenset[str], bool]:
        if recipe not in self._by_recipe:
            omitted = {omission.package for omission in recipe.omit}
            named: set[str] = set()
            is_obscure = recipe.name not in self._lock.images
            for arch in self._lock.images[recipe.name].stages if not is_obscure else ():
                packages = self._lock.packages_of(recipe.name, arch)
                plain = omitted | {package.name for package in packages}
                for package in packages:
                    for group in self._groups(package.depends):
                        names = {relation.name for relation in group.alternatives}
                        named |= names
                        is_obscure = is_obscure or names.isdisjoint(plain)
            self._by_recipe[recipe] = frozenset(named), is_obscure
        return self._by_recipe[recipe]

    def _groups(self, depends: str) -> tuple[Group, ...]:
        if depends not in self._read:
            self._read[depends] = parse_relations(depends, "lock")
        return self._read[depends]
