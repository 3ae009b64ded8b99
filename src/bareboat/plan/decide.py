"""The first act, whole: from what was chosen to a lock that answers it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError, StaleLockError, UsageError
from bareboat.base.observer import Observer
from bareboat.base.platform import architecture
from bareboat.base.problem import suggestion
from bareboat.plan.config import PinnedSource
from bareboat.plan.distro import Distro, distro
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
            UsageError: When a package to upgrade is not in the lock.
            ConfigurationError: When a further archive has no readable key, or the name of another one.
            BareboatError: As `Resolver.resolve`.
        """
        _check_upgrade(old, upgrade)
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
        resolver = Resolver(
            refresher=refresher,
            suites={name: self.suites(distro(name)) for name in sorted({recipe.distro for recipe in recipes})},
            sources=self.sources,
            old=replace(old, byte_format=BYTE_FORMAT),
            upgrade=None if upgrade is None else frozenset(upgrade),
            observer=self.observer,
        )
        return resolver.resolve({recipe: _together(old, recipe, wanted) for recipe, wanted in recipes.items()})

    def suites(self, of: Distro) -> tuple[SuiteRequest, ...]:
        """The suites of a distro, then those of the further archives.

        Raises:
            ConfigurationError: When a further archive has no readable key, or the name of another one.
            SignatureError: When a key is none.
        """
        own = [
            SuiteRequest(
                name=f"{of.name}/{suite.archive}/{suite.suite}",
                suite=suite.suite,
                components=suite.components,
                keyring=archive_keyring(suite.keys),
                urls=self.mirrors.of(suite.archive),
            )
            for suite in of.suites
        ]
        further = [
            SuiteRequest(
                name=f"{of.name}/{source.name}/{source.suite}",
                suite=source.suite,
                components=source.components,
                keyring=Keyring.of([self._key(source, key) for key in source.keys], f"{source.place}: keys"),
                urls=self.mirrors.of(source.name),
                priority=source.priority,
                only=frozenset(source.pins),
                architectures=_debian_names(source.architectures),
            )
            for source in self.sources
        ]
        names = [suite.archive for suite in of.suites]
        for source in self.sources:
            if source.name in names:
                raise ConfigurationError(
                    f'{source.place}: name "{source.name}" is taken by another archive', hint="call it something else"
                )
            names.append(source.name)
        return (*own, *further)

    def _key(self, source: PinnedSource, key: str) -> bytes:
        if "-----BEGIN PGP" in key:
            return key.encode()
        try:
            return (self.folder / key).read_bytes()
        except OSError as error:
            raise ConfigurationError(f'{source.place}: keys: cannot read "{key}": {error.strerror}') from error


def stale(
    lock: Lock, recipes: Mapping[Recipe, tuple[str, ...]], sources: Sequence[PinnedSource]
) -> dict[Recipe, tuple[str, ...]]:
    """The recipes that the lock does not answer, each with the architectures to decide on anew.

    Those that the lock has already are decided on together with new ones, so that a difference is noticed.
    """
    return {
        recipe: _together(lock, recipe, wanted)
        for recipe, wanted in recipes.items()
        if (image := lock.images.get(recipe.name)) is None
        or image.wish != wish_digest(recipe, sources)
        or not set(wanted) <= set(image.stages)
    }


def _together(lock: Lock, recipe: Recipe, wanted: Collection[str]) -> tuple[str, ...]:
    """`wanted` with the architectures of the recipe that the lock has already, sorted."""
    image = lock.images.get(recipe.name)
    known = set() if image is None else set(image.stages) & set(recipe.architectures)
    return tuple(sorted(known | set(wanted)))


def check_fresh(
    lock: Lock | None, recipes: Mapping[Recipe, tuple[str, ...]], sources: Sequence[PinnedSource], where: str
) -> Lock:
    """`lock`, when it answers all of `recipes`: what --frozen insists on.

    Raises:
        StaleLockError: When there is none, or it answers other wishes.
    """
    if lock is None:
        raise StaleLockError(f"there is no {where}, and --frozen lets nobody make one", hint="run `bareboat lock`")
    missing = stale(lock, recipes, sources)
    if missing:
        names = ", ".join(recipe.name for recipe in missing)
        raise StaleLockError(
            f"{where} does not answer what is wished for now: {names}", hint="run `bareboat lock` to record the change"
        )
    return lock


def _check_upgrade(old: Lock, upgrade: Collection[str] | None) -> None:
    known = {item.name for items in (old.packages, old.upstream) for item in items.values()}
    for name in sorted(upgrade or ()):
        if known and name not in known:
            raise UsageError(
                f'cannot upgrade "{name}": the lock has no such package', hint=suggestion(name, known) or None
            )


def _debian_names(architectures: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if architectures is None else tuple(architecture(name).debian for name in architectures)


def only(lock: Lock, names: Collection[str]) -> Lock:
    """The part of `lock` that is about the images called `names`."""
    images = {name: image for name, image in lock.images.items() if name in names}
    return replace(lock, images=MappingProxyType(images)).pruned()
