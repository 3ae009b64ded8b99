"""What was made before is found again, by what determines it and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.store.memory import MemoryStore
from tests.makers.bench import (
    DISTRO,
    Bench,
    assemble,
    make_file,
    make_stage,
)
from tests.makers.deb import file


class Counting(MemoryStore):
    """A store that notes what is opened and remembered, and that loses what it is told to lose."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Digest] = []
        self.lost: set[Digest] = set()
        self.keys: set[tuple[str, Digest]] = set()

    def open(self, digest: Digest) -> BinaryIO:
        self.opened.append(digest)
        return super().open(digest)

    def has(self, digest: Digest) -> bool:
        return digest not in self.lost and super().has(digest)

    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        digest = super().add(chunks, expected=expected, size=size)
        self.lost.discard(digest)
        return digest

    def put(self, kind: str, key: Digest, data: bytes) -> None:
        self.keys.add((kind, key))
        super().put(kind, key, data)


def test_a_warm_build_opens_nothing() -> None:
    store = Counting()
    bench = Bench(store=store)
    order = bench.order(
        make_stage("static", bench.base_files(file("usr/lib/os-release", b"")), effects=["os-release"]),
        make_stage("app", bench.package("app", files={"/a": b""})),
    )
    cold = assemble(order, bench.workshop)
    store.opened.clear()

    assert assemble(order, bench.workshop) == cold
    assert store.opened == []


def test_a_new_layer_opens_no_package_below_it() -> None:
    store = Counting()
    bench = Bench(store=store)
    stages = [
        make_stage("static", bench.base_files(), effects=["nsswitch"]),
        make_stage("app", bench.package("app", files={"/a": b""})),
    ]
    assemble(bench.order(*stages), bench.workshop)
    store.opened.clear()
    more = make_stage("more", files=[make_file("/x", text="")])

    assemble(bench.order(*stages, more), bench.workshop)

    packages = {package.sha256 for stage in stages for package in stage.packages}
    assert packages.isdisjoint(store.opened)


def test_a_layer_that_was_swept_is_made_again() -> None:
    store = Counting()
    bench = Bench(store=store)
    order = bench.order(make_stage("static", bench.base_files()))
    (cold,) = bench.layers(order)
    store.lost = {cold.digest}

    assert bench.layers(order) == (cold,)
    assert store.has(cold.digest)


def test_images_share_the_layers_that_they_have_alike() -> None:
    bench = Bench()
    static = make_stage("static", bench.base_files())

    (one,) = bench.layers(bench.order(static))
    same, _ = bench.layers(bench.order(static, make_stage("app", bench.package("app"))))

    assert same == one


@pytest.mark.parametrize(
    "fields",
    [{"keep": ("docs",)}, {"drop": ("/opt/**",)}, {"created": Epoch(7)}, {"arch": "arm64"},
     {"distro": replace(DISTRO, codename="forky")}],
)  # fmt: skip
def test_other_inputs_have_another_key(fields: dict[str, Any]) -> None:
    """Even where the bytes turn out to be the same, they are not found by a key that did not ask for them."""
    store = Counting()
    bench = Bench(store=store)
    stage = make_stage("static", bench.base_files(), files=[make_file("/a", text="")])
    bench.layers(bench.order(stage))
    store.keys.clear()

    bench.layers(bench.order(stage, **fields))

    assert [kind for kind, _ in store.keys if kind == "layer"] == ["layer"]


def test_a_layer_stays_as_it_is_when_what_is_below_it_is_another_build() -> None:
    """What a step makes is as old as its own packages: a push after a change sends what changed."""
    store = Counting()
    bench = Bench(store=store)
    app = make_stage("app", bench.package("app", files={"/a": b""}), effects=["nsswitch"])
    before, after = (
        make_stage("base", bench.package("libc6", version, entries=[file("usr/lib/libc", b"", mtime=moment)]))
        for version, moment in (("1.0", 1_700_000_000), ("1.1", 1_800_000_000))
    )
    old = assemble(bench.order(before, app), bench.workshop).normal
    store.opened.clear()
    new = assemble(bench.order(after, app), bench.workshop).normal

    assert (new[0].digest != old[0].digest, new[1].digest == old[1].digest) == (True, True)
    assert (old[1].moment, new[1].moment) == (1_700_000_000, 1_800_000_000)
    assert new[1].digest not in store.opened
