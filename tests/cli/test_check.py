"""`bareboat check` from the command line: exit codes, forms, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.oci.annotations import ACCEPTED
from bareboat.store.archive_file import write_docker_archive
from bareboat.store.layout import Layout
from tests.makers.deb import make_deb
from tests.makers.distroless import make_distroless, put, removed
from tests.makers.image import make_layout
from tests.makers.project import Project, empty_project, make_project

SHELL = put("usr/bin/sh", b"\0", mode=0o755)
NOTE = put("etc/services.dpkg-new", b"x")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = empty_project(tmp_path)
    arm = make_distroless(SHELL, architecture="arm64")
    accepted = canonical([{"path": "/usr/bin/sh", "reason": "it is asked for"}]).decode()
    images = {
        "sound:latest": make_distroless(),
        "broken:latest": make_distroless(removed("tmp")),
        "shell:latest": [make_distroless(annotations={"a": "b"}), arm],
        "noted:latest": make_distroless(NOTE),
        "accepted:latest": make_distroless(SHELL, annotations={ACCEPTED: accepted}),
    }
    make_layout(project.folder / "out", images)
    return project


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["sound"], 0),
        (["broken"], 1),
        (["shell"], 1),
        (["shell", "--arch", "amd64"], 0),
        (["shell", "--arch", "arm64"], 1),
        (["shell", "--arch", "amd64,arm64"], 1),
        (["shell", "--arch", "all"], 1),
        (["shell", "--platform", "linux/amd64"], 0),
        (["shell:arm64"], 1),
        (["noted"], 0),
        (["noted", "--notes"], 0),
        (["accepted"], 0),
        (["accepted", "--fail-on", "note"], 0),
        (["noted", "--fail-on", "note"], 1),
        (["shell", "--fail-on", "error"], 0),
        (["broken", "--fail-on", "error"], 1),
        (["broken", "--fail-on", "never"], 0),
        (["broken", "--json"], 1),
        (["broken", "--sarif"], 1),
    ],
)
def test_the_exit_code_says_whether_something_was_found(project: Project, arguments: list[str], code: int) -> None:
    assert project.run("check", "out", *arguments) == code


def test_people_are_told_what_and_where(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("check", "out", "shell")

    assert capsys.readouterr().out.splitlines() == [
        "in shell:latest (linux/arm64)",
        "  warning  /usr/bin/sh: is a shell [no-shell]",
        "",
        "checked: 2 images on linux/amd64, linux/arm64; 6 ELF files, 4 needs; 1 warning",
    ]


def test_programs_are_told_in_json(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("check", "out", "broken", "--json")

    document = json.loads(capsys.readouterr().out)
    (image,) = document["images"]
    assert (image["names"], image["platform"]) == (["broken:latest"], "linux/amd64")
    assert image["findings"] == [
        {
            "rule": "tmp-folder", "family": "contract", "severity": "error", "path": "/tmp", "message": "is not there",
        }
    ]  # fmt: skip
    assert document["summary"]["errors"] == 1


def test_code_hosts_are_told_in_sarif(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("check", "out", "broken", "--sarif")

    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["tmp-folder"]


def test_the_same_is_printed_when_it_is_remembered(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("--json", "--sarif", "--notes"):
        printed = []
        for _ in range(2):
            project.run("check", "out", form)
            printed.append(capsys.readouterr().out)
        assert printed[0] == printed[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["absent"], 2, "absent: there is nothing", "give the folder that `bareboat build` wrote"),
        (["."], 2, ".: is no OCI image layout: it has no file oci-layout", None),
        (["text"], 2, "text: ", None),
        (["out", "sonud:latest"], 2, 'out: cannot find the image "sonud:latest"', 'did you mean "sound:latest"?'),
        (["out", "nosuch"], 2, 'out: cannot find the image "nosuch"',
         "there is: accepted:latest, broken:latest, noted:latest, shell:latest, sound:latest"),
        (["old.tar"], 2, "old.tar: is no oci-archive: it has no file oci-layout",
         "it is a docker-archive, for `docker load --input old.tar`: build with --format oci-archive, or "
         "`skopeo copy docker-archive:old.tar oci:out`"),
        (["out", "sound", "--arch", "s390x"], 2, 'out: "sound:latest" is not for the chosen platforms',
         "it is for: linux/amd64"),
        (["out", "--arch", "amd46"], 2, 'unknown architecture "amd46"', 'did you mean "amd64"?'),
        (["out", "--json", "--sarif"], 2, "--json and --sarif cannot both be printed",
         "run twice: the second time costs little"),
        (["out", "--arch", "amd64", "--platform", "linux/amd64"], 2, "--arch and --platform both choose platforms",
         "use one of them"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_mend(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str,
    hint: str | None,
) -> None:  # fmt: skip
    project.write("text", "no archive")
    layout = Layout(project.folder / "out")
    write_docker_archive(project.folder / "old.tar", [(("sound:latest",), layout.images["sound:latest"])], layout)

    assert project.run("check", *arguments) == code
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith(f"bareboat: {message}")
    assert hint is None or error[1] == f"hint: {hint}"


def damage_layers(project: Project) -> None:
    """Put other bytes in the place of every layer."""
    blobs = (project.folder / "out/blobs/sha256").iterdir()
    for blob in [blob for blob in blobs if blob.read_bytes().startswith(b"\x1f\x8b")]:
        blob.chmod(0o644)
        blob.write_bytes(b"\x1f\x8b" + bytes(20))


def test_a_damaged_layout_is_an_error_of_its_own(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Not 1, which says that something was found in a layout that could be read."""
    damage_layers(project)

    assert project.run("check", "out", "--fail-on", "never") == 6

    told = capsys.readouterr()
    assert "  error    layer " in told.out
    assert told.err.startswith("bareboat: out: 6 of 6 images are damaged and could not be checked\nhint: ")


