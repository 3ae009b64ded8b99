"""Makes decisions from tiny ecosystems: recipes in a line, archives in lines, locks out of both.

world = World(["app 1 needs lib", "lib 1"])
lock = world.decide(make_recipe("web", ["app"]))
world.now(["app 2 needs lib", "lib 1"]).decide(make_recipe("web", ["app"]), old=lock, upgrade=["app"])
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from bareboat.base.epoch import Epoch
from bareboat.plan.config.config import Omission, PackageWish, PinnedSource, UpstreamWish
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe, Stage
from bareboat.plan.refresh import Refresher, SuiteRequest
from bareboat.plan.resolve import Resolver
from bareboat.store.fetch import Fetcher
from bareboat.store.memory import MemoryStore
from bareboat.store.remembered import RememberedTransport
from tests.makers.archive import DATE, Archive, make_archive, signing_key
from tests.makers.ecosystem import make_debs

DAY = 86_400
MIRROR = "https://mirror.example"
DISTRO = "debian13"


def make_stage(name: str, wishes: Sequence[str] = (), upstream: Sequence[str] = ()) -> Stage:
    """A stage that wishes for packages, and for programs written `nodejs 24`."""
    programs = (text.split() for text in upstream)
    return Stage(
        name=name,
        packages=tuple(PackageWish(relation=wish) for wish in wishes),
        upstream=tuple(UpstreamWish(name=program, version=version) for program, version in programs),
    )


def make_recipe(
    image: str, *stages: Sequence[str] | Stage, debug: Sequence[Sequence[str]] = (), omit: Sequence[str] = (),
    architectures: Sequence[str] = ("amd64", "arm64"), distro: str = DISTRO,
) -> Recipe:  # fmt: skip
    """A recipe whose stages are called s0, s1 and so on unless they are stages already."""
    named = [
        stage if isinstance(stage, Stage) else make_stage(f"s{place}", stage) for place, stage in enumerate(stages)
    ]
    return Recipe(
        name=f"{image}-{distro}", image=image, distro=distro, title="", base=None, stages=tuple(named),
        debug_stages=tuple(make_stage(f"s{place}:debug", wishes) for place, wishes in enumerate(debug)),
        runs=MappingProxyType({}), variants=(), architectures=tuple(architectures),
        omit=tuple(Omission(package=name, reason="a test") for name in omit),
    )  # fmt: skip


@dataclass(frozen=True)
class World:
    """What the archives have: lines for `debian/trixie`, for further suites by name (`ours`), and for arm64 apart."""

    lines: Sequence[str]
    arm64: Sequence[str] | None = None
    further: Mapping[str, Sequence[str]] = field(default_factory=dict)
    priorities: Mapping[str, int] = field(default_factory=dict)
    date: int = DATE
    pages_besides: Mapping[str, bytes] = field(default_factory=dict)
    suites_besides: tuple[SuiteRequest, ...] = ()
    store: MemoryStore = field(default_factory=MemoryStore)

    @cached_property
    def archives(self) -> dict[str, Archive]:
        """Every archive by name."""
        debs = [*make_debs(*self.lines), *make_debs(*(self.arm64 or ()), architecture="arm64")]
        every = {"debian": debs} | {name: make_debs(*lines) for name, lines in self.further.items()}
        return {
            name: make_archive(packages, date=self.date, architectures=["amd64", "arm64"])
            for name, packages in every.items()
        }

    def pages(self) -> dict[str, bytes]:
        """Every file of every archive by address."""
        archives = self.archives.items()
        pages = {f"{MIRROR}/{name}/{path}": data for name, archive in archives for path, data in archive.files.items()}
        return {**pages, **self.pages_besides}

    def suites(self) -> tuple[SuiteRequest, ...]:
        """How the archives are asked for."""
        own = (
            SuiteRequest(
                name=f"{DISTRO}/{name}/trixie",
                suite="trixie",
                components=("main",),
                keyring=Keyring.of([signing_key().certificate], "the keys"),
                urls=(f"{MIRROR}/{name}",),
                priority=self.priorities.get(name, 500),
            )
            for name in self.archives
        )
        return (*own, *self.suites_besides)

    def later(
        self,
        lines: Sequence[str],
        *,
        arm64: Sequence[str] | None = None,
        days: int = 1,
        **changes: Any,
    ) -> World:
        """The same archives with other packages, some days later."""
        return replace(self, lines=lines, arm64=arm64, date=self.date + days * DAY, store=MemoryStore(), **changes)

    def decide(
        self, *recipes: Recipe, old: Lock | None = None, upgrade: Collection[str] | None = (),
        architectures: Sequence[str] = ("amd64",), sources: Sequence[PinnedSource] = (),
    ) -> Lock:  # fmt: skip
        """The lock of `recipes`, with what `old` has of others."""
        fetcher = Fetcher(RememberedTransport(self.pages()), self.store, sleep=lambda delay, stop: None)
        refresher = Refresher(fetcher=fetcher, blobs=self.store, records=self.store, now=Epoch(self.date + DAY))
        resolver = Resolver(
            refresher=refresher,
            suites={DISTRO: self.suites()},
            sources=tuple(sources),
            old=old or Lock(),
            upgrade=None if upgrade is None else frozenset(upgrade),
        )
        return resolver.resolve({recipe: tuple(architectures) for recipe in recipes})


def told(lock: Lock, image: str = "web", architecture: str = "amd64", distro: str = DISTRO) -> dict[str, str]:
    """What an image has, stage by stage: `{"s0": "a=1 b=2"}`, programs among the packages."""
    return {
        stage.name: " ".join(name.rpartition(":")[0] for name in (*stage.packages, *stage.upstream))
        for stage in lock.images[f"{image}-{distro}"].stages[architecture]
    }
