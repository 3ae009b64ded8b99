"""`bareboat debug`: it asks docker and kubectl, prints what they need, and runs it when asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.makers.complaint import complaint
from tests.makers.project import Project, empty_project

POD = {"spec": {"containers": [{"name": "app", "image": "r.example/orders:nonroot"}]}}
CONTAINER = [{"Config": {"Image": "orders-api:nonroot", "User": "65532"}}]


def program(folder: Path, name: str, says: object = None, code: int = 0) -> None:
    """A program that notes how it was called, and says something."""
    path = folder / name
    path.write_text(
        f"#!/bin/sh\necho {name} \"$@\" >> {folder}/calls\ncat <<'END'\n{json.dumps(says)}\nEND\nexit {code}\n"
    )
    path.chmod(0o755)


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "cat").symlink_to("/bin/cat")
    return folder


@pytest.fixture
def project(tmp_path: Path, bin_folder: Path) -> Project:
    return empty_project(tmp_path, {"PATH": str(bin_folder)})


def test_every_way_is_printed_for_an_image(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("debug", "python3:nonroot") == 0

    assert capsys.readouterr().out.splitlines() == [
        "# a shell in the image itself",
        "docker run --rm --interactive --tty --entrypoint /busybox/sh python3:debug-nonroot",
        "",
        "# a shell beside the container CONTAINER; its files are below /proc/1/root",
        "docker run --rm --interactive --tty --pid container:CONTAINER --network container:CONTAINER --user 65532 "
        "--entrypoint /busybox/sh python3:debug-nonroot",
        "",
        "# a shell beside the container CONTAINER of the pod POD; its files are below /proc/1/root",
        "kubectl debug --stdin --tty pod/POD --image=python3:debug-nonroot --target=CONTAINER --profile=restricted "
        "-- /busybox/sh",
    ]


def test_docker_is_asked_about_its_container(
    project: Project, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bin_folder, "docker", CONTAINER)

    assert project.run("debug", "--container-id", "orders", "--json") == 0

    (way,) = json.loads(capsys.readouterr().out)
    assert way["command"][-5:] == ["--user", "65532", "--entrypoint", "/busybox/sh", "orders-api:debug-nonroot"]


def test_podman_is_taken_where_docker_is_not(
    project: Project, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bin_folder, "podman", CONTAINER)

    assert project.run("debug", "--container-id", "orders") == 0
    assert "\npodman run " in capsys.readouterr().out


def test_kubectl_is_asked_about_its_pod(
    project: Project, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bin_folder, "kubectl", POD)

    assert project.run("debug", "--pod", "orders-7d9f", "-n", "shop") == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "kubectl debug --namespace shop --stdin --tty pod/orders-7d9f --image=r.example/orders:debug-nonroot "
        "--target=app --profile=restricted -- /busybox/sh"
    )


def test_run_runs_it_and_ends_as_it_does(
    project: Project, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    program(bin_folder, "kubectl", POD, code=0)
    assert project.run("debug", "--pod", "orders", "--run") == 0
    assert (bin_folder / "calls").read_text().splitlines() == [
        "kubectl get pod orders --output json",
        "kubectl debug --stdin --tty pod/orders --image=r.example/orders:debug-nonroot --target=app "
        "--profile=restricted -- /busybox/sh",
    ]
    program(bin_folder, "docker", code=7)
    assert project.run("debug", "--container-id", "c", "--image", "i:debug", "--run") == 7


def test_nothing_has_to_be_asked_when_everything_was_said(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("debug", "--pod", "p", "-c", "app", "--image", "i:debug") == 0
    assert "pod/p --image=i:debug --target=app --profile=general" in capsys.readouterr().out
    assert project.run("debug", "--container-id", "c", "--image", "i:debug") == 0
    assert "container:c" in capsys.readouterr().out


def test_what_the_engine_says_is_not_hidden(
    project: Project, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bin_folder / "docker").write_text("#!/bin/sh\necho 'Error: No such container: c' >&2\nexit 1\n")
    (bin_folder / "docker").chmod(0o755)
    what = "cannot ask docker about the container c: Error: No such container: c"

    assert complaint(project, capsys, "debug", "--container-id", "c").message == what
    assert project.run("debug", "--container-id", "c", "--image", "i:debug") == 0
    assert capsys.readouterr().err == f"note: {what}\n"


def test_nothing_is_run_without_a_terminal(
    project: Project, bin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bin_folder, "kubectl", POD)

    said = complaint(project, capsys, "debug", "--pod", "orders", "--run")

    assert (said.code, said.message) == (2, "cannot give a terminal: the standard input is none")
    assert len((bin_folder / "calls").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "cannot tell what to look at"),
        (["python3", "--pod", "p"], 2, "cannot tell what to look at"),
        (["python3", "--run", "--json"], 2, "cannot print JSON and run the command"),
        (["python3:1.2"], 2, 'cannot tell the debug variant of "python3:1.2" from its tag'),
        (["--pod", "p"], 11, "cannot ask kubectl about the pod p: it is not installed"),
        (["--container-id", "c"], 11, "cannot ask docker about the container c: it is not installed"),
        (["python3", "--run"], 11, "cannot run docker: it is not installed"),
    ],
)
def test_what_cannot_be_told_is_said(
    project: Project, capsys: pytest.CaptureFixture[str], words: list[str], code: int, message: str
) -> None:
    said = complaint(project, capsys, "debug", *words)

    assert (said.code, said.message) == (code, message)
    assert said.hint
