"""Configurations and locks that are wrong: the place, the reason and the way on; files are left as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.makers.complaint import complaint
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

HELLO = "images:\n  hello: {from: scratch, packages: [hello], architectures: [amd64]}\n"
AGAIN = "run `bareboat lock` to decide again; the old file is overwritten"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path, HELLO, [make_deb("hello"), make_deb("extra")])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("images: 7\n", "bareboat.yaml:1:9: images: "),
        ("images:\n  a: {from: scratch, packages: hello}\n", "bareboat.yaml:2:32: images.a.packages: "),
        ("images:\n  a: {from: scratch, env: [1]}\n", "bareboat.yaml:2:27: images.a.env: "),
        ("images:\n  a: {form: python3}\n", 'did you mean "from"?'),
        ("images:\n  a: {from: pyton3}\n", 'did you mean "python3"?'),
        ("images:\n  a: {from: b}\n  b: {from: c}\n  c: {from: a}\n", "goes round in a circle"),
        ("images:\n  a: {from: a}\n", 'goes round in a circle: "a" from "a"'),
        ("images:\n  a: {from: scratch, packages: ['x (>> )']}\n", "cannot read"),
        ("images: {a: {from: scratch}\n", "bareboat.yaml:"),
        ("images:\n\ta: 1\n", "bareboat.yaml:2:1: "),
        ("a: &a [*a]\n", "bareboat.yaml:1:"),
    ],
    ids=["number for a mapping", "text for a list", "list for a mapping", "unknown key", "unknown image", "circle",
         "its own parent", "relation", "never ends", "tab", "alias of itself"],
)  # fmt: skip
def test_a_configuration_that_is_wrong_is_told_with_its_place(
    project: Project, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    project.write("bareboat.yaml", text)
    said = complaint(project, capsys, "build", "--offline")
    assert (said.code, told in f"{said.message}\n{said.hint}") == (3, True), said


@pytest.mark.parametrize(
    ("wish", "code", "told"),
    [
        ("files: [{path: /etc/x, source: absent.txt}]", 3, "absent.txt"),
        ("files: [{path: /etc/x, source: ../../../../../../etc/absent}]", 3, "absent"),
        ("trust: [certs/absent.pem]", 3, "certs/absent.pem"),
    ],
)
def test_files_that_are_missing_are_named(
    project: Project, capsys: pytest.CaptureFixture[str], wish: str, code: int, told: str
) -> None:
    project.write("bareboat.yaml", HELLO.replace("packages: [hello]", f"packages: [hello], {wish}"))
    said = complaint(project, capsys, "build", "--offline", "--frozen")
    assert (said.code, told in said.message) == (code, True), said


@pytest.mark.parametrize(
    ("edit", "message", "hint"),
    [
        (lambda text: f"<<<<<<< ours\n{text}", "bareboat.lock:1: has conflict marks of a merge", AGAIN),
        (lambda text: text.replace('"bareboat-lock": 1', '"bareboat-lock": 2'),
         "bareboat.lock: is of version 2, and this bareboat reads version 1",
         "use the bareboat that wrote it, or a newer one"),
        (lambda text: re.sub('"sha256": "[0-9a-f]{8}', '"sha256": "00000000', text),
         "bareboat.lock: images: hello: does not hold what was decided: it was edited by hand, or merged badly", AGAIN),
        (lambda text: text[: len(text) // 2], "bareboat.lock: cannot read as JSON", AGAIN),
        (lambda text: "", "bareboat.lock: cannot read as JSON", AGAIN),
        (lambda text: text.replace('"hello=1.0:amd64"]', '"hello=2.0:amd64"]'),
         'bareboat.lock: images: hello: amd64: hello: names "hello=2.0:amd64", which the lock does not have', AGAIN),
    ],
    ids=["conflict marks", "newer version", "edited digest", "cut off", "empty", "edited version"],
)  # fmt: skip
@pytest.mark.parametrize("frozen", [["--frozen"], []], ids=["frozen", "free"])
def test_a_lock_that_is_wrong_is_told_and_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str], edit: object, message: str, hint: str, frozen: list[str]
) -> None:
    assert callable(edit)
    lock = project.folder / "bareboat.lock"
    lock.write_text(edit(lock.read_text()))
    before = lock.read_text()
    said = complaint(project, capsys, "build", "--offline", *frozen)
    assert (said.code, said.message.startswith(message), said.hint) == (4, True, hint), said
    assert lock.read_text() == before


def test_a_stale_lock_is_refused_when_it_is_frozen(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("bareboat.yaml", HELLO.replace("[hello]", "[hello, extra]"))
    said = complaint(project, capsys, "build", "--offline", "--frozen")
    assert said.code == 4
    assert said.message == "bareboat.lock does not answer what is wished for now: hello"
    assert said.hint == "run `bareboat lock` to record the change"


def test_a_stale_lock_cannot_be_renewed_without_a_network_and_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("bareboat.yaml", HELLO.replace("[hello]", "[hello, extra]"))
    before = (project.folder / "bareboat.lock").read_text()
    said = complaint(project, capsys, "build", "--offline")
    assert said.code == 7
    assert (project.folder / "bareboat.lock").read_text() == before
