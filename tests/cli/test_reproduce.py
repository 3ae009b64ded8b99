"""`bareboat reproduce` from the outside: the same bytes again, or the path and the field that are others."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.oci.manifest import Manifest
from bareboat.plan.lock import BYTE_FORMAT
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.layout import Layout, write_layout
from tests.makers.deb import make_deb
from tests.makers.image import make_image
from tests.makers.project import Project, make_project
from tests.makers.tampered import BUILD, make_built_project, wish

REPRODUCE = ("reproduce", "out", "--offline")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_built_project(tmp_path)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_same_bytes_are_made_again_and_nothing_is_left_behind(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of(project.cache), files_of(project.folder)

    assert project.run(*REPRODUCE) == 0

    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["hello:latest  amd64  same", "hello:nonroot  amd64  same"]
    assert told[2].startswith("same: 2 images, 1 layer, ")
    assert (files_of(project.cache), files_of(project.folder)) == before


def test_the_counts_are_those_of_the_layout(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run(*REPRODUCE, "--json") == 0

    report = json.loads(capsys.readouterr().out)
    assert report["same"] is True
    assert report["bytes"] == sum(path.stat().st_size for path in (project.folder / "out/blobs/sha256").iterdir())
    assert [(one["names"], one["architectures"], one["same"]) for one in report["verdicts"]] == [
        (["hello:latest"], ["amd64"], True), (["hello:nonroot"], ["amd64"], True),
    ]  # fmt: skip


def test_nothing_that_was_made_before_is_used(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Every blob of the store but the packages is turned into nonsense, and nobody notices."""
    store = DiskStore(project.cache)
    packages = {digest for digest in store.digests() if read(store, digest).startswith(b"!<arch>")}
    for digest in set(store.digests()) - packages:
        place = store.place_of(digest)
        place.unlink()  # the layout may have the same file
        place.write_bytes(b"nonsense")

    assert project.run(*REPRODUCE) == 0
    assert "hello:latest  amd64  same" in capsys.readouterr().out


