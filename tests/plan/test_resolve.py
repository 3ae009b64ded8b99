from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError, LockError, NotFoundError, ResolutionError
from bareboat.plan.config.config import Acceptance, Omission, PackageWish, PinnedSource
from bareboat.plan.lock import LockedPackage
from bareboat.plan.lock_file import format_lock, parse_lock
from bareboat.plan.recipe import Recipe
from bareboat.plan.wish import wish_digest
from tests.makers.archive import DATE
from tests.makers.decision import World, make_recipe, make_stage, told

LINES = ["app 1-2 needs lib (>= 1); pre-needs base; provides web; source suite", "lib 1 arch all", "base 1", "other 1"]


def test_a_lock_says_of_each_package_what_building_and_explaining_need() -> None:
    world = World(LINES)
    lock = world.decide(make_recipe("web", ["base"], ["app"]))
    assert told(lock) == {"s0": "base=1", "s1": "app=1-2 lib=1"}
    app = world.archives["debian"]
    path = app.pool["app"]
    assert lock.packages["app=1-2:amd64"] == LockedPackage(
        name="app", version="1-2", architecture="amd64", source="suite", source_version="1-2",
        archive="debian13/debian/trixie", path=path, size=len(app.files[path]), sha256=Digest.of(app.files[path]),
        depends="base, lib (>= 1)", provides="web",
    )  # fmt: skip
    assert parse_lock(format_lock(lock), "bareboat.lock") == lock


def test_the_order_of_recipes_and_wishes_gives_one_lock() -> None:
    recipes = [make_recipe("web", ["base", "app"]), make_recipe("data", ["lib", "other"]), make_recipe("none", [])]
    world = World(LINES)
    lock = world.decide(*recipes)
    assert {format_lock(world.decide(*order)) for order in permutations(recipes)} == {format_lock(lock)}
    turned = [
        replace(recipe, stages=(replace(recipe.stages[0], packages=recipe.stages[0].packages[::-1]),))
        for recipe in recipes
    ]
    other = World(LINES[::-1]).decide(*turned)
    assert (other.images, other.packages) == (lock.images, lock.packages)


@pytest.mark.parametrize(
    ("stages", "debug", "omit", "expected"),
    [
        ([["app"]], [], [], {"s0": "app=1-2 base=1 lib=1"}),
        ([["lib"], ["app"]], [], [], {"s0": "lib=1", "s1": "app=1-2 base=1"}),
        ([["app"], ["app", "lib"]], [], [], {"s0": "app=1-2 base=1 lib=1", "s1": ""}),
        ([["base"]], [["app"]], [], {"s0": "base=1", "s0:debug": "app=1-2 lib=1"}),
        ([["app"]], [], ["lib"], {"s0": "app=1-2 base=1"}),
        ([["app", "lib"]], [], ["lib"], {"s0": "app=1-2 base=1 lib=1"}),
        ([["app [amd64]", "other [arm64]"]], [], [], {"s0": "app=1-2 base=1 lib=1"}),
    ],
)
def test_each_stage_has_what_the_stages_below_do_not(
    stages: list[list[str]], debug: list[list[str]], omit: list[str], expected: dict[str, str]
) -> None:
    assert told(World(LINES).decide(make_recipe("web", *stages, debug=debug, omit=omit))) == expected


def test_a_wish_above_changes_no_stage_below() -> None:
    """Else a debug variant, or an image made from another one, would not share its layers."""
    lock = World(LINES).decide(make_recipe("web", ["app"], ["other"], debug=[["lib"]], omit=["lib"]))
    assert told(lock) == {"s0": "app=1-2 base=1", "s1": "other=1", "s0:debug": "lib=1"}


def test_images_with_a_common_stage_have_it_alike() -> None:
    lock = World(["app 1 needs a | b", "a 1", "b 1", "more 1 needs b"]).decide(
        make_recipe("web", ["app"], ["more"]), make_recipe("api", ["app"])
    )
    assert (told(lock), told(lock, "api")) == ({"s0": "a=1 app=1", "s1": "b=1 more=1"}, {"s0": "a=1 app=1"})


