"""`bareboat reproduce` names the path and the field of a layout that somebody changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bareboat.store.layout import Layout
from tests.makers.project import Project
from tests.makers.tampered import BUILD, MODE, MTIME, Change, header, make_built_project, tamper, wish

REPRODUCE = ("reproduce", "out", "--offline")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_built_project(tmp_path)


@pytest.mark.parametrize(
    ("changes", "place", "sides"),
    [
        (
            {"tar": lambda tar: tar.replace(b"greeting = 1", b"greeting = 2")},
            "/etc/hello.toml: content (line 2, byte 20)", ("greeting = 2", "greeting = 1"),
        ),
        ({"tar": header(b"usr/bin/hello", MODE, b"0004755\0")}, "/usr/bin/hello: mode", ("4755", "0755")),
        ({"tar": header(b"usr/bin/hello", MTIME, b"00000000001\0")}, "/usr/bin/hello: mtime", ("1", "1700000000")),
        ({"tar": lambda tar: tar + bytes(512)}, "end of the archive", ("1536 bytes", "1024 bytes")),
        ({"tar": lambda tar: tar}, "compression (byte", ("gzip, member 1 of 1", "gzip, member 1 of ")),
        (
            {"config": lambda data: data.replace(b"GREETING=hi", b"GREETING=ho")},
            "/config/Env/0: value", ('"GREETING=ho"', '"GREETING=hi"'),
        ),
        (
            {"config": lambda data: data.replace(b'["/usr/bin/hello"]', b'["/bin/sh"]')},
            "/config/Entrypoint/0: value", ('"/bin/sh"', '"/usr/bin/hello"'),
        ),
    ],
)  # fmt: skip
def test_a_tampered_layout_ends_with_one_and_the_first_difference(
    project: Project, capsys: pytest.CaptureFixture[str], changes: dict[str, Change], place: str,
    sides: tuple[str, str],
) -> None:  # fmt: skip
    tamper(project, **changes)

    assert project.run(*REPRODUCE) == 1

    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "hello:latest  amd64  not the same"
    part = "config" if "config" in changes else "layer 1 (hello)"
    assert lines[1].startswith(f"  linux/amd64 {part}: {place}")
    assert lines[2].startswith(f"      layout:      {sides[0]}")
    assert lines[3].startswith(f"      made again:  {sides[1]}")
    assert "hello:nonroot  amd64  same" in lines
    assert told.err == "bareboat: out: not reproduced: 1 of 2 images\n"


def test_another_image_of_the_same_layout_is_not_concerned(project: Project) -> None:
    tamper(project, config=lambda data: data.replace(b"GREETING=hi", b"GREETING=ho"))

    assert (project.run(*REPRODUCE, "hello:nonroot"), project.run(*REPRODUCE, "hello:latest")) == (0, 1)


def test_a_difference_is_a_document_too(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(project, config=lambda data: data.replace(b"GREETING=hi", b"GREETING=ho"))

    assert project.run(*REPRODUCE, "hello:latest", "--json") == 1

    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert verdict["differences"] == [{
        "part": "config", "platform": "linux/amd64", "path": "/config/Env/0", "field": "value",
        "one": '"GREETING=ho"', "other": '"GREETING=hi"',
    }]  # fmt: skip


def test_people_are_told_of_some_differences_and_programs_of_all(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ", ".join(f'{{path: /etc/{number:02}, text: "a line"}}' for number in range(30))
    wish(project, "files: [", f"files: [{files}, ")
    assert project.run(*BUILD) == 0
    tamper(project, tar=lambda tar: tar.replace(b"a line", b"A line"))
    capsys.readouterr()

    assert project.run(*REPRODUCE, "hello:latest") == 1
    told = capsys.readouterr().out
    assert (told.count(": content "), "\n  and more\n" in told) == (20, True)

    assert project.run(*REPRODUCE, "hello:latest", "--json") == 1
    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (len(verdict["differences"]), verdict["more"]) == (30, False)


def test_it_is_the_layout_that_is_read_to_the_last_byte(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A byte that somebody changed under an honest digest is found, and told with its place."""
    layout = Layout(project.folder / "out")
    manifest = layout.read_manifest(layout.find("hello:latest"))
    place = layout.root / "blobs/sha256" / manifest.config.digest.hex
    place.chmod(0o644)
    place.write_bytes(place.read_bytes().replace(b"GREETING=hi", b"GREETING=ho"))

    assert project.run(*REPRODUCE) == 1

    told = capsys.readouterr()
    assert "  linux/amd64 config: /config/Env/0: value\n" in told.out
    assert told.err == "bareboat: out: not reproduced: 1 of 2 images\n"


def test_files_of_the_configuration_that_changed_are_differences(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    wish(project, "greeting = 1", "greeting = 3")

    assert project.run(*REPRODUCE) == 1
    assert "/etc/hello.toml: content (line 2, byte 20)" in capsys.readouterr().out
