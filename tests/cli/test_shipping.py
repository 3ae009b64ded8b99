"""`push`, `pull`, `copy` and `serve` from the command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareboat.store.archived import open_images
from bareboat.store.layout import Layout
from tests.makers.image import Made, make_image, make_layout
from tests.makers.project import Project, empty_project
from tests.makers.registry import Registry
from tests.makers.served import served


def both() -> list[Made]:
    return [make_image([{"arch": name.encode()}], architecture=name) for name in ("amd64", "arm64")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = empty_project(tmp_path)
    make_layout(project.folder / "out", {"app:1": both(), "app:2": make_image()})
    make_layout(project.folder / "several", {"app:1": both(), "other:1": make_image()})
    return project


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


def test_push_prints_what_happened_and_the_digest_last(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("push", "out", "app:1", f"{registry.host}/team/app:9") == 0

    root = Layout.at(project.folder / "out").images["app:1"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"new    {registry.host}/team/app:9"
    assert lines[-1] == f"{registry.host}/team/app@{root.digest}"
    assert registry.repositories["team/app"].tags == {"9": str(root.digest)}


def test_push_says_of_each_of_several_images_its_digest_and_whether_its_tag_is_new(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tag that is given for the first time is new, though the image was there under another."""
    host = registry.host
    assert project.run("push", "out", "app:1", f"{host}/app:9") == 0
    assert project.run("push", "out", "app:2", f"{host}/app:2") == 0
    assert project.run("push", "out", "app:2", f"{host}/app:9") == 0
    assert capsys.readouterr().out.splitlines()[-3] == f"moved  {host}/app:9"

    assert project.run("push", "out", "app", f"{host}/app") == 0

    roots = Layout.at(project.folder / "out").images
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [f"new    {host}/app:1@{roots['app:1'].digest}", f"there  {host}/app:2@{roots['app:2'].digest}"]
    assert len(said) == 3


def test_copy_writes_over_no_file(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.folder / "notes").write_text("mine")
    assert project.run("copy", "out:app:1", "./first.tar") == 0
    capsys.readouterr()

    for target in ("./first.tar", "oci-archive:first.tar:app:2", "./notes", "docker-archive:notes"):
        assert project.run("copy", "out:app:2", target) == 2
        assert "is there already, and an archive is written whole" in capsys.readouterr().err
    assert (project.folder / "notes").read_text() == "mine"


def test_push_and_pull_bring_the_same_bytes_back(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("push", "out", "app:1", f"{registry.host}/team/app") == 0
    capsys.readouterr()
    assert project.run("pull", f"{registry.host}/team/app:1", "--out", "back", "--json") == 0

    said = json.loads(capsys.readouterr().out)
    before, after = Layout.at(project.folder / "out"), Layout.at(project.folder / "back")
    root = before.images["app:1"]
    assert said["images"] == [{
        "name": f"{registry.host}/team/app:1", "digest": str(root.digest),
        "reference": f"{registry.host}/team/app@{root.digest}",
    }]  # fmt: skip
    assert [one.digest for one in after.images.values()] == [root.digest]
    names = {file.name for file in (project.folder / "back" / "blobs" / "sha256").iterdir()}
    assert names < {file.name for file in (project.folder / "out" / "blobs" / "sha256").iterdir()}
    assert all(after.open(root.digest).read() == before.open(root.digest).read() for _ in "1")


def test_pull_takes_one_architecture_or_an_index_of_some(project: Project, registry: Registry) -> None:
    images = [make_image([{"arch": name.encode()}], architecture=name) for name in ("amd64", "arm64", "s390x")]
    registry.put("team/app", "1", images)
    assert project.run("pull", f"{registry.host}/team/app:1", "--arch", "arm64", "--name", "one:1") == 0
    assert project.run("pull", f"{registry.host}/team/app:1", "--arch", "s390x,amd64", "--name", "two:1") == 0

    layout = Layout.at(project.folder / "out")
    assert layout.images["one:1"].digest == images[1].descriptor.digest
    assert [str(one.platform) for one in layout.platforms("two:1")] == ["linux/amd64", "linux/s390x"]
    assert "app:1" in layout.images  # what was there stays


def test_a_tag_that_moves_during_a_pull_gives_one_whole_image(project: Project, registry: Registry) -> None:
    first = registry.put("team/app", "1", both())
    second = registry.put("team/app", None, [make_image([{"other": b"other"}])])
    registry.faults.moves["1"] = [str(first.digest), str(second.digest)]

    assert project.run("pull", f"{registry.host}/team/app:1", "--name", "got:1") == 0

    assert Layout.at(project.folder / "out").images["got:1"].digest == first.digest


def test_copy_goes_from_anywhere_to_anywhere(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    host = registry.host
    ways = [
        ("out:app:1", f"{host}/a/app:1"),
        (f"{host}/a/app:1", f"{host}/b/app"),
        (f"docker://{host}/b/app:1", "oci:far:app:1"),
        ("far", "oci-archive:far.tar:app:1"),
        ("far.tar:app:1", "./again:app:1"),
        ("./again", f"{host}/c/app:1"),
        (f"{host}/c/app:1", "./last.tar"),
    ]
    for source, target in ways:
        assert project.run("copy", source, target) == 0, capsys.readouterr().err

    root = Layout.at(project.folder / "out").images["app:1"].digest
    assert {registry.repositories[name].tags["1"] for name in ("a/app", "b/app", "c/app")} == {str(root)}
    for place in ("far", "far.tar", "again", "last.tar"):
        assert [one.digest for one in open_images(project.folder / place).images.values()] == [root]


def test_copy_writes_what_docker_loads(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("copy", "out:app:1", "docker-archive:app.tar") == 2
    assert "choose one with --arch" in capsys.readouterr().err
    assert project.run("copy", "out:app:1", "docker-archive:app.tar", "--arch", "arm64") == 0
    assert (project.folder / "app.tar").stat().st_size > 0


def test_copy_takes_all_tags_and_all_that_refers_to_them(project: Project, registry: Registry) -> None:
    root = registry.put("team/app", "1", both())
    registry.put("team/app", "2", [make_image()])
    subject = {"mediaType": root.media_type, "digest": str(root.digest), "size": root.size}
    empty = registry.add("team/app", "application/vnd.oci.empty.v1+json", b"{}")
    config = {"mediaType": empty.media_type, "digest": str(empty.digest), "size": empty.size}
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.example", "config": config, "layers": [], "subject": subject,
    }  # fmt: skip
    signature = registry.add("team/app", str(manifest["mediaType"]), json.dumps(manifest).encode())

    host = registry.host
    assert project.run("copy", f"{host}/team/app", f"{host}/far/app", "--all-tags", "--referrers") == 0
    assert project.run("copy", f"{registry.host}/far/app:1", "./kept", "--referrers") == 0

    assert registry.repositories["far/app"].tags == registry.repositories["team/app"].tags
    assert str(signature.digest) in registry.repositories["far/app"].manifests
    with served(project.folder / "kept") as there:
        found = there.get(f"/v2/far/app/referrers/{root.digest}").json["manifests"]
        assert [one["digest"] for one in found] == [str(signature.digest)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["push", "out", "app:1", "team/app"], 2, "it names no registry"),
        (["push", "out", "nothing", "localhost:1/app"], 2, 'cannot find the image "nothing"'),
        (["push", "out", "--all", "app", "localhost:1/app"], 2, "cannot push all images and name some"),
        (["push", "absent", "localhost:1/app"], 2, "there is nothing"),
        (["copy", "out", "app"], 2, "cannot tell whether"),
        (["copy", "docker-archive:x.tar", "./new"], 2, "cannot read a docker-archive"),
        (["copy", "out:app:1", "./new", "--all-tags"], 2, "and all images"),
        (["copy", "several", "./new"], 2, "name one, or say --all-tags for all: app, other"),
        (["push", "several", "localhost:1/app"], 2, "name one, or say --all for all: app, other"),
        (["pull", "Not A Reference"], 2, "image reference"),
        (["serve", "absent"], 2, "there is nothing"),
        (["serve", "out", "--host", "192.0.2.1", "--port", "0"], 2, "this machine has no such address"),
    ],
)
def test_what_cannot_be_is_said(
    project: Project, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    assert project.run(*words) == code
    assert said in capsys.readouterr().err


def test_what_a_pull_cannot_find_is_named(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.run("pull", f"{registry.host}/team/app:1") == 7
    assert f"{registry.host}/team/app:1: cannot find it" in capsys.readouterr().err


def test_a_port_in_use_is_said(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert project.run("serve", "out", "--port", str(port)) == 2

    error = capsys.readouterr().err
    assert f'cannot listen at "127.0.0.1", port {port}: the port is in use' in error
    assert "--port 0" in error


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_where_it_is_and_ends_well(project: Project, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "bareboat", "serve", "out", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=project.folder, env={**os.environ, **project.environment}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as serving:  # fmt: skip
        try:
            assert serving.stdout is not None
            said = "".join(iter(serving.stdout.readline, "}\n")) + "}"
            address = json.loads(said)["address"]
            assert project.run("pull", f"{address.removeprefix('http://')}/app:1", "--name", "served:1") == 0
            serving.send_signal(ending)
            _, error = serving.communicate(timeout=30)
        finally:
            serving.kill()
    assert (serving.returncode, error) == (0, "")
    assert "served:1" in Layout.at(project.folder / "out").images
