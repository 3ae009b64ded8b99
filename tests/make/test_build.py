"""The second act, whole: recipes and a lock become indexes that a strict judge finds no fault in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.errors import BareboatError, BuildError, StaleLockError
from bareboat.make.build import Built, Wanted, names_of
from bareboat.oci.index import Index
from bareboat.oci.validate_image import validate_image
from bareboat.plan.config.config import Layers, LayerStrategy, Variant
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe
from bareboat.store.blobs import read
from tests.makers.bench import Bench, MadeStage, make_file, make_lock, make_recipe, make_stage
from tests.makers.deb import make_deb

OCI = "org.opencontainers.image"


class Catalog:
    """A parent and its child, with the lock of both."""

    def __init__(self, bench: Bench, **fields: Any) -> None:
        self.bench = bench
        static = make_stage("static", bench.base_files(), effects=["nsswitch"])
        app = make_stage("app", bench.package("app", files={"/usr/bin/app": b"app"}))
        debug = make_stage("static:debug", bench.package("busybox-static", files={"/bin/busybox": b"b"}))
        architectures = ("amd64", "arm64")
        shared: dict[str, Any] = {"architectures": architectures} | fields
        self.parent = make_recipe("static-debian13", [static], [debug], **shared)
        self.child = make_recipe("app-debian13", [static, app], [debug], base="static-debian13", **shared)
        self.stages = {"static-debian13": [static, debug], "app-debian13": [static, app, debug]}

    def lock(self, **changes: Sequence[MadeStage]) -> Lock:
        stages = self.stages | changes
        return make_lock({name: dict.fromkeys(("amd64", "arm64"), several) for name, several in stages.items()})

    def build(
        self, *recipes: Recipe, lock: Lock | None = None, architectures: Sequence[str] | None = None,
        variants: Sequence[Variant] | None = None, jobs: int = 1,
    ) -> tuple[Built, ...]:  # fmt: skip
        wanted = recipes or (self.parent, self.child)
        builder = self.bench.builder(lock or self.lock(), [self.parent, self.child, *wanted], jobs=jobs)
        chosen = None if variants is None else tuple(variants)
        return builder.build([
            Wanted(
                recipe=recipe,
                architectures=tuple(n for n in recipe.architectures if architectures is None or n in architectures),
                variants=chosen,
            )
            for recipe in wanted
        ])


def base_of(built: Built, architecture: str = "amd64") -> tuple[str | None, str | None]:
    texts = built.images[architecture].manifest.annotations
    return texts.get(f"{OCI}.base.name"), texts.get(f"{OCI}.base.digest")


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
@pytest.mark.parametrize("strategy", LayerStrategy)
def test_a_strict_judge_finds_no_fault(strategy: LayerStrategy, compressed: str) -> None:
    bench = Bench(compressed)
    catalog = Catalog(bench, layers=Layers(strategy=strategy, budget=2))

    built = catalog.build()

    assert [str(problem) for one in built for problem in validate_image(one.index, bench.store.open)] == []
    assert [(one.recipe.name, one.variant, list(one.images)) for one in built] == [
        (name, variant, ["amd64", "arm64"]) for name in ("static-debian13", "app-debian13") for variant in Variant
    ]


def test_an_index_in_the_store_leads_to_every_image() -> None:
    bench = Bench()

    (built,) = Catalog(bench).build(variants=[Variant.nonroot], architectures=["arm64", "amd64"])[1:]

    index = Index.parse(read(bench.store, built.index.digest))
    assert [str(entry.platform) for entry in index.manifests] == ["linux/amd64", "linux/arm64/v8"]
    assert {entry.digest for entry in index.manifests} == {image.descriptor.digest for image in built.images.values()}


def test_only_what_was_asked_for_is_built() -> None:
    catalog = Catalog(Bench())

    built = catalog.build(catalog.child, architectures=["arm64"], variants=[Variant.debug])

    assert [(one.recipe.name, one.variant, list(one.images)) for one in built] == [("app-debian13", "debug", ["arm64"])]
    assert catalog.build(catalog.child, architectures=["s390x"]) == ()


@pytest.mark.parametrize("jobs", [1, 4])
def test_workers_and_order_change_nothing(jobs: int) -> None:
    digests = set()
    for order in permutations(range(2)):
        catalog = Catalog(Bench())
        recipes = [(catalog.parent, catalog.child)[position] for position in order]
        for _ in ("cold", "warm"):
            built = catalog.build(*recipes, jobs=jobs)
            digests.add(frozenset((one.recipe.name, one.variant, one.index.digest) for one in built))

    assert len(digests) == 1


# The image that another is built on.


def test_a_base_is_the_parent_as_it_is_when_built_by_itself() -> None:
    catalog = Catalog(Bench())

    for variant in (Variant.latest, Variant.nonroot):
        for architecture in ("amd64", "arm64"):
            (child,) = catalog.build(catalog.child, variants=[variant])
            (parent,) = Catalog(Bench()).build(catalog.parent, variants=[variant])
            assert base_of(child, architecture) == (
                f"static-debian13:{variant}", str(parent.images[architecture].descriptor.digest),
            )  # fmt: skip
            assert base_of(parent, architecture) == (None, None)


def test_a_limit_of_the_parent_is_not_the_childs() -> None:
    catalog = Catalog(Bench())
    catalog.parent = replace(catalog.parent, max_size=1)

    (child,) = catalog.build(catalog.child, variants=[Variant.latest])

    assert base_of(child)[0] == "static-debian13:latest"
    with pytest.raises(BuildError, match="more than max-size 1"):
        catalog.build(catalog.parent)


def dropping(catalog: Catalog) -> Recipe:
    return replace(catalog.child, drop=("/opt/**",))


def taking_away(catalog: Catalog) -> Recipe:
    app = replace(catalog.child.stages[1], files=(make_file("/etc/nsswitch.conf", remove=True),))
    return replace(catalog.child, stages=(catalog.child.stages[0], app))


def fixed(catalog: Catalog) -> Recipe:
    return replace(catalog.child, created=ZERO)


def budgeted(catalog: Catalog) -> Recipe:
    catalog.parent = replace(catalog.parent, layers=Layers(strategy=LayerStrategy.single))
    return replace(catalog.child, layers=Layers(strategy=LayerStrategy.single))


def without_parent(catalog: Catalog) -> Recipe:
    return replace(catalog.child, base="gone-debian13")


@pytest.mark.parametrize("change", [dropping, taking_away, fixed, budgeted, without_parent])
def test_there_is_no_base_where_the_parents_layers_are_others(change: Callable[[Catalog], Recipe]) -> None:
    catalog = Catalog(Bench())

    (child,) = catalog.build(change(catalog), variants=[Variant.latest])

    assert base_of(child) == (None, None)


def test_there_is_no_base_where_the_lock_chose_otherwise_for_the_parent() -> None:
    bench = Bench()
    catalog = Catalog(bench)
    newer = make_stage("static", bench.locked("base-files", make_deb("base-files", "2.0"), "2.0"))

    (child,) = catalog.build(
        catalog.child, variants=[Variant.latest],
        lock=catalog.lock(**{"static-debian13": [newer, catalog.stages["static-debian13"][1]]}),
    )  # fmt: skip

    assert base_of(child) == (None, None)


def test_what_debug_variants_have_is_not_made_where_there_are_none() -> None:
    """The store does not even have it."""
    catalog = Catalog(Bench())
    debug = make_stage("static:debug", Bench().package("busybox-static", files={"/bin/busybox": b"other"}))
    lock = catalog.lock(**{"app-debian13": [*catalog.stages["app-debian13"][:2], debug]})
    plain = replace(catalog.child, variants=(Variant.latest,))

    assert [built.variant for built in catalog.build(plain, lock=lock)] == ["latest"]


def test_debug_variants_have_no_base() -> None:
    """Their shell stands on top of everything, so the parent's debug layers are not below."""
    catalog = Catalog(Bench())

    assert base_of(catalog.build(catalog.child, variants=[Variant.debug])[0]) == (None, None)


