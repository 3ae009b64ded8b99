"""Generated pages say what the program does today; `make docs` writes them anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from bareboat.base.errors import BareboatError
from bareboat.cli import VERBS, bareboat
from bareboat.plan.catalog import catalog
from docs.generate import pages, with_part
from tests.docs.reading import ROOT

REFERENCE = ROOT / "docs" / "reference"
VARIABLE = re.compile(r"\bBAREBOAT_[A-Z_]+\b")


def _text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_page_is_up_to_date() -> None:
    old = [str(path) for path, text in pages().items() if (ROOT / path).read_text(encoding="utf-8") != text]

    assert old == [], "run `make docs`"


def test_a_part_is_replaced_and_nothing_else() -> None:
    page = "before\n<!-- list -->\nold\n<!-- /list -->\nafter\n"

    assert with_part(page, "list", ["new", "newer"]) == "before\n<!-- list -->\nnew\nnewer\n<!-- /list -->\nafter\n"


def test_a_part_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="has no part <!-- list -->"):
        with_part("before\n<!-- list -->\nnever ends\n", "list", ["new"])


@pytest.mark.parametrize("verb", VERBS)
def test_the_command_line_page_has_every_option(verb: str) -> None:
    command = bareboat.get_command(click.Context(bareboat), verb)
    assert command is not None
    section = _text("cli.md").partition(f"## bareboat {verb}\n")[2].partition("\n## ")[0]
    options = [name for one in command.params if isinstance(one, click.Option) for name in one.opts]

    assert [name for name in options if f"`{name}`" not in section] == []


def test_the_catalogue_page_has_every_image_and_every_omission() -> None:
    text = _text("catalogue.md")

    assert [name for name in catalog().images if f"\n## {name}\n" not in text] == []
    assert [one for one in catalog().omissions if f"| `{one.package}` | {one.reason} |" not in text] == []


def test_every_exit_code_of_an_error_is_on_its_page() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", _text("exit-codes.md"), re.MULTILINE)}

    assert {error.exit_code for error in _errors(BareboatError)} <= told


def _errors(root: type[BareboatError]) -> Iterator[type[BareboatError]]:
    for error in root.__subclasses__():
        yield error
        yield from _errors(error)


@pytest.mark.parametrize("page", ["README.md", "docs/reference/environment.md"])
def test_the_variables_of_the_environment_are_those_of_the_code(page: str) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    said = (ROOT / page).read_text(encoding="utf-8")

    assert set(VARIABLE.findall(said)) == set(VARIABLE.findall(sources))
