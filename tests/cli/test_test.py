"""`bareboat test` from the command line: exit codes, forms, and mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bareboat.oci.annotations import TITLE
from tests.makers.complaint import complaint
from tests.makers.distroless import make_distroless
from tests.makers.image import make_image, make_layout
from tests.makers.layers import file
from tests.makers.project import Project, empty_project

GOOD = 'schemaVersion: "2.0.0"\nfileExistenceTests: [{name: services, path: /etc/services}]\n'
BAD = 'schemaVersion: "2.0.0"\nfileExistenceTests: [{name: a shell, path: /usr/bin/sh}]\n'
NOTHING = 'schemaVersion: "2.0.0"\n'
RUN = 'schemaVersion: "2.0.0"\ncommandTests: [{name: runs, command: /usr/bin/sail}]\n' + GOOD.partition("\n")[2]
ARM = GOOD.replace("/etc/services", "/etc/arm")
OLD = '{"schemaVersion": "1.0.0", "fileExistenceTests": [{"name": "root", "path": "/", "isDirectory": true}]}'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = empty_project(tmp_path)
    arm = make_distroless(architecture="arm64", raw=[file("etc/arm")])
    images = {"app:latest": [make_distroless(), arm], "one:latest": make_distroless(annotations={TITLE: "one"})}
    make_layout(project.folder / "out", images)
    for name, text in {"good": GOOD, "bad": BAD, "nothing": NOTHING, "run": RUN, "arm": ARM}.items():
        project.write(f"{name}.yaml", text)
    project.write("old.json", OLD)
    project.write("broken.yaml", 'schemaVersion: "2.0.0"\nfileExistanceTests: []\n')
    return project


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["out", "app", "-c", "good.yaml"], 0),
        (["out", "--config", "good.yaml", "--platform", "linux/amd64"], 0),
        (["out", "one", "-c", "good.yaml", "-c", "old.json", "--arch", "amd64"], 0),
        (["out", "app", "-c", "bad.yaml"], 1),
        (["out", "app", "-c", "good.yaml", "-c", "bad.yaml"], 1),
        (["out", "app", "-c", "nothing.yaml"], 1),
        (["out", "app", "-c", "run.yaml", "--no-run"], 0),
        (["out", "app", "-c", "run.yaml", "--driver", "tar"], 0),
        (["out", "app", "-c", "arm.yaml", "--arch", "arm64"], 0),
        (["out", "app", "-c", "arm.yaml", "--arch", "amd64"], 1),
        (["out", "app", "-c", "arm.yaml", "--arch", "all"], 1),
        (["out", "app", "-c", "good.yaml", "--arch", "all"], 0),
        (["out", "app", "-c", "bad.yaml", "--json"], 1),
        (["out", "app", "-c", "bad.yaml", "--tap"], 1),
        (["out", "app", "-c", "bad.yaml", "-o", "junit"], 1),
        (["out", "app", "-c", "good.yaml", "-q"], 0),
        (["--image", "out", "-c", "good.yaml", "app"], 0),
        (["--image-from-oci-layout", "out", "-c", "good.yaml", "--default-image-tag", "x", "app"], 0),
        (["-i", "out", "-c", "good.yaml", "app", "-d", "docker", "--pull", "--save", "-f", "--runtime", "runc"], 0),
    ],
)
def test_the_exit_code_says_whether_all_tests_passed(project: Project, arguments: list[str], code: int) -> None:
    assert project.run("test", *arguments) == code


def test_people_read_what_container_structure_test_prints(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("test", "out", "app", "-c", "bad.yaml", "--arch", "amd64", "--no-color")

    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "",
        "=================================",
        "====== Test file: bad.yaml ======",
        "=================================",
        "=== RUN: File Existence Test: a shell",
        "--- FAIL",
    ]
    assert lines[7] == "Error: File /usr/bin/sh should exist but does not"
    assert lines[-1] == "FAIL"


def test_quiet_is_quiet(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("test", "out", "app", "-c", "bad.yaml", "--quiet") == 1

    assert capsys.readouterr() == ("", "")


def test_programs_read_json(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("test", "out", "app", "-c", "good.yaml", "--arch", "all", "--json")

    document = json.loads(capsys.readouterr().out)
    assert (document["Pass"], document["Fail"], document["Total"]) == (2, 0, 2)
    assert [(one["Name"], one["Platform"]) for one in document["Results"]] == [
        ("File Existence Test: services", "linux/amd64"),
        ("File Existence Test: services", "linux/arm64"),
    ]


def test_harnesses_read_tap(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("test", "out", "app", "-c", "run.yaml", "--arch", "amd64", "--no-run", "--tap")

    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "TAP version 14",
        "1..2",
        "# app:latest (linux/amd64) run.yaml",
        "ok 1 - Command Test: runs # SKIP no commands are run",
    ]
    assert lines[4] == "ok 2 - File Existence Test: services"


def test_reports_are_written_beside_what_is_printed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--junit", "report.xml", "--test-report", "report.json", "--junit-suite-name", "mine"]

    assert project.run("test", "out", "app", "-c", "good.yaml", *arguments) == 0

    assert capsys.readouterr().out == ""
    (case,) = ElementTree.parse(project.folder / "report.xml").iter("testcase")
    assert (case.get("name"), case.get("classname")) == ("File Existence Test: services", "mine")
    assert json.loads((project.folder / "report.json").read_text())["Pass"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        ([], 2, "no image is named", "give the folder that `bareboat build` wrote: bareboat test out"),
        (["out", "app", "--image", "out"], 2, "two images are named",
         "give the folder that `bareboat build` wrote: bareboat test out"),
        (["out", "one"], 2, "one:latest: no tests come with this image", "give a file of tests with --config"),
        (["out", "apq:latest", "-c", "good.yaml"], 2, 'out: cannot find the image "apq:latest"',
         'did you mean "app:latest"?'),
        (["out", "one", "-c", "good.yaml", "--arch", "s390x"], 2, 'out: "one:latest" is not for the chosen platforms',
         "it is for: linux/amd64"),
        (["out", "-c", "absent.yaml"], 3, 'cannot read "absent.yaml": No such file or directory', None),
        (["out", "-c", "broken.yaml"], 3, 'cannot use "broken.yaml": 1 fault', None),
        (["out", "-c", "good.yaml", "--driver", "host"], 2, "--driver host would run tests on this machine itself",
         "leave --driver out"),
        (["out", "-c", "good.yaml", "--json", "--tap"], 2, "json and tap cannot both be printed",
         "--junit FILE writes one more"),
        (["out", "-c", "good.yaml", "--arch", "amd64", "--platform", "linux/amd64"], 2,
         "--arch and --platform both choose platforms", "use one of them"),
    ],
)  # fmt: skip
def test_mistakes_are_told(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
    hint: str | None,
) -> None:
    found = complaint(project, capsys, "test", *arguments)

    assert (found.code, found.message.partition("\n")[0], found.hint) == (code, message, hint)


@pytest.mark.sandbox
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_commands_are_run_without_an_engine(
    project: Project, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    busybox = Path(shutil.which("busybox") or "").read_bytes()
    image = make_image(layers=[{"bin/busybox": busybox, "tmp/": b"", "etc/word": b"ahoy\n"}])
    make_layout(project.folder / "box", {"box:latest": image})
    commands = [
        {"name": "reads", "command": "busybox", "args": ["cat", "/etc/word"], "expectedOutput": ["^ahoy\n$"]},
        {"name": "fails", "command": "busybox", "args": ["false"]},
        {
            "name": "sees setup", "setup": [["busybox", "touch", "/tmp/x"]],
            "command": "/bin/busybox", "args": ["ls", "/tmp"], "expectedOutput": ["^x\n$"],
        },
        {"name": "sees nothing of others", "command": "busybox", "args": ["ls", "/tmp"], "expectedOutput": ["^$"]},
        {"name": "is not there", "command": "/bin/none"},
    ]  # fmt: skip
    project.write("box.json", json.dumps({"schemaVersion": "2.0.0", "commandTests": commands}))

    arguments = ["--config", "box.json", "--engine", "sandbox", "--jobs", jobs, "--arch", "all", "--json"]
    code = project.run("test", "box", *arguments)

    results = json.loads(capsys.readouterr().out)["Results"]
    assert code == 1
    assert {one["Name"].removeprefix("Command Test: "): one["Pass"] for one in results} == {
        "reads": True, "fails": False, "sees setup": True, "sees nothing of others": True,
        "is not there": False,
    }  # fmt: skip


def test_editors_are_given_a_schema(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("schema", "--of", "structure-tests") == 0

    assert json.loads(capsys.readouterr().out)["$id"] == "urn:bareboat:structure-tests"
