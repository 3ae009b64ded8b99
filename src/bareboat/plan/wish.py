"""What a recipe wishes for, in words that a lock can be held against."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.base.canon import digest_of
from bareboat.base.digest import Digest
from bareboat.base.errors import ConfigurationError, FormatError
from bareboat.debian.relation import Relation, parse_relation
from bareboat.plan.config.config import PackageWish, PinnedSource
from bareboat.plan.recipe import Recipe


def wish_digest(recipe: Recipe, sources: Sequence[PinnedSource]) -> Digest:
    """The digest of everything that a user can write on which the choice of packages depends.

    Those are wishes, omissions and further archives: not where an archive is, nor who signs it.
    """
    return digest_of(
        {
            "distro": recipe.distro,
            "omit": sorted({omission.package for omission in recipe.omit}),
            "stages": [
                [
                    stage.name,
                    sorted({str(relation_of(wish, recipe)) for wish in stage.packages}),
                    sorted({f"{wish.name} {wish.version}" for wish in stage.upstream}),
                ]
                for stage in (*recipe.stages, *recipe.debug_stages)
            ],
            "sources": [
                {
                    "name": source.name,
                    "suite": source.suite,
                    "components": list(source.components),
                    "architectures": None if source.architectures is None else sorted(source.architectures),
                    "priority": source.priority,
                    "pins": sorted(source.pins),
                }
                for source in sources
            ],
            **({} if recipe.base_image is None else {"base": recipe.base_image.reference}),
        }
    )


def relation_of(wish: PackageWish, recipe: Recipe) -> Relation:
    """The relation that a wish is.

    Raises:
        ConfigurationError: When it is none, or several alternatives: a wish is for one package.
    """
    try:
        return parse_relation(wish.relation, place_of(wish, recipe))
    except FormatError as error:
        raise ConfigurationError(error.message, hint=error.hint) from error


def place_of(wish: PackageWish, recipe: Recipe) -> str:
    """What to call the place of a wish in errors."""
    return f"{wish.place}: packages" if wish.place.file else f"{recipe.name}: packages"
