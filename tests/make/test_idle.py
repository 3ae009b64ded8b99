"""Words of the configuration that match nothing in what was built are told, with their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from bareboat.base.problem import Place
from bareboat.make.build import Built, Wanted
from bareboat.make.idle import idle_words
from bareboat.plan.config.config import FileWish
from bareboat.plan.recipe import Recipe
from tests.makers.bench import ACCOUNTS, Bench, MadeStage, make_file, make_lock, make_recipe, make_stage

FILE = "bareboat.yaml"


def places(**words: Sequence[str]) -> MappingProxyType[tuple[str, str], Place]:
    """Each of the words of `keep` and `drop` in a line of its own, from 10 on."""
    pairs = [(key, word) for key, said in words.items() for word in said]
    return MappingProxyType({pair: Place(FILE, 10 + number) for number, pair in enumerate(pairs)})


def built(
    *, keep: Sequence[str] = (), drop: Sequence[str] = (), files: Sequence[FileWish] = (), file: str = FILE,
    architectures: Sequence[str] = ("amd64",),
) -> tuple[Built, ...]:  # fmt: skip
    """An image `app` of a few packages."""
    bench = Bench()
    libc = bench.package("libc-bin", files={"/usr/bin/getent": b"g", "/usr/share/man/man1/getent.1": b"m"})
    arms = bench.package("arms", files={"/usr/lib/aarch64-linux-gnu/x": b"x"})
    static = make_stage("static", bench.base_files(), libc, accounts=ACCOUNTS, effects=["accounts"])
    app = make_stage("app", *([arms] if "arm64" in architectures else []), files=files)
    known = places(keep=keep, drop=drop)
    recipe = make_recipe(
        "app", [static, app], keep=tuple(keep), drop=tuple(drop), architectures=tuple(architectures),
        places={pair: replace(place, file=file) for pair, place in known.items()},
    )
    lock = make_lock({"app": {name: [static, app] for name in architectures}})
    return bench.builder(lock, [recipe]).build([Wanted(recipe=recipe, architectures=tuple(architectures))])


def told(made: Sequence[Built]) -> list[str]:
    return [str(problem).removeprefix(f"{FILE}:") for problem in idle_words(made, FILE)]


@pytest.mark.parametrize(
    ("key", "word", "said"),
    [
        ("drop", "/usr/bin/getent", []),
        ("drop", "libc-bin:/usr/bin/*", []),
        ("keep", "/usr/share/man/man1/getent.1", []),
        ("drop", "docs", []),
        ("keep", "libc-bin:docs", []),
        ("drop", "/usr/bin/getnet", ['10: drop: "/usr/bin/getnet" matches no file of app'
            ' (write "/usr/bin/getnet/**" for a folder with everything in it)']),
        ("drop", "/usr/share/man", ['10: drop: "/usr/share/man" matches no file of app'
            ' (write "/usr/share/man/**" for a folder with everything in it)']),
        ("keep", "/usr/*.so", ['10: keep: "/usr/*.so" matches no file of app']),
        ("drop", "/bin/getent", ['10: drop: "/bin/getent" matches no file of app'
            ' (where /bin is a link, write "/usr/bin/getent")']),
        ("drop", "libc-bim:/usr/bin/*", ['10: drop: there is no package libc-bim in app'
            ' (did you mean "libc-bin"?)']),
        ("drop", "libc-bin:/opt/*", ['10: drop: "libc-bin:/opt/*" matches no file of app']),
        ("drop", "/usr/lib/aarch64-linux-gnu/**", []),
        ("drop", "/usr/lib/x86_64-linux-gnu/**", ['10: drop: "/usr/lib/x86_64-linux-gnu/**" matches no file of app']),
    ],
)  # fmt: skip
def test_a_word_that_matches_nothing_is_told_with_its_place(key: str, word: str, said: list[str]) -> None:
    assert told(built(**{key: [word]})) == said  # type: ignore[arg-type]


def test_a_removal_of_what_nothing_brings_is_told() -> None:
    wishes = [
        make_file("/usr/bin/getent", remove=True), make_file("/etc/group", remove=True),
        make_file("/usr/bin/getnet", remove=True),
        make_file("/usr/bin/other", remove=True, architectures=("arm64",)),
    ]  # fmt: skip

    assert told(built(files=wishes)) == [
        '7:5: files: takes "/usr/bin/getnet" away, which no package or effect brings to app'
    ]


def test_words_of_another_file_are_its_own_business() -> None:
    assert told(built(drop=["/nothing"], file="catalog/base.yaml")) == []


def test_every_architecture_of_the_build_is_looked_at() -> None:
    words = ["/usr/lib/aarch64-linux-gnu/x", "/usr/lib/aarch64-linux-gnu/y"]

    assert [line.partition(":")[0] for line in told(built(drop=words, architectures=("amd64", "arm64")))] == ["11"]


def test_a_word_is_judged_in_all_images_that_have_it() -> None:
    """A parent may say it for its children."""
    bench = Bench()
    static = make_stage("static", bench.base_files())
    app = make_stage("app", bench.package("tool", files={"/usr/bin/tool": b"t", "/usr/bin/help": b"h"}))
    words = ("/usr/bin/help", "/usr/bin/hlep")

    def image(name: str, *stages: MadeStage) -> tuple[Recipe, list[MadeStage]]:
        return make_recipe(name, stages, drop=words, places=places(drop=words)), list(stages)

    images = [image("parent", static), image("child", static, app)]
    lock = make_lock({recipe.name: {"amd64": stages} for recipe, stages in images})
    recipes = [recipe for recipe, _ in images]
    made = bench.builder(lock, recipes).build([Wanted(recipe=one, architectures=("amd64",)) for one in recipes])

    assert [line.partition(" (")[0] for line in told(made)] == [
        '11: drop: "/usr/bin/hlep" matches no file of child, parent'
    ]
    assert len(told([one for one in made if one.recipe.name == "parent"])) == 2
