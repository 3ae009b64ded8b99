"""`bareboat store` from the outside: a project of made packages, no network."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bareboat.base.digest import Digest
from bareboat.cli.store import seconds_of
from bareboat.make.recorded import blobs_named
from bareboat.store.census import blobs_of
from bareboat.store.disk import DiskStore
from tests.makers.deb import make_deb
from tests.makers.project import Project, empty_project, make_project

HELLO = """\
images:
  hello: {from: scratch, packages: [hello], architectures: [amd64]}
"""
DEB = make_deb("hello", files={"/usr/bin/hello": b"hello"})
DAY_S = 86_400


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project that was built, so that its store has something of everything."""
    made = make_project(tmp_path, HELLO, [DEB])
    assert made.run("build", "--frozen", "--offline", "--quiet") == 0
    capsys.readouterr()
    return made


def told(project: Project, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """What `bareboat store ARGUMENTS --json` says."""
    assert project.run("store", *arguments, "--json") == code
    return dict(json.loads(capsys.readouterr().out))


def age(project: Project, days: float) -> None:
    """Let everything in the store be unused for `days`."""
    moment = time.time() - days * DAY_S
    for path in project.cache.rglob("*"):
        if path.is_file():
            os.utime(path, (moment, moment))


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    path.chmod(0o444)


def test_the_status_of_a_store_that_is_not_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = empty_project(tmp_path)
    assert project.run("store", "status") == 0
    assert f"{project.cache}: 0 files, 0 B" in capsys.readouterr().out
    assert not project.cache.exists()


def test_the_status_says_what_there_is(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(project, capsys, "status")
    assert found["blobs"]["sorts"]["packages"] == {"count": 1, "bytes": len(DEB)}
    assert {"layers", "members", "documents", "indexes"} <= set(found["blobs"]["sorts"])
    assert set(found["records"]["sorts"]) >= {"contribution", "layer"}
    assert found["free"] > 0
    assert found["oldest-use"] <= found["newest-use"]
    assert project.run("store", "status") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.strip().startswith("packages ")] == [["packages", "1"]]
    assert lines[-1] == "last used: within two hours; the oldest of it: within two hours"


def test_a_sound_store_is_called_so(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(project, capsys, "verify")
    assert (found["sound"], found["damaged"], found["damaged-records"], found["stale"]) == (True, [], [], [])
    assert project.run("store", "verify", "--jobs", "2") == 0
    assert " is sound: " in capsys.readouterr().out


def test_damage_is_named_removed_and_told_by_the_exit_code(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(DiskStore(project.cache).place_of(Digest.of(DEB)))
    record = next((project.cache / "records/layer").rglob("*/*"))
    damage(record)
    assert project.run("store", "verify") == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [f"damaged: {Digest.of(DEB)}", f"damaged: record layer/{record.name}"]
    assert said.err.splitlines()[0].endswith(" 2 were damaged and are removed")
    assert said.err.splitlines()[1].startswith("hint: nothing needs to be done: ")
    assert told(project, capsys, "verify")["sound"]


@pytest.mark.parametrize("sort", ["layers", "members"])
def test_what_was_swept_leaves_the_records_that_name_it_stale(
    project: Project, capsys: pytest.CaptureFixture[str], sort: str
) -> None:
    gone = [file.path for file in blobs_of(DiskStore(project.cache), blobs_named) if file.sort == sort]
    for path in gone:
        path.unlink()
    found = told(project, capsys, "verify")
    assert (found["sound"], found["removed"]) == (True, True)
    kinds = {name.partition("/")[0] for name in found["stale"]}
    assert kinds == {"layers": {"layer", "joined"}, "members": {"contribution"}}[sort]
    assert told(project, capsys, "verify")["stale"] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600), ("0h", 0), ("999999d", 86_399_913_600)],
)
def test_durations_have_a_unit(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "12", "12m", "-1d", "1.5d", "١d", "1000000d", "30 d", "30D"])
def test_what_is_no_duration_is_refused(project: Project, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert project.run("store", "sweep", f"--older-than={text}") == 2
    assert capsys.readouterr().err == (
        f'bareboat: cannot read "{text}" as a duration\nhint: such as 12h, 30d or 2w\n'
    )


def test_what_was_used_lately_stays(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    age(project, 29)
    assert told(project, capsys, "sweep")["blobs"]["count"] == 0


def test_what_was_not_used_for_a_month_goes_but_nothing_that_the_lock_names(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    age(project, 31)
    would = told(project, capsys, "sweep", "--dry-run")
    swept = told(project, capsys, "sweep")
    assert {**would, "dry-run": False} == swept
    assert {"layers", "members", "documents"} <= set(swept["blobs"]["sorts"])
    assert list(DiskStore(project.cache).digests()) == [Digest.of(DEB)]
    assert project.run("build", "--frozen", "--offline", "--quiet", "--out", "again") == 0
    assert (project.folder / "again/index.json").read_bytes() == (project.folder / "out/index.json").read_bytes()


def test_locks_of_other_projects_are_respected_when_they_are_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = project.folder / "bareboat.lock"
    other = project.folder / "other" / "bareboat.lock"
    other.parent.mkdir()
    lock.replace(other)
    for arguments, left in ((["--keep", str(other)], 1), ([], 0)):
        told(project, capsys, "sweep", "--all", *arguments)
        assert len(list(DiskStore(project.cache).digests())) == left


def test_downloads_of_the_configuration_stay_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = Digest.of(b"a download")
    wish = f"files: [{{path: /opt/x, url: 'https://mirror.example/x', sha256: {digest.hex}}}]"
    project = make_project(tmp_path, HELLO.replace("packages: [hello]", f"packages: [hello], {wish}"), [DEB])
    DiskStore(project.cache).add([b"a download"])
    told(project, capsys, "sweep", "--all")
    assert set(DiskStore(project.cache).digests()) == {digest, Digest.of(DEB)}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--all", "--older-than", "1d"], 2, "--all and --older-than say two different things"),
        (["--keep", "absent.lock"], 4, "there is no absent.lock\nhint: give the path of a lock"),
        (["--keep", "bareboat.yaml"], 4, "bareboat.yaml: is no lock\nhint: give the path of a lock"),
    ],
)
def test_a_sweep_that_may_not_be_meant_takes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int, message: str
) -> None:
    before = sorted(project.cache.rglob("*"))
    assert project.run("store", "sweep", *arguments) == code
    assert message in capsys.readouterr().err
    assert sorted(project.cache.rglob("*")) == before


def test_a_sweep_that_builds_may_feel_is_warned_of(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run("store", "sweep", "--older-than", "1h") == 0
    assert capsys.readouterr().err.startswith("warning: a build that runs now ")
    assert project.run("store", "sweep", "--older-than", "2h") == 0
    assert capsys.readouterr() == (f"{project.cache}: nothing went\n", "")


@pytest.mark.parametrize("verb", ["status", "verify", "sweep"])
def test_a_file_in_the_place_of_the_store_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    project = empty_project(tmp_path)
    project.cache.write_text("no folder")

    assert project.run("store", verb) == 10
    assert capsys.readouterr().err == (
        f"bareboat: cannot use {project.cache}: it is no folder\nhint: set BAREBOAT_CACHE to a folder\n"
    )
