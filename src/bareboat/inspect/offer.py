"""What can be built, for people who choose: each recipe with its names, architectures, variants and version."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bareboat.base.frozen import frozen
from bareboat.debian.version import Version
from bareboat.oci.annotations import VERSION
from bareboat.plan.catalog import Catalog
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import programs

_UPSTREAM = re.compile(r"\$\{upstream:([^}]+)\}")


@frozen
class Offer:
    """A recipe as it is offered.

    `version` is exact where the lock or a pin knows it, else the release line that its name says, else empty;
    `end_of_life` is the distro's, `YYYY-MM-DD`, empty for none.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    distro: str
    base: str
    version: str
    architectures: tuple[str, ...]
    variants: tuple[str, ...]
    end_of_life: str
    preview: bool

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "title": self.title,
            "distro": self.distro,
            "base": self.base,
            "version": self.version,
            "architectures": list(self.architectures),
            "variants": list(self.variants),
            "end-of-life": self.end_of_life,
            "preview": self.preview,
        }


def offers(recipes: Iterable[Recipe], lock: Lock | None, catalog: Catalog) -> tuple[Offer, ...]:
    """The offers of `recipes`, in their order."""
    return tuple(_offer(recipe, lock, catalog) for recipe in recipes)


def _offer(recipe: Recipe, lock: Lock | None, catalog: Catalog) -> Offer:
    names = [recipe.image, *recipe.aliases]
    suffixed = [f"{name}-{recipe.distro}" for name in names] if recipe.name != recipe.image else []
    plain = names if recipe.distro == catalog.default_distro or not suffixed else []
    return Offer(
        name=recipe.name,
        aliases=tuple(name for name in (*suffixed, *plain) if name != recipe.name),
        title=recipe.title,
        distro=recipe.distro,
        base=recipe.base or "scratch",
        version=_version(recipe, lock),
        architectures=recipe.architectures,
        variants=tuple(str(variant) for variant in recipe.variants),
        end_of_life=catalog.distros[recipe.distro].end_of_life,
        preview=recipe.preview,
    )


def _version(recipe: Recipe, lock: Lock | None) -> str:
    """The version that the image will say of itself: of the package or program that its annotation names."""
    match = _UPSTREAM.fullmatch(recipe.annotations.get(VERSION, ""))
    if match is None:
        return recipe.annotations.get(VERSION, "")
    for wish in (wish for stage in recipe.stages for wish in stage.upstream if wish.name == match[1]):
        return next(iter(programs()[wish.name].line(wish.version).values())).version
    image = lock.images.get(recipe.name) if lock is not None else None
    if lock is None or image is None:
        line = re.search(r"[0-9]+(?:\.[0-9]+)?", match[1])
        return line[0] if line and recipe.image != "static" else ""
    versions = {
        str(Version.parse(lock.packages[identity].version).upstream_release)
        for stages in image.stages.values()
        for stage in stages
        for identity in stage.packages
        if lock.packages[identity].name == match[1]
    }
    return ", ".join(sorted(versions))
