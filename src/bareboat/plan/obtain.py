"""What a lock names, brought into the store: packages, upstream programs and pinned downloads.

Each is tried at every place that may have it; content decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bareboat.base.epoch import Epoch
from bareboat.base.errors import InternalError, StaleLockError
from bareboat.base.frozen import frozen
from bareboat.plan.base_images import BaseImages
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import Lock, LockedPackage, LockedUpstream
from bareboat.plan.needed import downloads, needed
from bareboat.plan.publisher import Publishers, publisher_keyring
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program
from bareboat.store.blobs import Blobs
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.mirrors import Mirrors
from bareboat.store.npm import Registry

_SNAPSHOT_SLACK_S = 6 * 3600
"""How long after an archive's own date the snapshot service is sure to have taken it, in seconds."""


@frozen
class Obtainer:
    """Fetches what locks name.

    `mirrors` has Debian's archives and those of the configuration, by the name that the lock gives them;
    `registry` finds out the npm registry when it is needed, and `keyring` who may sign for a program; `bases` brings
    the images of registries that others stand on.
    """

    fetcher: Fetcher
    blobs: Blobs
    mirrors: Mirrors
    programs: Mapping[str, Program]
    registry: Callable[[], Registry]
    keyring: Callable[[str], Keyring | None] = publisher_keyring
    bases: BaseImages | None = None

    def obtain(self, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None) -> None:
        """Bring everything that building `recipes` needs into the store.

        Raises:
            FetchError: When something cannot be had.
            DigestMismatchError: When every place has something else under its name.
            StaleLockError: When the lock has a program that is not among `programs`.
        """
        packages, programs = needed(lock, recipes, architectures)
        self._bring_bases(lock, recipes, architectures)
        artifacts = {package.sha256: self._package(package, lock) for package in packages}
        for wish in downloads(recipes):
            if wish.url is not None and wish.sha256 is not None:
                artifacts[wish.sha256] = Artifact(name=f"/{wish.path}", digest=wish.sha256, urls=(wish.url,))
        self.fetcher.fetch_many([artifacts[digest] for digest in sorted(artifacts)])
        publishers = Publishers(fetcher=self.fetcher, blobs=self.blobs, registry=self.registry, keyring=self.keyring)
        for built in programs:
            missing = [file for file in built.files if not self.blobs.has(file.sha256)]
            if missing:
                publishers.bring(self._program(built), built, missing)

    def _bring_bases(self, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None) -> None:
        for recipe in recipes:
            image = lock.images.get(recipe.name)
            if image is None or not image.base:
                continue
            if self.bases is None:
                raise InternalError(f"nobody can bring {image.base}")
            wanted = [arch for arch in image.stages if architectures is None or arch in architectures]
            self.bases.bring(lock.bases[image.base], wanted)

    def _program(self, built: LockedUpstream) -> Program:
        if built.name not in self.programs:
            raise StaleLockError(
                f'the lock has the program "{built.name}", which the catalogue does not have',
                hint="run `bareboat lock` to record the change",
            )
        return self.programs[built.name]

    def _package(self, package: LockedPackage, lock: Lock) -> Artifact:
        place = package.archive.split("/")[1] if package.archive.count("/") >= 2 else package.archive
        archive = lock.archives.get(package.archive)
        seen = package.seen if package.seen is not None or archive is None else archive.date
        mirrors = self.mirrors if seen is None else self.mirrors.at(Epoch(seen + _SNAPSHOT_SLACK_S))
        return Artifact(
            name=f"{package.name} {package.version} ({package.architecture})",
            digest=package.sha256,
            size=package.size,
            urls=mirrors.pinned_urls(place, package.path),
        )
