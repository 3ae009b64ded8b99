"""The house: who may import whom, what rooms hold, and what the front door shows."""

import ast
from pathlib import Path

import pytest
from importlinter import cli

import bareboat

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "bareboat"
LONGEST_FILE = 400


def sources() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def test_every_import_keeps_the_contracts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)

    code = cli.lint_imports(no_cache=True)

    assert code == 0, capsys.readouterr().out


def test_no_file_outgrows_its_job() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_rooms_open_with_a_docstring_and_nothing_else() -> None:
    doors = [path for path in sources() if path.name == "__init__.py" and path.parent not in (SOURCE, SOURCE / "cli")]

    crowded = [str(path.relative_to(ROOT)) for path in doors if len(ast.parse(path.read_text()).body) != 1]

    assert crowded == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in sources() if ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert silent == []


def test_the_front_door_shows_what_it_lists() -> None:
    shown = sorted(name for name in bareboat.__all__ if getattr(bareboat, name).__name__ == name)

    assert shown == sorted(bareboat.__all__)


def test_no_name_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}

    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in empty] == []