def test_all_architectures_are_decided_together_and_drift_is_told() -> None:
    world = World(
        ["app 2 needs lib, data", "lib 1+b1 source lib (1)", "data 1 arch all"],
        arm64=["app 1~rc1 needs lib, data", "lib 1"],
    )
    lock = world.decide(make_recipe("web", ["app"]), architectures=["arm64", "amd64"])
    assert told(lock, architecture="amd64") == {"s0": "app=2 data=1 lib=1+b1"}
    assert told(lock, architecture="arm64") == {"s0": "app=1~rc1 data=1 lib=1"}
    assert lock.images["web-debian13"].drift == ("app: 2 on amd64, 1~rc1 on arm64",)


def test_upstream_programs_stand_beside_packages() -> None:
    from bareboat.base.platform import architecture
    from bareboat.plan.config.config import UpstreamWish
    from bareboat.plan.upstream import pinned

    lock = World(LINES).decide(make_recipe("node", ["base"], make_stage("node", ["lib"], ["nodejs 24"])))
    program = pinned(UpstreamWish(name="nodejs", version="24"), architecture("amd64"))
    assert told(lock, "node") == {"s0": "base=1", "node": f"lib=1 nodejs={program.version}"}
    assert lock.upstream == {program.id: program}


def test_a_wish_for_a_package_that_nobody_has_names_its_place_and_a_near_one() -> None:
    with pytest.raises(ResolutionError) as caught:
        World(LINES).decide(make_recipe("web", ["othre"]))
    assert caught.value.message == 'web-debian13: packages: no archive of debian13 has a package "othre" for amd64'
    assert caught.value.hint == 'did you mean "other"?'


@pytest.mark.parametrize("wish", ["two words", "a | b", "lib (>= )", ""])
def test_a_wish_that_is_no_relation_is_refused(wish: str) -> None:
    with pytest.raises(ConfigurationError, match="web-debian13: packages"):
        World(LINES).decide(make_recipe("web", [wish]))


def test_two_archives_may_not_disagree_about_one_package() -> None:
    """Two images may come to different archives when one of them has pins; the lock holds one of each id."""
    world = World(["a 1 needs x"], further={"ours": ["a 1"]})
    recipes = [make_recipe("web", ["a"])]
    lock = world.decide(*recipes)
    other = replace(lock.packages["a=1:amd64"], sha256=Digest.of(b"other"))
    old = replace(
        lock,
        packages={other.id: other},
        images={"api-debian13": replace(lock.images["web-debian13"], name="api-debian13")},
    )
    with pytest.raises(LockError) as caught:
        world.decide(*recipes, old=old, upgrade=None)
    assert caught.value.message.startswith("a=1:amd64 is two different packages: ")


def test_further_archives_are_asked_by_priority() -> None:
    world = World(["app 1 needs lib", "lib 1"], further={"ours": ["app 2 needs lib", "lib 2"]})
    assert told(world.decide(make_recipe("web", ["app"]))) == {"s0": "app=2 lib=2"}
    weak = replace(world, priorities={"ours": 100})
    assert told(weak.decide(make_recipe("web", ["app"]))) == {"s0": "app=1 lib=1"}
    assert told(weak.decide(make_recipe("web", ["app (>= 2)"]))) == {"s0": "app=2 lib=1"}


