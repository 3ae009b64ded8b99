"""Disks that are full and folders that are read-only, for real; a machine that is put right goes on where it was."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore
from tests.makers.complaint import complaint_of
from tests.makers.deb import make_deb
from tests.makers.machine import can_mount, on_machine, read_only
from tests.makers.project import Project, make_project

pytestmark = pytest.mark.skipif(
    "BAREBOAT_ALL_TESTS" not in os.environ and not can_mount(), reason="this machine allows no mounts of our own"
)

HELLO = "images:\n  hello: {from: scratch, packages: [hello], architectures: [amd64]}\n"
DEB = make_deb("hello", files={"/usr/share/hello": random.Random(0).randbytes(900_000)}, compression="gz")
BUILD = "bareboat build --frozen --offline --quiet"
ANOTHER_DISK = "free some space, or set BAREBOAT_CACHE to a folder on another disk"
A_FULL_CACHE = [
    "mkdir small && mount -t tmpfs -o size=2m none small && cp -r cache/. small && mount --bind small cache",
    "head -c 300000 /dev/zero > cache/ballast",
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose layers are still to be made."""
    return make_project(tmp_path, HELLO, [DEB])


@pytest.fixture
def built(project: Project) -> Project:
    """The same, and they were."""
    assert project.run("build", "--frozen", "--offline", "--quiet", "--out", "earlier") == 0
    return project


def test_a_full_disk_below_the_store_is_told(project: Project) -> None:
    said = complaint_of(on_machine(project, *A_FULL_CACHE, BUILD))
    assert said.code == 10
    assert said.message == f'cannot write to "{project.cache}": No space left on device'
    assert said.hint == ANOTHER_DISK


def test_a_full_disk_leaves_a_sound_store_and_the_next_build_goes_on(project: Project) -> None:
    done = on_machine(
        project, *A_FULL_CACHE, f"! {BUILD}", "bareboat store verify", "test -z \"$(ls cache/tmp)\"",
        "mount -o remount,size=9m small", BUILD, "bareboat store verify",
    )  # fmt: skip
    assert (done.returncode, done.stdout.count(" is sound: ")) == (0, 2), done.stderr


def test_a_full_disk_below_the_output_is_told_and_leaves_nothing_half(built: Project) -> None:
    mount = "mkdir project/out && mount -t tmpfs -o size=300k none project/out"
    said = complaint_of(on_machine(built, mount, BUILD))
    assert (said.code, said.message) == (10, 'cannot write to "out": No space left on device')
    done = on_machine(
        built, mount.replace("mkdir", "mkdir -p"), f"! {BUILD} 2> /dev/null", "mount -o remount,size=9m project/out",
        BUILD, "cmp project/out/index.json project/earlier/index.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_store_that_is_read_only_serves_what_it_has(built: Project) -> None:
    done = on_machine(
        built, read_only("cache"), BUILD, "cmp project/out/index.json project/earlier/index.json",
        "bareboat store status", "bareboat store verify", "bareboat store sweep",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert " is sound: " in done.stdout


def test_a_store_that_is_read_only_says_what_it_lacks(project: Project) -> None:
    said = complaint_of(on_machine(project, read_only("cache"), BUILD))
    assert (said.code, said.message) == (10, f'cannot write to "{project.cache}": Read-only file system')
    assert said.hint == "set BAREBOAT_CACHE to a folder that you may write to"


def test_damage_in_a_store_that_is_read_only_is_told_and_cannot_be_mended(built: Project) -> None:
    place = DiskStore(built.cache).place_of(Digest.of(DEB))
    place.chmod(0o644)
    place.write_bytes(b"x" * len(DEB))
    done = on_machine(built, read_only("cache"), "bareboat store verify")
    assert done.returncode == 1
    assert done.stdout == f"damaged: {Digest.of(DEB)}\n"
    assert f'hint: it could not be removed: cannot move "{place}" away: Read-only file system' in done.stderr
    assert place.exists()


def test_an_output_that_is_read_only_is_told(built: Project) -> None:
    said = complaint_of(on_machine(built, "mkdir project/out", read_only("project/out"), BUILD))
    assert (said.code, said.message) == (10, 'cannot write to "out": Read-only file system')


def test_a_project_that_is_read_only_can_be_built_elsewhere(built: Project) -> None:
    done = on_machine(built, read_only("project"), f"{BUILD} --out ../elsewhere", "test -f elsewhere/index.json")
    assert (done.returncode, done.stderr) == (0, "")
