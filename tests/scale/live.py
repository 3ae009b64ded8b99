"""The live archive as Bareboat reads it: verified, through this machine's mirrors, into this machine's store."""

from __future__ import annotations

import lzma
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.debian.package import Package
from bareboat.plan.distro import codenames, distro
from bareboat.plan.keyring import archive_keyring
from bareboat.plan.refresh import Refreshed, Refresher, SuiteRequest, index_files
from bareboat.plan.universe import Supply, Universe
from bareboat.store.apt_proxy import machine_proxies
from bareboat.store.apt_sources import machine_sources
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore, default_folder
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.http import HttpTransport
from bareboat.store.local import LocalTransport
from bareboat.store.mirrors import mirrors_from
from bareboat.store.transport import Routes

LATE = Epoch(2**40)
"""A time at which every Release is long past its Valid-Until: what a mirror has is what is asked about."""


@dataclass(frozen=True)
class Live:
    """The suites of one distro, and the store that what they have goes into."""

    store: DiskStore
    fetcher: Fetcher
    reader: Refresher
    suites: tuple[Refreshed, ...]

    def read(self, architecture: str) -> Live:
        """The same with the indexes of `architecture` (Debian's name) in the store; a suite without it goes without."""
        found = self.reader.fetch_indexes(self.suites, [architecture])
        return Live(self.store, self.fetcher, self.reader, found)

    def universe(self, architecture: str) -> Universe:
        """Everything that could be chosen."""
        supplies = tuple(
            Supply(archive=suite.request.name, index=index)
            for suite in self.suites
            for index in self.reader.indexes(suite, architecture)
        )
        return Universe(architecture=architecture, supplies=supplies)

    def lists(self, architecture: str) -> Mapping[str, bytes]:
        """The whole Packages text of every suite that has one, for programs that read it themselves."""
        return {
            suite.request.suite: b"\n".join(self._texts(suite, architecture))
            for suite in self.suites
            if architecture not in suite.locked.missing
        }

    def _texts(self, suite: Refreshed, architecture: str) -> Iterator[bytes]:
        for file in index_files(suite, architecture):
            paths = [file.by_hash, file.path]
            urls = tuple(f"{url}/dists/{suite.request.suite}/{path}" for url in suite.request.urls for path in paths)
            artifact = Artifact(name=file.path, digest=file.sha256, size=file.size, urls=urls)
            data = read(self.store, self.fetcher.fetch(artifact))
            yield lzma.decompress(data) if file.path.endswith(".xz") else data

    def debs(self, packages: Sequence[tuple[str, Package]]) -> tuple[Digest, ...]:
        """Fetch packages, each with the name of the archive that has it."""
        urls = {suite.request.name: suite.request.urls for suite in self.suites}
        return self.fetcher.fetch_many([
            Artifact(
                name=str(package), digest=package.sha256, size=package.size,
                urls=tuple(f"{url}/{package.filename}" for url in urls[archive]),
            )
            for archive, package in packages
        ])  # fmt: skip

    def file(self, digest: Digest) -> Path:
        """Where the store has a blob."""
        path = self.store.path(digest)
        assert path is not None
        return path


@contextmanager
def live(name: str) -> Iterator[Live]:
    """The archive of the distro `name` as it is today."""
    mirrors = mirrors_from(environment=os.environ, apt_sources=machine_sources(), codenames=codenames())
    requests = [
        SuiteRequest(
            name=f"{name}/{suite.archive}/{suite.suite}", suite=suite.suite, components=suite.components,
            keyring=archive_keyring(suite.keys), urls=mirrors.of(suite.archive),
        )
        for suite in distro(name).suites
    ]  # fmt: skip
    store = DiskStore(default_folder(os.environ))
    with HttpTransport(proxies=machine_proxies()) as http:
        local = LocalTransport()
        fetcher = Fetcher(Routes({"http": http, "https": http, "file": local, "copy": local}), store)
        reader = Refresher(
            fetcher=fetcher, blobs=store, records=store, now=LATE, unsafe_expired=True, unsafe_missing=True
        )
        yield Live(store, fetcher, reader, tuple(map(reader.release, requests)))


def main_suite(universe: Universe) -> Supply:
    """The suite that a distro is named for: the first that it has."""
    return universe.supplies[0]


def newest(packages: Iterable[Package]) -> Package:
    """The one of the highest version."""
    return max(packages, key=lambda package: package.version)