def test_a_missing_index_is_an_error_and_is_marked_where_it_is_accepted() -> None:
    from bareboat.plan.refresh import Refresher
    from bareboat.plan.resolve import Resolver
    from bareboat.store.fetch import Fetcher
    from bareboat.store.remembered import RememberedTransport

    world = World(LINES, arm64=["base 1"], further={"ours": ["base 2"]})
    pages = {url: data for url, data in world.pages().items() if not ("/ours/" in url and "binary-" in url)}
    fetcher = Fetcher(RememberedTransport(pages), world.store)

    def resolver(*, accept: bool) -> Resolver:
        refresher = Refresher(
            fetcher=fetcher, blobs=world.store, records=world.store, now=Epoch(DATE), unsafe_missing=accept
        )
        return Resolver(refresher=refresher, suites={"debian13": world.suites()})

    recipe = make_recipe("web", ["base"])
    with pytest.raises(NotFoundError):
        resolver(accept=False).resolve({recipe: ("amd64",)})
    lock = resolver(accept=True).resolve({recipe: ("amd64",)})
    assert {name: archive.missing for name, archive in lock.archives.items()} == {
        "debian13/debian/trixie": (),
        "debian13/ours/trixie": ("amd64",),
    }
    assert parse_lock(format_lock(lock), "bareboat.lock") == lock


RECIPE = make_recipe("web", ["a", "b (>= 2)"], make_stage("top", ["c"], ["nodejs 24"]), debug=[["sh"]], omit=["x", "y"])
SOURCE = PinnedSource(
    name="ours", urls=("https://mirror.example",), suite="main", components=("main",), keys=("a.asc",)
)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, title="Another", architectures=("amd64",), keep=("docs",), max_size=1, aliases=("w",)),
        replace(RECIPE, accept=(Acceptance(path="/a", reason="known"),)),
        replace(RECIPE, omit=RECIPE.omit[::-1]),
        replace(RECIPE, omit=tuple(Omission(package=one.package, reason="other") for one in RECIPE.omit)),
        replace(RECIPE, stages=(make_stage("s0", ["b   (>=2)", "a"]), RECIPE.stages[1])),
        replace(RECIPE, stages=(make_stage("s0", ["a", "b (>= 2)", "a"]), RECIPE.stages[1])),
    ],
)
def test_a_wish_is_the_same_when_nothing_changed_that_the_choice_depends_on(recipe: Recipe) -> None:
    assert wish_digest(recipe, [SOURCE]) == wish_digest(RECIPE, [SOURCE])


def test_a_wish_is_another_one_when_anything_changed_that_the_choice_depends_on() -> None:
    recipes = [
        RECIPE,
        replace(RECIPE, distro="debian12"),
        replace(RECIPE, omit=RECIPE.omit[:1]),
        replace(RECIPE, debug_stages=()),
        replace(RECIPE, stages=RECIPE.stages[:1]),
        replace(RECIPE, stages=RECIPE.stages[::-1]),
        replace(RECIPE, stages=(replace(RECIPE.stages[0], packages=(PackageWish(relation="a"),)), RECIPE.stages[1])),
        replace(RECIPE, stages=(RECIPE.stages[0], make_stage("top", ["c"], ["nodejs 22"]))),
        replace(RECIPE, stages=(RECIPE.stages[0], make_stage("roof", ["c"], ["nodejs 24"]))),
        replace(RECIPE, stages=(make_stage("s0", ["a", "b (>= 2) [amd64]"]), RECIPE.stages[1])),
    ]
    digests = {wish_digest(recipe, []) for recipe in recipes}
    sources = [
        [SOURCE],
        [replace(SOURCE, name="theirs")],
        [replace(SOURCE, suite="other")],
        [replace(SOURCE, components=("main", "contrib"))],
        [replace(SOURCE, architectures=("amd64",))],
        [replace(SOURCE, priority=100)],
        [replace(SOURCE, pins=("a",))],
        [SOURCE, replace(SOURCE, name="theirs")],
        [replace(SOURCE, name="theirs"), SOURCE],
    ]
    digests |= {wish_digest(RECIPE, one) for one in sources}
    assert len(digests) == len(recipes) + len(sources)


def test_where_an_archive_is_and_who_signs_it_is_no_part_of_a_wish() -> None:
    moved = replace(SOURCE, urls=("https://other.mirror.example",), keys=("b.asc",), pins=())
    assert wish_digest(RECIPE, [moved]) == wish_digest(RECIPE, [SOURCE])
