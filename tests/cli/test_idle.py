"""What the configuration says and what does nothing: `bareboat build` tells it, with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

SLIPS = """\
images:
  hello:
    from: scratch
    packages: [hello]
    architectures: [amd64]
    variants: [latest]
    omit:
      - {package: libhelo1, reason: a slip}
      - {package: liblog1, reason: nobody reads it}
    drop: [/usr/bin/help, /usr/bin/hlep.txt]
    keep: ["helo:/usr/bin/hello"]
    files: [{path: /usr/bin/nothing, remove: true}]
    accept: [{path: /usr/bin/hello, reason: it is a test}]
"""
SAID = [
    'warning: bareboat.yaml:8:9: omit: nothing in hello depends on "libhelo1" (did you mean "libhello1"?)',
    'warning: bareboat.yaml:10:27: drop: "/usr/bin/hlep.txt" matches no file of hello',
    'warning: bareboat.yaml:11:12: keep: there is no package helo in hello (did you mean "hello"?)',
    'warning: bareboat.yaml:12:13: files: takes "/usr/bin/nothing" away, which no package or effect brings to hello',
]


def project_of(folder: Path, configuration: str) -> Project:
    """A project whose one program depends on two libraries, of which there is one."""
    program = make_deb(
        "hello", files={"/usr/bin/hello": b"hello", "/usr/bin/help": b"help"}, depends="libhello1, liblog1"
    )
    library = make_deb("libhello1", files={"/usr/lib/libhello.so.1": b"library"})
    return make_project(folder, configuration, [program, library])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_of(tmp_path, SLIPS)


def build(project: Project, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    project.run("build", "--frozen", "--offline", *arguments)
    return capsys.readouterr().out


def test_words_that_do_nothing_are_told_each_time(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The second build finds all its layers in the records, and knows it still."""
    for _ in range(2):
        told = build(project, capsys).splitlines()
        assert [line for line in told if line.startswith("warning: bareboat.yaml:")] == SAID
    assert json.loads(build(project, capsys, "--json"))["warnings"] == [text.removeprefix("warning: ") for text in SAID]


def test_a_configuration_without_slips_is_built_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = SLIPS.replace("libhelo1", "libhello1").replace("/hlep.txt", "/help").replace("helo:", "hello:")
    project = project_of(tmp_path, lines.replace("/usr/bin/nothing", "/usr/bin/help"))

    assert "warning: bareboat.yaml" not in build(project, capsys)


def test_changing_what_is_accepted_makes_documents_anew_and_no_layer(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    def built() -> tuple[list[object], str]:
        (image,) = json.loads(build(project, capsys, "--json", "--out", "out"))["images"]
        return image["architectures"]["amd64"]["layers"], image["digest"]

    def records() -> list[Path]:
        folders = (project.cache / "records" / kind for kind in ("layer", "contribution"))
        return sorted(path for folder in folders for path in folder.rglob("*"))

    before, made = built(), records()
    project.write("bareboat.yaml", SLIPS.replace("it is a test", "it still is"))
    after = built()

    assert (after[0], after[1] == before[1]) == (before[0], False)
    assert records() == made
    assert len(made) > 1