# Errors, progress, names.


def test_the_first_fault_by_name_is_told_whoever_meets_it_first() -> None:
    bench = Bench()
    catalog = Catalog(bench)
    bad = make_stage("static", bench.locked("aaa", b"bad"), bench.locked("bbb", b"bad"))
    lock = catalog.lock(**{"static-debian13": [bad, catalog.stages["static-debian13"][1]]})

    for jobs in (1, 4):
        with pytest.raises(BareboatError, match=r"^aaa: "):
            catalog.build(catalog.parent, lock=lock, jobs=jobs)


def test_a_recipe_that_the_lock_does_not_have_is_stale() -> None:
    catalog = Catalog(Bench())

    with pytest.raises(StaleLockError) as refused:
        catalog.build(replace(catalog.child, name="new-debian13"))

    assert (refused.value.message, refused.value.hint) == (
        "the lock does not have new-debian13 for amd64", "run `bareboat lock`",
    )  # fmt: skip


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int]] = []

    def begin(self, task: str, total: int) -> None:
        self.said.append((f"begin {task}", total))

    def advance(self, task: str, amount: int) -> None:
        self.said.append((f"advance {task}", amount))

    def end(self, task: str) -> None:
        self.said.append((f"end {task}", 0))

    def warn(self, message: str) -> None:
        self.said.append((message, 0))


def test_progress_counts_images_and_ends_after_a_fault_too() -> None:
    heard = Heard()
    catalog = Catalog(Bench(observer=heard))
    catalog.build(catalog.child)
    fine = [("begin build", 2), ("advance build", 1), ("advance build", 1), ("end build", 0)]
    assert heard.said == fine

    with pytest.raises(BuildError):
        catalog.build(replace(catalog.child, max_size=1))

    assert heard.said == [*fine, *fine]


@pytest.mark.parametrize(
    ("name", "image", "aliases", "expected"),
    [
        ("node-debian13", "node", ("node22",), ["node-debian13", "node22-debian13", "node", "node22"]),
        ("python3-debian12", "python3", (), []),
        ("orders-api", "orders-api", (), ["orders-api"]),
    ],
)  # fmt: skip
def test_an_image_is_found_under_the_names_that_people_know(
    name: str, image: str, aliases: tuple[str, ...], expected: list[str]
) -> None:
    catalog = Catalog(Bench())
    (built,) = catalog.build(catalog.child, variants=[Variant.debug_nonroot])
    distro = "debian12" if name.endswith("12") else "debian13"
    renamed = replace(built, recipe=replace(built.recipe, name=name, image=image, aliases=aliases, distro=distro))

    names = names_of(renamed, "debian13")

    assert list(names) == [f"{one}:debug-nonroot" for one in expected or ["python3-debian12"]]
