"""Whatever is damaged in the store is noticed, named, and had again: the images are those of before."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.make.recorded import blobs_named
from bareboat.store.census import Sort, blobs_of, records_of
from bareboat.store.disk import DiskStore
from bareboat.store.soundness import verify
from tests.kill.world import sound_images
from tests.makers.archive import make_archive
from tests.makers.complaint import complaint
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

CONFIGURATION = """\
images:
  hello:
    from: scratch
    packages: [hello, libhello]
    files: [{path: /etc/hello.toml, text: "greeting = 1\\n"}]
    architectures: [amd64]
"""
DEBS = (
    make_deb("hello", files={"/usr/bin/hello": b"hello" * 1000}),
    make_deb("libhello", files={"/etc/ld.so.conf.d/hello.conf": b"/usr/lib/hello\n"}),  # what effects read is kept
)
BUILD = ("build", "--frozen", "--offline", "--quiet")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project that was built, and whose mirror is a folder of this machine."""
    made = make_project(tmp_path, CONFIGURATION, DEBS)
    mirror = make_archive(DEBS).write(tmp_path / "mirror").as_uri()
    project = Project(made.folder, made.cache, {**made.environment, "BAREBOAT_MIRROR": mirror})
    assert project.run(*BUILD, "--out", "before") == 0
    assert capsys.readouterr().err == ""
    return project


def damage(path: Path, how: str) -> None:
    """As a disk or somebody would; the file looks as it did before."""
    data = path.read_bytes()
    path.chmod(0o644)
    path.unlink()  # what was linked into an output stays as it is
    path.write_bytes({"bit": data[:-1] + bytes([data[-1] ^ 1]), "short": data[:-1], "empty": b""}[how])
    path.chmod(0o444)


def blobs(project: Project, sort: Sort) -> list[Path]:
    return [file.path for file in blobs_of(DiskStore(project.cache), blobs_named) if file.sort == sort]


def forget(project: Project, kinds: Collection[str]) -> None:
    """Take the records of `kinds` away, so that what they stood for is read."""
    for kind in kinds:
        shutil.rmtree(project.cache / "records" / kind)


@pytest.mark.parametrize("how", ["bit", "short", "empty"])
@pytest.mark.parametrize(
    ("sort", "forgotten"),
    [
        (Sort.packages, ("contribution", "joined", "layer")),
        (Sort.members, ("joined", "layer")),
        (Sort.contents, ("joined", "layer")),
        (Sort.layers, ()),
        (Sort.documents, ()),
    ],
)
def test_a_damaged_blob_is_had_again(
    project: Project, capsys: pytest.CaptureFixture[str], sort: Sort, forgotten: Sequence[str], how: str
) -> None:
    found = blobs(project, sort)
    assert found
    for path in found:
        damage(path, how)
    forget(project, forgotten)
    assert project.run(*BUILD, "--out", "after") == 0
    said = capsys.readouterr().err
    assert sort is Sort.packages or "blobs were removed and are had again" in said
    assert sound_images(project.folder / "after") == sound_images(project.folder / "before")
    assert verify(DiskStore(project.cache), workers=1, names=blobs_named).is_sound


@pytest.mark.parametrize("how", ["bit", "short", "empty"])
@pytest.mark.parametrize("kind", ["contribution", "layer", "every kind"])
def test_a_damaged_record_is_made_again_and_nobody_minds(
    project: Project, capsys: pytest.CaptureFixture[str], kind: str, how: str
) -> None:
    found = [file.path for file in records_of(DiskStore(project.cache)) if kind in (file.sort, "every kind")]
    assert found
    for path in found:
        damage(path, how)
    assert project.run(*BUILD, "--out", "after") == 0
    assert capsys.readouterr().err == ""
    assert sound_images(project.folder / "after") == sound_images(project.folder / "before")


def test_a_damaged_package_that_nobody_has_any_more_is_named(
    project: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "mirror")
    damage(DiskStore(project.cache).place_of(Digest.of(DEBS[0])), "bit")
    forget(project, ("contribution", "layer"))
    said = complaint(project, capsys, *BUILD)
    assert (said.code, "hello 1.0 (amd64)" in said.message) == (7, True)
    assert not (project.folder / "out").exists()


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_a_damaged_layer_gets_into_no_archive(
    project: Project, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert project.run(*BUILD, "--format", form, "--out", "before.tar") == 0
    for path in blobs(project, Sort.layers):
        damage(path, "bit")
    assert project.run(*BUILD, "--format", form, "--out", "after.tar") == 0
    assert "blobs were removed and are had again" in capsys.readouterr().err
    assert (project.folder / "after.tar").read_bytes() == (project.folder / "before.tar").read_bytes()
