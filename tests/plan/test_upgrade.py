"""What a lock keeps, and what changes when it is told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bareboat.base.epoch import Epoch
from bareboat.plan.config.config import PinnedSource
from bareboat.plan.fresh import stale
from bareboat.plan.lock_file import format_lock
from tests.makers.archive import DATE
from tests.makers.decision import DAY, World, make_recipe, make_stage, told

OLD = ["app 1 needs lib", "lib 1 needs deep", "deep 1", "tool 1"]
NEW = ["app 2 needs lib", "lib 2 needs deep", "deep 2", "tool 2"]
WEB = make_recipe("web", ["app"], ["tool"])


def test_deciding_again_on_the_same_archives_changes_no_byte() -> None:
    world = World(OLD)
    lock = world.decide(WEB)
    assert format_lock(world.decide(WEB, old=lock)) == format_lock(lock)
    assert format_lock(world.decide(WEB, old=lock, upgrade=None)) == format_lock(lock)


def test_nothing_is_stale_in_a_lock_that_answers() -> None:
    lock = World(OLD).decide(WEB)
    changed = make_recipe("web", ["app"])
    source = PinnedSource(name="ours", urls=(), suite="x", components=("main",), keys=())
    assert stale(lock, {WEB: ("amd64",)}, []) == {}
    assert stale(lock, {WEB: ("arm64",)}, []) == {WEB: ("amd64", "arm64")}
    assert stale(lock, {changed: ("amd64",)}, []) == {changed: ("amd64",)}
    assert stale(lock, {WEB: ("amd64",)}, [source]) == {WEB: ("amd64",)}


@pytest.mark.parametrize(
    ("lines", "upgrade", "expected"),
    [
        (OLD + NEW, [], {"s0": "app=1 deep=1 lib=1", "s1": "tool=1"}),
        (OLD + NEW, ["app"], {"s0": "app=2 deep=1 lib=1", "s1": "tool=1"}),
        (OLD + NEW, ["deep"], {"s0": "app=1 deep=2 lib=1", "s1": "tool=1"}),
        (OLD + NEW, ["lib", "tool"], {"s0": "app=1 deep=1 lib=2", "s1": "tool=2"}),
        (OLD + NEW, None, {"s0": "app=2 deep=2 lib=2", "s1": "tool=2"}),
        (NEW, [], {"s0": "app=1 deep=1 lib=1", "s1": "tool=1"}),
        (NEW, ["app"], {"s0": "app=2 deep=1 lib=1", "s1": "tool=1"}),
        (NEW, ["lib"], {"s0": "app=1 deep=1 lib=2", "s1": "tool=1"}),
        ([*OLD, "app 2 needs lib (>= 2)", *NEW[1:]], ["app"], {"s0": "app=2 deep=1 lib=2", "s1": "tool=1"}),
        (["app 2 needs lib, more", *NEW[1:], "more 1"], ["app"], {"s0": "app=2 deep=1 lib=1 more=1", "s1": "tool=1"}),
        (["app 2 needs lib | more", *NEW[1:], "more 1"], ["app"], {"s0": "app=2 deep=1 lib=1", "s1": "tool=1"}),
        (["app 2 needs more | lib", *NEW[1:], "more 1"], ["app"], {"s0": "app=2 deep=1 lib=1", "s1": "tool=1"}),
        (["app 2", *NEW[1:]], ["app"], {"s0": "app=2", "s1": "tool=1"}),
    ],
)
def test_an_upgrade_changes_as_little_as_it_can(
    lines: list[str], upgrade: list[str] | None, expected: dict[str, str]
) -> None:
    world = World(OLD)
    lock = world.decide(WEB)
    assert told(world.later(lines).decide(WEB, old=lock, upgrade=upgrade)) == expected


def test_a_new_wish_changes_nothing_else() -> None:
    world = World(OLD)
    lock = world.decide(WEB)
    wider = make_recipe("web", ["app", "new"], ["tool"])
    after = world.later([*NEW, "new 1 needs lib, deep"]).decide(wider, old=lock)
    assert told(after) == {"s0": "app=1 deep=1 lib=1 new=1", "s1": "tool=1"}


def test_what_left_the_archive_remembers_when_it_was_there() -> None:
    """So that the snapshot service can be asked for it."""
    world = World(OLD)
    lock = world.decide(WEB)
    later = world.later([*NEW, "tool 1"])
    after = later.decide(WEB, old=lock)
    assert {package.name: package.seen for package in after.packages.values()} == {
        "app": Epoch(DATE), "lib": Epoch(DATE), "deep": Epoch(DATE), "tool": None,
    }  # fmt: skip
    assert after.archives["debian13/debian/trixie"].date == Epoch(DATE + DAY)
    again = later.later(NEW).decide(WEB, old=after)
    assert {package.name: package.seen for package in again.packages.values()} == {
        "app": Epoch(DATE), "lib": Epoch(DATE), "deep": Epoch(DATE), "tool": Epoch(DATE + DAY),
    }  # fmt: skip


def test_other_images_keep_what_they_have() -> None:
    world = World(OLD)
    api = make_recipe("api", ["lib"])
    lock = world.decide(WEB, api)
    after = world.later([*NEW, "deep 1"]).decide(WEB, old=lock, upgrade=None)
    assert (told(after), told(after, "api")) == (
        {"s0": "app=2 deep=2 lib=2", "s1": "tool=2"}, {"s0": "deep=1 lib=1"},
    )  # fmt: skip
    assert {package.id: package.seen for package in after.packages.values() if package.version == "1"} == {
        "lib=1:amd64": Epoch(DATE), "deep=1:amd64": None,
    }  # fmt: skip


def test_a_new_image_takes_what_the_others_have() -> None:
    """Else the stage that both have would be two different layers."""
    world = World(OLD)
    lock = world.decide(WEB)
    after = world.later([*OLD, *NEW, "own 2"]).decide(make_recipe("api", ["lib", "own"]), old=lock)
    assert told(after, "api") == {"s0": "deep=1 lib=1 own=2"}
    assert told(after) == told(lock)


def test_a_further_architecture_leaves_the_others_as_they_are() -> None:
    world = World(OLD)
    lock = world.decide(WEB)
    after = world.later(NEW, arm64=NEW).decide(WEB, old=lock, architectures=["amd64", "arm64"])
    assert told(after) == told(lock)
    assert told(after, architecture="arm64") == {"s0": "app=2 deep=2 lib=2", "s1": "tool=2"}
    assert after.images["web-debian13"].drift == tuple(
        f"{name}: 2 on arm64, 1 on amd64" for name in ["app", "deep", "lib", "tool"]
    )


def test_what_may_not_come_from_its_archive_any_more_is_decided_anew() -> None:
    world = World(["app 1 needs lib", "lib 1"], further={"ours": ["app 2 needs lib", "lib 2"]})
    lock = world.decide(WEB_ONLY)
    assert told(lock) == {"s0": "app=2 lib=2"}
    without = replace(world, further={})
    after = without.decide(WEB_ONLY, old=lock)
    assert told(after) == {"s0": "app=1 lib=1"}
    assert {package.archive for package in after.packages.values()} == {"debian13/debian/trixie"}


WEB_ONLY = make_recipe("web", ["app"])


def test_a_package_that_was_built_again_under_its_version_can_be_upgraded() -> None:
    world = World(["app 1"])
    lock = world.decide(WEB_ONLY)
    rebuilt = world.later(["app 1 breaks nothing"])
    kept = rebuilt.decide(WEB_ONLY, old=lock)
    assert kept.packages["app=1:amd64"].sha256 == lock.packages["app=1:amd64"].sha256
    upgraded = rebuilt.decide(WEB_ONLY, old=lock, upgrade=["app"])
    assert upgraded.packages["app=1:amd64"].sha256 != lock.packages["app=1:amd64"].sha256


def test_a_program_stays_until_it_is_upgraded() -> None:
    recipe = make_recipe("node", make_stage("node", [], ["nodejs 24"]))
    world = World([])
    lock = world.decide(recipe)
    (new,) = lock.upstream.values()
    before = replace(new, version="24.0.1")
    image = lock.images[recipe.name]
    stages = {"amd64": (replace(image.stages["amd64"][0], upstream=(before.id,)),)}
    old = replace(lock, upstream={before.id: before}, images={recipe.name: replace(image, stages=stages)})
    assert set(world.decide(recipe, old=old).upstream.values()) == {before}
    assert set(world.decide(recipe, old=old, upgrade=["other"]).upstream.values()) == {before}
    assert set(world.decide(recipe, old=old, upgrade=["nodejs"]).upstream.values()) == {new}
    assert set(world.decide(recipe, old=old, upgrade=None).upstream.values()) == {new}
