"""The first act, whole: from what was chosen to a lock that answers it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError, StaleLockError
from bareboat.base.observer import Observer
from bareboat.plan.config import PinnedSource
from bareboat.plan.distro import Distro, distros
from bareboat.plan.keyring import Keyring, archive_keyring
from bareboat.plan.lock import BYTE_FORMAT, Lock
from bareboat.plan.recipe import Recipe
from bareboat.plan.refresh import Refresher, SuiteRequest
from bareboat.plan.resolve import Resolver, wish_digest
from bareboat.store.disk import DiskStore
from bareboat.store.fetch import Fetcher
from bareboat.store.mirrors import Mirrors


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Decides with the archives that `mirrors` name; `folder` is where the keys of further sources lie.

    `unsafe_expired` accepts Release files past their Valid-Until, `unsafe_missing` does without indexes that no mirror
    has.
    """

    fetcher: Fetcher
    store: DiskStore
    mirrors: Mirrors
    sources: tuple[PinnedSource, ...]
    folder: Path
    now: Epoch
    observer: Observer
    unsafe_expired: bool = False
    unsafe_missing: bool = False

    def decide(self, old: Lock, recipes: Mapping[Recipe, tuple[str, ...]], upgrade: Collection[str] | None) -> Lock:
        """The lock of `recipes` for their architectures (OCI's names), with what `old` has of other images.

        Args:
            old: The lock that was; an empty one when there was none.
            recipes: What to decide on.
            upgrade: The packages that may change although the old lock has them; None for all.

        Raises:
            BareboatError: As `Resolver.resolve`.
        """
        refresher = Refresher(
            fetcher=self.fetcher,
            blobs=self.store,
            records=self.store,
            now=self.now,
            floors={name: archive.date for name, archive in old.archives.items()},
            observer=self.observer,
            unsafe_expired=self.unsafe_expired,
            unsafe_missing=self.unsafe_missing,
        )
        wanted = dict.fromkeys(recipe.distro for recipe in recipes)
        resolver = Resolver(
            refresher=refresher,
            suites={name: self._suites(distros()[name]) for name in wanted},
            old=replace(old, byte_format=BYTE_FORMAT),
            upgrade=None if upgrade is None else frozenset(upgrade),
            observer=self.observer,
        )
        return resolver.resolve(recipes)

    def _suites(self, distro: Distro) -> tuple[SuiteRequest, ...]:
        own = [
            SuiteRequest(
                name=f"{distro.name}/{suite.archive}/{suite.suite}",
                suite=suite.suite,
                components=suite.components,
                keyring=archive_keyring(suite.keys),
                urls=self.mirrors.of(suite.archive),
            )
            for suite in distro.suites
        ]
        further = [
            SuiteRequest(
                name=f"{distro.name}/{source.name}/{source.suite}",
                suite=source.suite,
                components=source.components,
                keyring=Keyring.of([self._key(source, key) for key in source.keys], f"{source.place}: keys"),
                urls=self.mirrors.of(source.name),
                priority=source.priority,
                only=frozenset(source.pins),
                architectures=source.architectures,
            )
            for source in self.sources
        ]
        return (*own, *further)

    def _key(self, source: PinnedSource, key: str) -> bytes:
        if "-----BEGIN PGP" in key:
            return key.encode()
        try:
            return (self.folder / key).read_bytes()
        except OSError as error:
            raise ConfigurationError(f'{source.place}: keys: cannot read "{key}": {error.strerror}') from error


def stale(lock: Lock, recipes: Mapping[Recipe, tuple[str, ...]]) -> dict[Recipe, tuple[str, ...]]:
    """The recipes that the lock does not answer, each with the architectures to decide on anew.

    Those that the lock has already are decided on together with new ones, so that a difference is noticed.
    """
    due: dict[Recipe, tuple[str, ...]] = {}
    for recipe, wanted in recipes.items():
        image = lock.images.get(recipe.name)
        known = () if image is None else tuple(name for name in image.stages if name in recipe.architectures)
        if image is None or image.wish != wish_digest(recipe) or not set(wanted) <= set(known):
            due[recipe] = tuple(sorted({*wanted, *known}))
    return due


def check_fresh(lock: Lock | None, recipes: Mapping[Recipe, tuple[str, ...]], where: str) -> Lock:
    """`lock`, when it answers all of `recipes`: what --frozen insists on.

    Raises:
        StaleLockError: When there is none, or it answers other wishes.
    """
    if lock is None:
        raise StaleLockError(f"there is no {where}, and --frozen lets nobody make one", hint="run `bareboat lock`")
    missing = stale(lock, recipes)
    if missing:
        names = ", ".join(recipe.name for recipe in missing)
        raise StaleLockError(
            f"{where} does not answer what is wished for now: {names}", hint="run `bareboat lock` to record the change"
        )
    return lock


def only(lock: Lock, names: Collection[str]) -> Lock:
    """The part of `lock` that is about the images called `names`."""
    images = {name: image for name, image in lock.images.items() if name in names}
    return replace(lock, images=MappingProxyType(images)).pruned()
