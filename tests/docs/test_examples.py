"""Every configuration in the documentation is one: the schema takes it, it parses, and its inheritance works out."""

from __future__ import annotations

import pytest

from bareboat.plan.catalog import catalog
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.inherit import config_recipes
from tests.docs.reading import Block, blocks
from tests.plan.config.test_schema import errors_of


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_the_schema_takes_it(block: Block) -> None:
    assert errors_of(block.text) == []


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_its_images_can_be_decided_on(block: Block) -> None:
    config = parse_config(block.text.encode(), str(block), catalog())

    assert {recipe.image for recipe in config_recipes(config, catalog())} == set(config.images)
