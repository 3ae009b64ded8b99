from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bareboat.base.errors import ConfigurationError, LockError, StoreError, UsageError
from bareboat.plan.desk import Desk
from bareboat.plan.lock import Lock
from bareboat.plan.lock_file import format_lock
from tests.makers.decision import World, make_recipe

CONFIG = """\
distro: debian12
images:
  web: {from: base}
sources:
  - {name: ours, url: "https://mirror.example/apt", suite: main, components: [main], keys: [ours.asc]}
"""
LOCK = World(["app 1"]).decide(make_recipe("web", ["app"]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_configuration_there_is_the_catalogue(folder: Path) -> None:
    desk = Desk.at(None)
    assert (desk.config, desk.own, desk.sources, desk.default_distro) == (None, (), (), "debian13")
    assert {recipe.image for recipe in desk.recipes.values()} >= {"static", "base", "python3"}
    assert desk.read_lock() is None


def test_the_configuration_of_this_folder_is_found_with_its_lock_beside_it(folder: Path) -> None:
    (folder / "bareboat.yaml").write_text(CONFIG)
    desk = Desk.at(None)
    assert [(recipe.name, recipe.distro) for recipe in desk.own] == [("web", "debian12")]
    assert next(iter(desk.recipes.values())) is desk.own[0]
    assert set(desk.recipes) >= {"web", "static-debian12", "static-debian13"}
    assert (desk.lock_path, desk.folder, desk.default_distro) == (Path("bareboat.lock"), Path(), "debian12")
    assert [source.name for source in desk.sources] == ["ours"]


def test_a_lock_lies_beside_its_configuration_or_where_it_is_said(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep/ours.yaml").write_text(CONFIG)
    assert Desk.at(Path("deep/ours.yaml")).lock_path == Path("deep/bareboat.lock")
    assert Desk.at(Path("deep/ours.yaml"), Path("x.lock")).lock_path == Path("x.lock")


def test_a_configuration_that_was_named_must_be_there(folder: Path) -> None:
    with pytest.raises(ConfigurationError):
        Desk.at(Path("other.yaml"))


def test_without_names_a_command_is_about_the_configurations_images(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Desk.at(None).chosen([])
    assert caught.value.message == "nothing to do: there is no bareboat.yaml here, and no image was named"
    assert {one.recipe.distro for one in Desk.at(None).chosen([], everything=True)} >= {"debian12", "debian13"}
    (folder / "bareboat.yaml").write_text(CONFIG)
    assert {one.recipe.image for one in Desk.at(None).chosen([])} == {"web"}
    assert {one.recipe.name for one in Desk.at(None).chosen(["static"])} == {"static-debian12"}


def test_a_lock_is_written_when_it_changed_and_is_left_alone_when_not(folder: Path) -> None:
    desk = Desk.at(None)
    assert desk.write_lock(LOCK) is True
    before = desk.lock_path.stat()
    assert desk.read_lock() == LOCK
    assert desk.write_lock(LOCK) is False
    assert desk.lock_path.stat().st_mtime_ns == before.st_mtime_ns
    assert desk.write_lock(Lock()) is True
    assert desk.lock_path.read_text() == format_lock(Lock())
    assert [path.name for path in folder.iterdir()] == ["bareboat.lock"]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"<<<<<<< ours\n", b"{}", b"\0" * 99])
def test_a_lock_that_cannot_be_read_is_refused_and_can_be_written_over(folder: Path, data: bytes) -> None:
    desk = Desk.at(None)
    desk.lock_path.write_bytes(data)
    with pytest.raises(LockError, match=r"bareboat\.lock"):
        desk.read_lock()
    assert desk.write_lock(LOCK) is True
    assert desk.read_lock() == LOCK


def test_a_folder_in_the_place_of_a_lock_is_refused(folder: Path) -> None:
    desk = Desk.at(None)
    desk.lock_path.mkdir()
    with pytest.raises(LockError):
        desk.read_lock()
    with pytest.raises(StoreError):
        desk.write_lock(LOCK)


def test_a_lock_in_a_folder_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Desk.at(None, Path("none/bareboat.lock")).write_lock(LOCK)
    assert caught.value.message == 'cannot write none/bareboat.lock: there is no folder "none"'


def test_only_one_command_decides_at_a_time(tmp_path: Path) -> None:
    order: list[str] = []

    def decide() -> None:
        with Desk.at(None, tmp_path / "bareboat.lock").held():
            order.append("second")

    waiting = threading.Thread(target=decide)
    with Desk.at(None, tmp_path / "bareboat.lock").held():
        waiting.start()
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []
