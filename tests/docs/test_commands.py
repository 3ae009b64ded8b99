"""Commands in examples exist: verbs and options as click knows them, images as the catalogue or the page has them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from bareboat.base.errors import UsageError
from bareboat.cli import VERBS, bareboat
from bareboat.plan.catalog import catalog
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.inherit import catalog_recipes, config_recipes
from bareboat.plan.names import select
from bareboat.plan.recipe import Recipe
from tests.docs.reading import ROOT, Block, blocks_of, command_lines

TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def _line(case: object) -> str:
    return " ".join(case) if isinstance(case, list) else str(case)


@cache
def _recipes(page: Path) -> dict[str, Recipe]:
    """What the configurations of a page and the catalogue offer."""
    found = {recipe.name: recipe for recipe in catalog_recipes(catalog())}
    for example in blocks_of(page):
        if example.language == "yaml":
            config = parse_config(example.text.encode(), str(example), catalog())
            found |= {recipe.name: recipe for recipe in config_recipes(config, catalog())}
    return found


@pytest.mark.parametrize(("block", "words"), command_lines("bareboat"), ids=_line)
def test_click_takes_the_command(block: Block, words: list[str]) -> None:
    if words in (["--help"], ["--version"]):
        return
    verb, *arguments = words
    assert verb in VERBS, f"{block}: there is no verb {verb}"
    command = bareboat.get_command(click.Context(bareboat), verb)
    assert command is not None
    if arguments == ["--help"]:
        return

    context = command.make_context(verb, list(arguments))

    named = context.params.get("images") or context.params.get("image") or ()
    images = [named] if isinstance(named, str) else list(named)
    try:
        select(_recipes(block.page), images, catalog().default_distro)
    except UsageError as error:
        pytest.fail(f"{block}: {' '.join(words)}: {error.message}")


def test_every_verb_has_an_example() -> None:
    assert {words[0] for _, words in command_lines("bareboat")} >= set(VERBS)


@pytest.mark.parametrize(("block", "words"), command_lines("make"), ids=_line)
def test_make_has_the_target(block: Block, words: list[str]) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))

    assert {word for word in words if "=" not in word} <= targets, str(block)
