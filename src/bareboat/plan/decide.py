"""The first act, whole: from what was chosen to a lock that answers it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError, InternalError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.base.platform import architecture
from bareboat.base.problem import suggestion
from bareboat.plan.base_images import Base, BaseImages
from bareboat.plan.base_reference import is_base_reference
from bareboat.plan.config.config import PinnedSource
from bareboat.plan.distro import Distro, distro
from bareboat.plan.fresh import together
from bareboat.plan.keyring import Keyring, archive_keyring
from bareboat.plan.lock import BYTE_FORMAT, Lock
from bareboat.plan.recipe import Recipe
from bareboat.plan.refresh import Refresher, SuiteRequest
from bareboat.plan.resolve import Resolver
from bareboat.store.disk import DiskStore
from bareboat.store.fetch import Fetcher
from bareboat.store.mirrors import Mirrors


@frozen
class Decider:
    """Decides with the archives that `mirrors` name; `folder` is where the keys of further sources lie.

    `bases` finds the images of registries that recipes stand on.
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
    bases: BaseImages | None = None
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
        wished = {recipe: together(old, recipe, wanted) for recipe, wanted in recipes.items()}
        grounds = self._grounds(old, wished, upgrade)
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
            bases=grounds,
        )
        return resolver.resolve({
            recipe: tuple(grounds[recipe].contents) if recipe in grounds else wanted
            for recipe, wanted in wished.items()
        })

    def _grounds(
        self, old: Lock, recipes: Mapping[Recipe, tuple[str, ...]], upgrade: Collection[str] | None
    ) -> dict[Recipe, Base]:
        """The base images of recipes."""
        if all(recipe.base_image is None for recipe in recipes):
            return {}
        if self.bases is None:
            raise InternalError("nobody can look for base images")
        return self.bases.bases(old, recipes, upgrade)

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


def _check_upgrade(old: Lock, upgrade: Collection[str] | None) -> None:
    known = {item.name for items in (old.packages, old.upstream) for item in items.values()} | set(old.bases)
    for name in sorted(upgrade or ()):
        if known and name not in known:
            what = "base image" if is_base_reference(name) else "package"
            raise UsageError(
                f'cannot upgrade "{name}": the lock has no such {what}', hint=suggestion(name, known) or None
            )


def _debian_names(architectures: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if architectures is None else tuple(architecture(name).debian for name in architectures)
