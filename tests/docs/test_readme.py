"""The README's example does what the README says, on Debian's live archive."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.reading import ROOT, blocks_of, commands_of
from tests.makers.engine import Engine

README = ROOT / "README.md"
EXAMPLE = next(block for block in blocks_of(README) if block.language == "yaml")
CONSOLE = [block for block in blocks_of(README) if block.language == "console" and block.line > EXAMPLE.line]


def _run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bareboat", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"bareboat {' '.join(words)}: {done.stderr}"
    return done.stdout


def _commands() -> list[list[str]]:
    return [words[1:] for words in commands_of(CONSOLE[0])]


def test_the_example_is_followed_by_commands_that_build_show_and_explain_it() -> None:
    assert [words[0] for words in _commands()] == ["build", "show", "why"]


@pytest.mark.network
def test_the_example_builds_and_explains_itself(tmp_path: Path) -> None:
    (tmp_path / "bareboat.yaml").write_text(EXAMPLE.text, encoding="utf-8")
    build, show, why = _commands()

    built = _run(tmp_path, *build)
    shown = _run(tmp_path, *show)
    explained = _run(tmp_path, *why)

    assert re.findall(r"^(orders-api:[a-z-]+) ", built, re.MULTILINE) == [
        "orders-api:latest", "orders-api:nonroot", "orders-api:debug", "orders-api:debug-nonroot",
    ]
    assert re.search(r"^ +libpq5 +17", shown, re.MULTILINE)
    assert "libsasl2-modules-db" not in shown
    assert re.search(r"libpq5 +Depends: libgssapi-krb5-2", explained)
    assert re.search(r"libgssapi-krb5-2 +Depends: libkrb5-3", explained)
    assert (tmp_path / "bareboat.lock").is_file()


@pytest.mark.network
@pytest.mark.engine
@pytest.mark.xdist_group("catalogue")
def test_the_example_runs(tmp_path: Path, docker_engine: Engine) -> None:
    (tmp_path / "bareboat.yaml").write_text(EXAMPLE.text, encoding="utf-8")
    _run(tmp_path, "build", "orders-api:nonroot", "--arch", "this", "--format", "docker-archive", "--out", "image.tar")

    docker_engine.run("load", "--input", tmp_path / "image.tar")

    said = docker_engine.run("run", "--rm", "--network", "none", "orders-api:nonroot")
    assert re.fullmatch(r"orders-api with libpq 17\d{4}\n", said)
