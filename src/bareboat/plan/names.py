"""IMAGE as users type it: `python3`, `python3-debian13`, `python3-debian13:debug-nonroot`, `static:nonroot-arm64`.

The names are those that users of distroless images know: a tag is a variant, and may end in an architecture; without
a distro the name means the default one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Self, TypeVar

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES
from bareboat.base.problem import suggestion
from bareboat.plan.config.config import Variant
from bareboat.plan.recipe import Recipe

_Part = TypeVar("_Part", bound=str)

_DISTRO_SUFFIX = re.compile(r"(?P<image>.+)-(?P<distro>debian[0-9]+)")
_TAGS = {
    (f"{variant}-{arch}" if arch else variant.value): (variant, arch)
    for variant in Variant
    for arch in (None, *(arch.oci for arch in ARCHITECTURES))
}


@frozen(kw_only=False)
class ImageName:
    """A name in its parts; None is what was not said."""

    image: str
    distro: str | None = None
    variant: Variant | None = None
    architecture: str | None = None

    def __str__(self) -> str:
        tag = "-".join(filter(None, [self.variant, self.architecture]))
        return "-".join(filter(None, [self.image, self.distro])) + (f":{tag}" if tag else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name.

        Raises:
            UsageError: When the part before the colon is empty, or the tag is no variant.
        """
        name, colon, tag = text.partition(":")
        if not name:
            raise UsageError(f'cannot read "{text}" as the name of an image', hint="such as python3 or static:nonroot")
        if colon and tag not in _TAGS:
            known = suggestion(tag, _TAGS) or f"one of: {', '.join(Variant)}"
            raise UsageError(f'unknown variant "{tag}" in "{text}"', hint=known)
        variant, architecture = _TAGS[tag] if colon else (None, None)
        image, distro = split_distro(name)
        return cls(image, distro, variant, architecture)


@frozen(kw_only=False)
class Selection:
    """A recipe, and which of its variants and architectures (OCI's names) are meant, in the recipe's order."""

    recipe: Recipe
    variants: tuple[Variant, ...]
    architectures: tuple[str, ...]


def split_distro(name: str) -> tuple[str, str | None]:
    """A name without its distro, and the distro if it has one: `python3-debian13`."""
    match = _DISTRO_SUFFIX.fullmatch(name)
    return (match["image"], match["distro"]) if match else (name, None)


def every(recipes: Iterable[Recipe]) -> tuple[Selection, ...]:
    """All variants and architectures of `recipes`."""
    return tuple(Selection(recipe, recipe.variants, recipe.architectures) for recipe in recipes)


def select(recipes: Mapping[str, Recipe], names: Sequence[str], distro: str) -> tuple[Selection, ...]:
    """What `names` mean among `recipes`, in the order in which each recipe is first named; all of them for no names.

    Names that mean the same recipe are put together: `static:nonroot static:debug` is one selection of two variants.

    Args:
        recipes: What there is, by name.
        names: As they were typed.
        distro: The one that a name without a distro means.

    Raises:
        UsageError: For a name, variant or architecture that there is not, with the nearest one that there is.
    """
    if not names:
        return every(recipes.values())
    wanted: dict[str, tuple[Recipe, set[Variant], set[str]]] = {}
    for text in names:
        name = ImageName.parse(text)
        recipe = find_recipe(recipes, name, distro)
        _, variants, architectures = wanted.setdefault(recipe.name, (recipe, set(), set()))
        variants |= _meant(name.variant, recipe.variants, f'"{recipe.name}" has no variant')
        architectures |= _meant(name.architecture, recipe.architectures, f'"{recipe.name}" is not built for')
    return tuple(
        Selection(
            recipe,
            tuple(variant for variant in recipe.variants if variant in variants),
            tuple(architecture for architecture in recipe.architectures if architecture in architectures),
        )
        for recipe, variants, architectures in wanted.values()
    )


def for_architectures(
    selections: Iterable[Selection], architectures: Sequence[str] | None
) -> dict[Recipe, tuple[str, ...]]:
    """The recipes of `selections` with those of `architectures` (OCI's names; None for all) that they are meant for.

    Raises:
        UsageError: When none of them is for any of these architectures.
    """
    chosen = tuple(selections)
    found = {
        one.recipe: tuple(name for name in one.architectures if architectures is None or name in architectures)
        for one in chosen
    }
    wanted = {recipe: names for recipe, names in found.items() if names}
    if chosen and not wanted:
        known = sorted({name for one in chosen for name in one.architectures})
        raise UsageError(
            f"{', '.join(one.recipe.name for one in chosen)} is not built for {', '.join(architectures or ())}",
            hint=f"it is for {', '.join(known)}",
        )
    return wanted


def find_recipe(recipes: Mapping[str, Recipe], name: ImageName, distro: str) -> Recipe:
    """The recipe that `name` means, by its own name before an alias.

    Raises:
        UsageError: When there is none, with the distros that do have it, or the nearest name.
    """
    whole = f"{name.image}-{name.distro or distro}"
    for said in (str(ImageName(name.image, name.distro)), whole):
        if said in recipes:
            return recipes[said]
    available = tuple(recipes.values())
    called = [recipe for recipe in available if name.image == recipe.image or name.image in recipe.aliases]
    for recipe in called:
        if recipe.distro == (name.distro or distro):
            return recipe
    if called:
        raise missing_on_distro(name.image, name.distro or distro, [recipe.distro for recipe in called])
    known = {called for recipe in available for called in (recipe.name, recipe.image, *recipe.aliases)}
    raise unknown_image(str(ImageName(name.image, name.distro)), known)


def missing_on_distro(image: str, distro: str, others: Sequence[str]) -> UsageError:
    """The error for an image that only other distros have."""
    written = " or ".join(f"{image}-{other}" for other in others)
    return UsageError(f'there is no "{image}" for {distro}', hint=f"write {written}")


def unknown_image(name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that nothing has."""
    nearest = suggestion(name, known) or "`bareboat catalog` lists them all"
    return UsageError(f'unknown image "{name}"', hint=nearest)


def _meant(part: _Part | None, known: tuple[_Part, ...], refusal: str) -> set[_Part]:
    if part is not None and part not in known:
        raise UsageError(f'{refusal} "{part}"', hint=f"one of: {', '.join(known)}")
    return set(known) if part is None else {part}
