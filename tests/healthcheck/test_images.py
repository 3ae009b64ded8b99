"""What the component puts into images: a pinned program with its licence, in the layer of who asked for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import StaleLockError
from bareboat.base.platform import ARCHITECTURES, Architecture
from bareboat.plan.publisher import Publishers
from bareboat.plan.upstream import program as known_program
from bareboat.store.fetch import Fetcher
from bareboat.store.memory import MemoryStore
from bareboat.store.npm import Registry
from bareboat.store.remembered import RememberedTransport
from tests.makers.peer import HERE, program
from tests.makers.project import Project, make_project

EVERYWHERE = ", ".join(arch.oci for arch in ARCHITECTURES)
CHECKED = f"""
distro: debian13
images:
  plain: {{from: scratch, architectures: [{EVERYWHERE}], files: [{{path: /etc/motd, text: hello}}]}}
  checked: {{from: plain, healthcheck: {{file: /etc/motd, interval: 1m}}}}
  child: {{from: checked, healthcheck: none, files: [{{path: /etc/issue, text: hello}}]}}
"""


def checked(folder: Path, arch: Architecture = HERE) -> Project:
    return make_project(folder, CHECKED, [], arch.oci)


def build(project: Project, arch: Architecture = HERE) -> int:
    return project.run("build", "--arch", arch.oci, "--offline", "--frozen", "--quiet")


def shown(project: Project, image: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert project.run("show", "out", image, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)
def test_every_architecture_gets_its_own_program(arch: Architecture, tmp_path: Path) -> None:
    project = checked(tmp_path, arch)
    assert build(project, arch) == 0
    assert project.run("export", "out", "checked", "rootfs", "--platform", arch.platform) == 0

    stored = project.folder / "rootfs/usr/bin/healthcheck"
    assert stored.read_bytes() == program(arch).read_bytes()
    assert stored.stat().st_mode & 0o7777 == 0o755
    assert (project.folder / "rootfs/usr/share/doc/healthcheck/copyright").is_file()


def test_the_lock_pins_the_program_by_content(tmp_path: Path) -> None:
    lock = json.loads((checked(tmp_path).folder / "bareboat.lock").read_text())

    assert "healthcheck=1.0.0" in json.dumps(lock)
    assert "carried by Bareboat" in json.dumps(lock)


def test_a_check_finds_nothing_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = checked(tmp_path)
    assert build(project) == 0
    capsys.readouterr()

    project.run("check", "out", "checked", "--json")

    report = json.loads(capsys.readouterr().out)
    assert "healthcheck" not in json.dumps(report)


def test_layers_are_shared_with_parent_and_child(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = checked(tmp_path)
    assert build(project) == 0
    layers = {image: layers_of(project, image, capsys) for image in ("plain", "checked", "child")}

    assert layers["checked"][:1] == layers["plain"]
    assert layers["child"][:2] == layers["checked"]
    assert [len(found) for found in layers.values()] == [1, 2, 3]


def layers_of(project: Project, image: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    document = shown(project, image, capsys)
    layers = document["layers"]
    assert isinstance(layers, list)
    return [layer["digest"] for layer in layers]


def test_the_image_names_the_licences_of_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = checked(tmp_path)
    assert build(project) == 0

    assert "Apache-2.0 AND MIT" in json.dumps(shown(project, "checked", capsys))
    assert "Apache-2.0" not in json.dumps(shown(project, "plain", capsys))


def test_a_lock_of_another_program_is_stale_and_says_what_to_do() -> None:
    pinned = known_program("healthcheck").line("1")[HERE.oci]
    other = replace(pinned.files[0], sha256=Digest.of(b"another"))
    store = MemoryStore()
    publishers = Publishers(
        fetcher=Fetcher(RememberedTransport({}), store), blobs=store, registry=no_registry, keyring=lambda _: None
    )

    with pytest.raises(StaleLockError) as caught:
        publishers.bring(known_program("healthcheck"), replace(pinned, files=(other,)), [other])

    assert caught.value.message == (
        f"the lock has healthcheck 1.0.0 for {HERE.oci}, and this version of Bareboat carries another {other.member}"
    )
    assert caught.value.hint == "run `bareboat lock --upgrade healthcheck`, or use the version that wrote the lock"


def no_registry() -> Registry:
    """What is carried is asked of nobody."""
    raise AssertionError
