"""What can be built, by name; most commands are about one image, and work out nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from bareboat.base.errors import ConfigurationError, UsageError
from bareboat.plan.config.config import ImageWish
from bareboat.plan.inherit import catalog_recipes, config_recipes
from bareboat.plan.names import select
from bareboat.plan.recipes import Recipes
from tests.makers.catalog import config_of, some_catalog


class Watched(Mapping[str, ImageWish]):
    """The images of a catalogue, and which of them were asked for."""

    def __init__(self, images: Mapping[str, ImageWish]) -> None:
        self._images = images
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> ImageWish:
        self.asked.add(name)
        return self._images[name]

    def __contains__(self, name: object) -> bool:
        return name in self._images

    def __iter__(self) -> Iterator[str]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)


def test_there_are_the_images_of_the_configuration_and_then_those_of_the_catalogue() -> None:
    own = config_recipes(config_of("images: {web: {from: python3}, mine: {from: static}}"), some_catalog())
    recipes = Recipes(own, some_catalog())
    catalogue = [recipe.name for recipe in catalog_recipes(some_catalog())]
    assert list(recipes) == ["web", "mine", *catalogue]
    assert len(recipes) == len(catalogue) + 2
    assert recipes["mine"] is own[1]
    assert recipes["python3-debian13"] is recipes["python3-debian13"]


@pytest.mark.parametrize("name", ["python3", "python3-debian99", "nope-debian13", "nope", ""])
def test_what_there_is_not_is_not_found(name: str) -> None:
    assert name not in Recipes((), some_catalog())


@pytest.mark.parametrize("name", ["python3", "python3-debian13", "python3:debug"])
def test_choosing_one_image_reads_that_and_those_it_is_built_on(name: str) -> None:
    images = Watched(some_catalog().images)
    recipes = Recipes((), replace(some_catalog(), images=images))
    (chosen,) = select(recipes, [name], "debian13")
    assert chosen.recipe.name == "python3-debian13"
    assert images.asked == {"static", "base", "python3"}


def test_an_alias_is_looked_for_in_all_of_them() -> None:
    (chosen,) = select(Recipes((), some_catalog()), ["python3.11-debian12"], "debian13")
    assert chosen.recipe.name == "python3-debian12"


def test_an_image_that_contradicts_the_catalogue_stands_in_nobodys_way() -> None:
    recipes = Recipes((), some_catalog(a="from: nope"))
    assert recipes["static-debian13"].image == "static"
    with pytest.raises(ConfigurationError, match='unknown image "nope"'):
        recipes["a-debian13"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        select(Recipes((), some_catalog()), ["pyton3"], "debian13")
    assert caught.value.hint == 'did you mean "python3"?'
