"""Makes a project in one line: a configuration, its lock, and a store that has every package, ready to build offline.

    project = make_project(tmp_path, "images:\\n  hello: {from: scratch, packages: [hello]}\\n", [make_deb("hello")])
    project.run("build", "--offline", "--frozen")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.epoch import Epoch
from bareboat.base.observer import Silent
from bareboat.cli import main
from bareboat.cli.bases import base_images
from bareboat.plan.desk import Desk
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import Lock
from bareboat.plan.refresh import Refresher, SuiteRequest
from bareboat.plan.resolve import Resolver
from bareboat.store.disk import DiskStore
from bareboat.store.fetch import Fetcher
from bareboat.store.remembered import RememberedTransport
from tests.makers.archive import DATE, make_archive

MIRROR = "https://mirror.example/debian"
ARCHIVE = "debian13/debian/trixie"
NO_LOCK = Lock()


@dataclass(frozen=True)
class Project:
    """A folder with a configuration and a lock, and the environment that commands run in."""

    folder: Path
    cache: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> int:
        """The exit code of `bareboat ARGUMENTS` in the folder."""
        before, variables = Path.cwd(), dict(os.environ)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        try:
            return main(arguments)
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(variables)

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


def empty_project(folder: Path, environment: Mapping[str, str] | None = None) -> Project:
    """A folder without anything, and a cache beside it."""
    place, cache = folder / "project", folder / "cache"
    place.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return Project(place, cache, {**kept, "BAREBOAT_CACHE": str(cache), "HOME": str(folder), **(environment or {})})


def make_project(
    folder: Path, configuration: str, packages: Sequence[bytes], architecture: str = "amd64", archive: str = ARCHIVE,
    prepare: Callable[[Project], object] | None = None, architectures: Sequence[str] | None = None,
) -> Project:  # fmt: skip
    """A project whose images take `packages` of `archive`, decided on for one architecture or several.

    `prepare` comes first.
    """
    project = empty_project(folder)
    if prepare is not None:
        prepare(project)
    path = project.write("bareboat.yaml", configuration)
    store = DiskStore(project.cache)
    for package in packages:
        store.add([package])
    lock = decided(Desk.at(path), store, packages, architecture, archive, architectures=architectures)
    assert Desk.at(path).write_lock(lock)
    return project


def decided(
    desk: Desk, store: DiskStore, packages: Sequence[bytes], architecture: str = "amd64", name: str = ARCHIVE,
    old: Lock = NO_LOCK, upgrade: Collection[str] | None = (), architectures: Sequence[str] | None = None,
) -> Lock:  # fmt: skip
    """The lock of a configuration's images from an archive that has `packages`; `old` stays but for `upgrade`."""
    archive = make_archive(packages)
    pages = {f"{MIRROR}/{path}": data for path, data in archive.files.items()}
    suite = SuiteRequest(
        name=name,
        suite="trixie",
        components=("main",),
        keyring=Keyring.of([archive.key], "the test's key"),
        urls=(MIRROR,),
    )
    fetcher = Fetcher(RememberedTransport(pages), store)
    refresher = Refresher(fetcher=fetcher, blobs=store, records=store, now=Epoch(DATE + 60))
    wanted = dict.fromkeys(desk.own, tuple(architectures or (architecture,)))
    with base_images(desk.folder, store, Silent(), offline=False) as finder:
        bases = finder.bases(old, wanted, upgrade)
    resolver = Resolver(
        refresher=refresher, suites={"debian13": (suite,)}, sources=desk.sources, old=old,
        upgrade=None if upgrade is None else frozenset(upgrade), bases=bases,
    )  # fmt: skip
    return resolver.resolve({
        recipe: tuple(bases[recipe].contents) if recipe in bases else some for recipe, some in wanted.items()
    })
