"""Several processes on one store that is empty at first: each gets its images, and the store is sound."""

from __future__ import annotations

import shutil

import pytest

from tests.kill.world import World, make_world, sound_images


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("together") / "world")


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, str]:
    return world.finished("alone")


def builds(world: World, outs: list[str]) -> None:
    """Build into every folder at the same time, from an empty store."""
    shutil.rmtree(world.store)
    processes = [world.build(out) for out in outs]
    said = [process.communicate() for process in processes]
    assert [(process.returncode, *words) for process, words in zip(processes, said, strict=True)] == [
        (0, "", "") for _ in outs
    ]


@pytest.mark.parametrize("count", [2, 10])
def test_processes_on_one_empty_store_build_the_same(world: World, expected: dict[str, str], count: int) -> None:
    outs = [f"out-{count}-{number}" for number in range(count)]
    builds(world, outs)
    assert [sound_images(world.project.folder / out) for out in outs] == [expected] * count
    assert world.verified()["sound"]
    assert list((world.store / "tmp").iterdir()) == []


def test_processes_on_one_store_and_one_output_build_the_same(world: World, expected: dict[str, str]) -> None:
    builds(world, ["shared"] * 4)
    assert sound_images(world.project.folder / "shared") == expected


def test_a_store_that_is_swept_all_the_while_still_serves(world: World, expected: dict[str, str]) -> None:
    """What goes between a look and a read is had again, once; after that the build gives up and says so."""
    build = world.build("swept")
    while build.poll() is None:
        sweeper = world.start("store", "sweep", "--all")
        assert sweeper.communicate()[0].startswith(str(world.store))
        assert sweeper.returncode == 0
    _, said = build.communicate()
    assert build.returncode == 0 or (build.returncode == 7 and "does another run sweep the store?" in said), said
    assert world.finished("swept") == expected
    assert world.verified()["sound"]
