"""`bareboat build` from the outside: a project of made packages, no network."""

import json
from pathlib import Path

import pytest

from bareboat.plan.lock import BYTE_FORMAT
from bareboat.store.layout import Layout, write_layout
from bareboat.store.referrers import without_name
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

HELLO = """\
distro: debian13
images:
  hello:
    from: scratch
    packages: [hello]
    architectures: [amd64]
    variants: [latest, nonroot]
    files: [{path: /etc/hello.toml, text: "greeting = 1\\n"}]
    entrypoint: [/usr/bin/hello]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    program = make_deb("hello", files={"/usr/bin/hello": b"hello"}, depends="libhello1")
    library = make_deb("libhello1", files={"/usr/lib/libhello.so.1": b"library"})
    return make_project(tmp_path, HELLO, [program, library])


def test_a_frozen_offline_build_needs_the_store_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("build", "--frozen", "--offline") == 0

    told = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in told[:2]] == [["hello:latest", "amd64"], ["hello:nonroot", "amd64"]]
    assert told[-1] == "written to out"
    index = json.loads((project.folder / "out/index.json").read_text())
    names = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in index["manifests"]]
    assert names == ["hello:latest", "hello:latest-amd64", "hello:nonroot", "hello:nonroot-amd64"]


def test_building_again_changes_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    def built() -> tuple[str, dict[str, int]]:
        assert project.run("build", "--frozen", "--offline", "--json") == 0
        files = {str(path): path.stat().st_ino for path in (project.folder / "out/blobs").rglob("*") if path.is_file()}
        return capsys.readouterr().out, files

    assert built() == built()


def test_what_was_built_can_be_shown_explained_and_exported(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("build", "--frozen", "--offline", "--quiet")

    assert project.run("show", "out", "hello", "--json", "--platform", "linux/amd64") == 0
    shown = json.loads(capsys.readouterr().out)
    assert [package["name"] for package in shown["packages"]] == ["hello", "libhello1"]
    assert project.run("why", "out", "hello", "libhello1", "--platform", "amd64") == 0
    assert "hello" in capsys.readouterr().out
    assert project.run("export", "out", "hello", "rootfs", "--platform", "amd64") == 0
    assert (project.folder / "rootfs/etc/hello.toml").read_text() == "greeting = 1\n"


def test_a_lock_that_cannot_be_used_is_passed_over_when_images_are_shown(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked where packages came from; who names it wants that, and the others an image."""
    assert project.run("build", "--frozen", "--offline", "--quiet") == 0
    lock = project.folder / "bareboat.lock"
    lock.write_text(lock.read_text().replace(f'"byte-format": {BYTE_FORMAT}', '"byte-format": 1'))
    capsys.readouterr()

    assert project.run("show", "out", "hello", "--platform", "amd64") == 0
    said = capsys.readouterr()
    assert "libhello1" in said.out
    assert "warning: bareboat.lock: its bytes are of format 1" in said.err
    assert project.run("show", "out", "hello", "--platform", "amd64", "--lock", "bareboat.lock") == 4


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_an_archive_is_one_file_and_always_the_same(project: Project, form: str) -> None:
    for name in ("one.tar", "two.tar"):
        assert project.run("build", "--frozen", "--offline", "--format", form, "--out", name) == 0

    assert (project.folder / "one.tar").read_bytes() == (project.folder / "two.tar").read_bytes()


def test_zstd_is_had_on_request(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("build", "--frozen", "--offline", "--compression", "zstd", "--quiet") == 0
    assert project.run("show", "out", "hello", "--json", "--platform", "amd64") == 0

    assert {layer["media-type"] for layer in json.loads(capsys.readouterr().out)["layers"]} == {
        "application/vnd.oci.image.layer.v1.tar+zstd"
    }


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_an_archive_takes_the_place_of_no_other_file(
    project: Project, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    (project.folder / "notes").write_text("mine")

    assert project.run("build", "--frozen", "--offline", "--format", form, "--out", "notes") == 2
    assert "notes: is a file that is no archive of images" in capsys.readouterr().err
    assert (project.folder / "notes").read_text() == "mine"


def test_the_single_image_of_an_architecture_goes_with_the_index_that_had_it(project: Project) -> None:
    """Else a push would send an image of an earlier build beside those of this one."""
    assert project.run("build", "--frozen", "--offline") == 0
    layout = Layout.at(project.folder / "out")
    image = next(iter(layout.images.values()))
    write_layout(layout.root, [(("hello:latest-arm64", "other:latest-arm64"), without_name(image))], layout)

    assert project.run("build", "--frozen", "--offline") == 0

    assert {name for name in Layout.at(project.folder / "out").images if "arm64" in name} == {"other:latest-arm64"}