def test_zstd_and_archives_are_made_again_as_they_are(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run(*BUILD, "--compression", "zstd", "--out", "packed") == 0
    assert project.run(*BUILD, "--format", "oci-archive", "--out", "one.tar") == 0

    for layout in ("packed", "one.tar"):
        assert project.run("reproduce", layout, "--offline") == 0
        assert capsys.readouterr().out.splitlines()[-1].startswith("same: 2 images, 1 layer, ")


def test_one_image_can_be_chosen_by_its_variant_and_architecture(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hello:nonroot", "hello:nonroot-amd64"):
        assert project.run(*REPRODUCE, name) == 0
        assert capsys.readouterr().out.splitlines()[0] == "hello:nonroot  amd64  same"
    assert project.run(*REPRODUCE, "hello", "--arch", "amd64") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_layout_from_elsewhere_is_reproduced_with_a_configuration_and_a_lock_from_elsewhere(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = tmp_path / "elsewhere"
    clone.mkdir()
    for name in ("bareboat.yaml", "bareboat.lock"):
        shutil.copy(project.folder / name, clone / name)
    shutil.copytree(project.folder / "out", tmp_path / "theirs")

    code = project.run(
        "reproduce", str(tmp_path / "theirs"), "--file", str(clone / "bareboat.yaml"),
        "--lock", str(clone / "bareboat.lock"), "--offline",
    )  # fmt: skip

    assert (code, capsys.readouterr().out.splitlines()[0]) == (0, "hello:latest  amd64  same")


def test_a_copy_of_one_platform_without_an_index_is_reproduced(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(project.folder / "out")
    write_layout(tmp_path / "copy", [(("hello:latest",), replace(layout.find("hello:latest"), platform=None))], layout)

    assert project.run("reproduce", str(tmp_path / "copy"), "--offline") == 0
    assert capsys.readouterr().out.splitlines()[0] == "hello:latest  amd64  same"


def test_what_was_made_again_can_be_kept(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run(*REPRODUCE, "--keep", "again") == 0

    one, other = (project.folder / name for name in ("out", "again"))
    assert (one / "index.json").read_bytes() == (other / "index.json").read_bytes()
    assert files_of(one) == files_of(other)
    capsys.readouterr()
    assert project.run(*REPRODUCE, "--keep", "out") == 2
    assert "cannot keep what is made again in out" in capsys.readouterr().err


def test_what_cannot_be_made_again_is_said_plainly_and_is_not_the_same(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_image()
    names = ("cc:latest", "other:1.2", "static:latest")
    Layout(project.folder / "out").take_all([(names, made.descriptor)], made.blobs)

    assert project.run(*REPRODUCE) == 1

    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "cc:latest  amd64  not compared: its names are those of several images"
    assert told.out.splitlines()[-1].startswith("same: 2 images, 1 layer, ")
    assert told.err == "bareboat: out: not reproduced: 1 of 3 images\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("other:1.2", "neither the catalogue nor the configuration has it"),
        ("static:latest", "the lock does not have it"),
    ],
)
def test_an_image_of_another_tool_is_not_compared(
    project: Project, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    made = make_image()
    Layout(project.folder / "out").take_all([((name,), made.descriptor)], made.blobs)

    assert project.run(*REPRODUCE, name) == 1
    assert capsys.readouterr().out.splitlines() == [f"{name}  amd64  not compared: {reason}"]


def test_another_byte_format_is_not_compared(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(project.folder / "out")
    manifest = layout.read_manifest(layout.find("hello:latest"))
    newer = Manifest(
        config=manifest.config, layers=manifest.layers, annotations={**manifest.annotations, "dev.bareboat.format": "9"}
    )
    layout.add([newer.to_bytes()])
    layout.put([(("hello:latest",), newer.descriptor())])

    assert project.run(*REPRODUCE, "hello:latest") == 1
    said = capsys.readouterr().out
    assert f"not compared: its bytes are of format 9, and this bareboat makes format {BYTE_FORMAT}" in said


@pytest.mark.parametrize(
    ("arguments", "prepare", "code", "message", "hint"),
    [
        (["hallo"], None, 2, 'out: cannot find the image "hallo"', 'did you mean "hello"?'),
        (["--lock", "bareboat.yaml"], None, 4, "bareboat.yaml: is no lock",
         "give the path of a lock, as `bareboat lock` writes it"),
        (["static"], None, 2, 'out: cannot find the image "static"', "there is: hello:latest, "),
        (["hello", "--arch", "arm64"], None, 2, "out: has no such image for this", "there is: amd64"),
        ([], lambda project: (project.folder / "bareboat.lock").unlink(), 4, "there is no bareboat.lock",
         "give the lock and the configuration that the images were built from: --lock and --file"),
        ([], lambda project: wish(project, "packages: [hello]", "packages: [libhello1]"), 4,
         "bareboat.lock does not answer what is wished for now: hello",
         "give the lock and the configuration that the images were built from: --lock and --file"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_mend(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str],
    prepare: Callable[[Project], object] | None, code: int, message: str, hint: str,
) -> None:  # fmt: skip
    if prepare is not None:
        prepare(project)

    assert project.run(*REPRODUCE, *arguments) == code

    told = capsys.readouterr().err
    assert told.startswith(f"bareboat: {message}\nhint: {hint}")


def test_the_lock_is_left_alone(project: Project) -> None:
    lock = project.folder / "bareboat.lock"
    before = lock.read_bytes(), lock.stat().st_mtime_ns
    wish(project, "packages: [hello]", "packages: [libhello1]")

    assert project.run(*REPRODUCE) == 4
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before


def test_a_package_that_is_missing_offline_is_named_and_nothing_is_left_behind(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    store = DiskStore(project.cache)
    for digest in list(store.digests()):
        if read(store, digest).startswith(b"!<arch>"):
            store.place_of(digest).unlink()
    before = files_of(project.cache)

    assert project.run(*REPRODUCE) == 7
    assert "hello" in capsys.readouterr().err
    assert files_of(project.cache) == before


def test_a_package_that_was_tampered_with_is_not_built_from(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    store = DiskStore(project.cache)
    for digest in list(store.digests()):
        data = read(store, digest)
        if data.startswith(b"!<arch>"):
            store.place_of(digest).chmod(0o644)
            store.place_of(digest).write_bytes(data[:-1] + b"!")

    assert project.run(*REPRODUCE) == 7
    assert list((project.cache / "tmp").glob("scratch-*")) == []
    assert "same" not in capsys.readouterr().out


DEBUG = """\
distro: debian13
images:
  hello:
    from: scratch
    packages: [hello]
    architectures: [amd64]
    debug: {packages: [shell]}
"""


def test_no_more_packages_are_needed_than_the_chosen_variants_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = make_deb("shell", files={"/usr/bin/sh": b"shell"})
    project = make_project(tmp_path, DEBUG, [make_deb("hello", files={"/usr/bin/hello": b"hello"}), shell])
    assert project.run(*BUILD) == 0
    DiskStore(project.cache).discard(Digest.of(shell))

    assert project.run(*REPRODUCE, "hello:nonroot") == 0
    assert capsys.readouterr().out.splitlines()[0] == "hello:nonroot  amd64  same"
    assert project.run(*REPRODUCE, "hello:debug") == 7
    assert "shell" in capsys.readouterr().err


WAITING = """
import sys, time
from bareboat.cli import run
from bareboat.inspect.compare.images import Comparer

def waiting(*arguments):
    print("ready", flush=True)
    while True:
        time.sleep(0.05)

Comparer.compare = waiting
run()
"""


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_an_interrupt_leaves_nothing_behind(project: Project, number: signal.Signals, code: int, word: str) -> None:
    before = files_of(project.cache)
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, *REPRODUCE], cwd=project.folder, env=dict(project.environment),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        ready, during = running.stdout.readline(), files_of(project.cache)
        running.send_signal(number)
        _, said = running.communicate(timeout=60)

    assert (ready, said.splitlines()[-1]) == ("ready\n", f"bareboat: {word}; what was fetched is kept")
    assert running.returncode == code
    assert any("scratch-" in name for name in during)
    assert files_of(project.cache) == before