@pytest.mark.parametrize("form", [(), ("--json",), ("--sarif",)])
def test_damage_of_one_image_keeps_nobody_from_hearing_of_the_others(
    project: Project, capsys: pytest.CaptureFixture[str], form: tuple[str, ...]
) -> None:
    manifest = project.folder / "out/blobs/sha256" / manifest_of(project, "sound:latest").hex
    manifest.unlink()

    assert project.run("check", "out", *form) == 8

    told = capsys.readouterr()
    assert told.err.startswith("bareboat: out: 1 of 6 images is damaged and could not be checked\n")
    if not form:
        assert "in broken:latest (linux/amd64)\n  error    /tmp: is not there [tmp-folder]\n" in told.out
        assert f"error    out: is not whole: it has no sha256:{manifest.name} [damaged-image]" in told.out
        assert told.out.splitlines()[-2].startswith("checked: 6 images on linux/amd64, linux/arm64; ")
    else:
        rules = {"--json": rules_in_json, "--sarif": rules_in_sarif}[form[0]](json.loads(told.out))
        assert {"damaged-image", "tmp-folder", "no-shell"} <= rules


def manifest_of(project: Project, name: str) -> Digest:
    layout = Layout(project.folder / "out")
    return layout.find(name).digest


def rules_in_json(document: dict[str, Any]) -> set[str]:
    return {finding["rule"] for image in document["images"] for finding in image["findings"]}


def rules_in_sarif(document: dict[str, Any]) -> set[str]:
    return {result["ruleId"] for result in document["runs"][0]["results"]}


def test_a_store_that_cannot_be_written_to_remembers_nothing_and_that_is_all(
    tmp_path: Path, project: Project
) -> None:
    (tmp_path / "cache").write_text("a file where the store should be")

    assert project.run("check", "out", "sound") == 0


def test_what_was_just_built_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = "images:\n  hello: {from: scratch, packages: [hello], architectures: [amd64], variants: [latest]}\n"
    project = make_project(tmp_path, configuration, [make_deb("hello")])
    assert project.run("build", "--offline", "--frozen") == 0
    capsys.readouterr()

    assert project.run("check", "out") == 0
    assert capsys.readouterr().out.startswith("proved: ")
