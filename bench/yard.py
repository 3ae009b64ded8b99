"""Where benchmarks happen: a lock of the catalogue, and stores that hold what a case needs and nothing else."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import bareboat
from bareboat.base.digest import Digest
from bareboat.plan.lock import Lock, LockedPackage, LockedStage
from bareboat.plan.lock_file import parse_lock
from bareboat.store.disk import default_folder
from bench.measure import Sample, run

ACCEPTED = ("--unsafe-expired", "--unsafe-missing")
"""A mirror that is out of date must not keep anybody from measuring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """A folder to work in; `program` is bareboat, `packages` the user's own store with the .debs of the lock.

    `architectures` are OCI's names of those that whole catalogues are built for, `platforms` of those that python3 is;
    None means all.
    """

    folder: Path
    program: Path
    packages: Path
    architectures: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None

    @classmethod
    def at(
        cls, folder: Path, architectures: tuple[str, ...] | None = None, platforms: tuple[str, ...] | None = None
    ) -> Yard:
        """A yard in `folder`, with the bareboat that stands beside this Python."""
        folder.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("bareboat")
        return cls(
            folder=folder, program=program, packages=default_folder(os.environ), architectures=architectures,
            platforms=platforms,
        )  # fmt: skip

    @property
    def lock_path(self) -> Path:
        """The lock that all cases share."""
        return self.folder / "bareboat.lock"

    @property
    def lock(self) -> Lock:
        """What it says."""
        return parse_lock(self.lock_path.read_text(encoding="utf-8"), str(self.lock_path))

    def bareboat(self, *words: str | Path, store: Path | None = None, cwd: Path | None = None) -> Sample:
        """Run bareboat on `store`, or on the user's own."""
        environment = {} if store is None else {"BAREBOAT_CACHE": str(store)}
        return run([self.program, *words], cwd=cwd or self.folder, environment=environment)

    def build(self, store: Path, out: Path, *words: str | Path, lock: Path | None = None) -> Sample:
        """`bareboat build --frozen --offline` of `words` on `store`: nothing decided, nothing fetched."""
        there = ("--lock", lock or self.lock_path, "--out", out)
        return self.bareboat("build", *words, "--frozen", "--offline", "--quiet", *there, store=store)

    @property
    def arch(self) -> str:
        """The value of `--arch` for whole catalogues."""
        return _words(self.architectures)

    @property
    def platform(self) -> str:
        """The value of `--arch` for python3."""
        return _words(self.platforms)

    def prepare(self) -> None:
        """Have byte code, as an installed program does, and a lock of the whole catalogue; not measured."""
        compileall.compile_dir(Path(bareboat.__file__).parent, quiet=1)
        if not self.lock_path.exists():
            self.bareboat("lock", "--all", *ACCEPTED)

    def have(self, images: Collection[str] | None, architectures: Collection[str] | None) -> list[Digest]:
        """What building `images` for `architectures` needs, brought into the user's store where it is missing."""
        needed = blobs_of(self.lock, images, architectures)
        if not all(self._place(digest).exists() for digest in needed):
            names = ["--all"] if images is None else images
            there = ("--lock", self.lock_path, "--out", self.fresh("prepared"))
            self.bareboat("build", *names, "--arch", _words(architectures), "--frozen", "--no-check", "--quiet", *there)
            shutil.rmtree(self.folder / "prepared")
        return needed

    def _place(self, digest: Digest) -> Path:
        return self.packages / "blobs" / digest.algorithm / digest.hex[:2] / digest.hex

    def fresh(self, name: str) -> Path:
        """A path in the yard where nothing is."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def seeded(self, name: str, images: Collection[str] | None = None, architectures: Collection[str] | None = None,
               ) -> Path:  # fmt: skip
        """A store with the .debs and upstream files of `images`, and not a record or layer besides."""
        needed = self.have(images, architectures)
        store = self.fresh(name)
        for digest in needed:
            self.lend(digest, store)
        return store

    def lend(self, digest: Digest, store: Path) -> None:
        """Have a blob of the user's store in `store` as well."""
        name = f"blobs/{digest.algorithm}/{digest.hex[:2]}/{digest.hex}"
        place = store / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.packages / name, place)
        except OSError:
            shutil.copyfile(self.packages / name, place)


def _words(architectures: Collection[str] | None) -> str:
    return "all" if architectures is None else ",".join(architectures)


def packages_of(lock: Lock, images: Collection[str] | None, architectures: Collection[str] | None,
                ) -> tuple[LockedPackage, ...]:  # fmt: skip
    """The packages of `images` (None for all) on `architectures` (OCI's names), each once."""
    names = {name for stage in _stages(lock, images, architectures) for name in stage.packages}
    return tuple(lock.packages[name] for name in sorted(names))


def blobs_of(lock: Lock, images: Collection[str] | None, architectures: Collection[str] | None) -> list[Digest]:
    """The blobs that building needs."""
    programs = {name for stage in _stages(lock, images, architectures) for name in stage.upstream}
    files = {file.sha256 for name in programs for file in lock.upstream[name].files}
    return sorted(files | {package.sha256 for package in packages_of(lock, images, architectures)})


def _stages(
    lock: Lock, images: Collection[str] | None, architectures: Collection[str] | None
) -> Iterable[LockedStage]:
    return (
        stage
        for image in lock.images.values()
        if images is None or image.name in images
        for name, stages in image.stages.items()
        if architectures is None or name in architectures
        for stage in stages
    )
