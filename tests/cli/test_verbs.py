"""Every verb has help with an example, JSON, and completion; the list of verbs is true."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bareboat.cli import VERBS, bareboat, main
from tests.makers.project import empty_project

SOURCE = Path(__file__).resolve().parents[2] / "src/bareboat/cli"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_has_a_sentence_an_example_and_json(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty_project(tmp_path).run(verb, "--help") == 0

    text = capsys.readouterr().out
    assert "Example" in text
    assert f"bareboat {verb}" in text
    assert "--json" in text


def test_the_list_of_verbs_is_the_files_of_the_room() -> None:
    with_command = {path.stem for path in SOURCE.glob("*.py") if "\ndef command(" in path.read_text()}

    assert with_command == set(VERBS)
    assert all(isinstance(bareboat.get_command(click.Context(bareboat), verb), click.Command) for verb in VERBS)


def test_help_of_everything_imports_no_verb() -> None:
    program = (
        "import sys; from bareboat.cli import main; main(['--help']); "
        "heavy = 'bareboat.plan requests pydantic rich yaml'; "
        "print([name for name in sys.modules if name.startswith(tuple(heavy.split()))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_shells_complete_verbs_and_images(tmp_path: Path) -> None:
    def completed(words: str) -> list[str]:
        environment = {**os.environ, "_BAREBOAT_COMPLETE": "bash_complete", "COMP_WORDS": words,
                       "COMP_CWORD": str(len(words.split(" ")) - 1)}  # fmt: skip
        command = [sys.executable, "-m", "bareboat"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("bareboat bu") == ["build"]
    assert "python3-debian13" in completed("bareboat build pyth")
    assert completed("bareboat build --arch risc") == ["riscv64"]


def test_the_catalogue_is_listed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty_project(tmp_path).run("catalog", "--json") == 0

    images = {image["name"]: image for image in json.loads(capsys.readouterr().out)["images"]}
    assert len(images) == 29
    assert images["python3-debian13"]["aliases"] == ["python3.13-debian13", "python3", "python3.13"]
    assert images["static-debian14"]["preview"] is True
    assert images["nodejs24-debian13"]["architectures"] == ["amd64", "arm64"]


def test_the_schema_is_json_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert empty_project(tmp_path).run("schema") == 0

    assert json.loads(capsys.readouterr().out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_an_interrupt_while_the_program_is_loaded_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    path = os.pathsep.join([str(tmp_path), str(SOURCE.parents[1])])

    done = subprocess.run(
        [sys.executable, "-m", "bareboat", "--help"], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(("verb", "said"), [("push", ""), ("run", ""), ("build", "; what was fetched is kept")])
def test_only_verbs_that_fetch_into_the_store_say_that_it_is_kept(
    verb: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(bareboat), "get_command", interrupted)

    assert (main([verb]), capsys.readouterr().err.strip()) == (130, f"bareboat: interrupted{said}")
