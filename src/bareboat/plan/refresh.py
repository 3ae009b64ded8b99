"""Debian's archives as they are now: Release and Packages, fetched and verified.

The rules are in `plan.archive` and `plan.keyring`; here are the wires.
A mirror that is expired, replayed, unsigned or of another suite is passed over for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import (
    DigestMismatchError,
    FetchError,
    FormatError,
    NotFoundError,
    OfflineError,
    TrustError,
)
from bareboat.base.observer import Observer, Silent
from bareboat.debian.index import PackageIndex
from bareboat.debian.inflate import Limits as InflateLimits
from bareboat.debian.inflate import inflated
from bareboat.debian.release import IndexFile, Release
from bareboat.plan.archive import accept
from bareboat.plan.keyring import Keyring, verify_detached, verify_inline
from bareboat.plan.lock import LockedArchive
from bareboat.plan.prefer import DEFAULT_PRIORITY
from bareboat.store.blobs import Blobs, Records, read
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.limits import DEFAULT as LIMITS

_SUFFIXES = (".xz", ".gz", "")
_COMPACT = "packages-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRequest:
    """One suite to be read: its name in the lock, where it may be had, and who may sign it.

    `only` names the packages that may come from it, empty for all; `architectures` are Debian's names, None for any.
    """

    name: str
    suite: str
    components: tuple[str, ...]
    keyring: Keyring
    urls: tuple[str, ...]
    priority: int = DEFAULT_PRIORITY
    only: frozenset[str] = frozenset()
    architectures: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A suite whose Release was verified."""

    request: SuiteRequest
    release: Release
    locked: LockedArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresher:
    """Reads suites through one fetcher into one store.

    `now` is the time of day; `floors` the dates of the Releases that the lock was made from.
    `unsafe_expired` accepts Releases past their Valid-Until, `unsafe_missing` does without indexes that no mirror has.
    """

    fetcher: Fetcher
    blobs: Blobs
    records: Records
    now: Epoch
    floors: dict[str, Epoch] = field(default_factory=dict)
    observer: Observer = field(default_factory=Silent)
    unsafe_expired: bool = False
    unsafe_missing: bool = False

    def release(self, request: SuiteRequest) -> Refreshed:
        """The Release of a suite, verified.

        Raises:
            TrustError: When no mirror has one that can be believed.
            FetchError: When none answers.
        """
        try:
            return self._inline(request)
        except NotFoundError:
            return self._detached(request)

    def _inline(self, request: SuiteRequest) -> Refreshed:
        name = f"{request.name}: InRelease"
        page = self.fetcher.fetch_unpinned(
            name,
            [f"{url}/dists/{request.suite}/InRelease" for url in request.urls],
            max_bytes=LIMITS.max_release_bytes,
            check=lambda data: self._judged(request, *self._verified(data, None, request), data),
        )
        return self._judged(request, *self._verified(page.data, None, request), page.data)

    def _detached(self, request: SuiteRequest) -> Refreshed:
        found: list[Refreshed] = []

        def check(data: bytes, signature: bytes) -> None:
            found.append(self._judged(request, *self._verified(data, signature, request), data))

        refused: TrustError | None = None
        for url in request.urls:
            folder = f"{url}/dists/{request.suite}"
            try:
                pages = [
                    self.fetcher.fetch_unpinned(
                        f"{request.name}: {file}", [f"{folder}/{file}"], max_bytes=LIMITS.max_release_bytes
                    )
                    for file in ("Release", "Release.gpg")
                ]
                check(pages[0].data, pages[1].data)
            except TrustError as error:
                refused = error
            except NotFoundError:
                continue
            else:
                return found[-1]
        raise refused or NotFoundError(
            f"{request.name}: no mirror has InRelease, or Release with Release.gpg",
            hint="nothing unsigned is read; check the suite's name and the mirrors",
        )

    @staticmethod
    def _verified(data: bytes, signature: bytes | None, request: SuiteRequest) -> tuple[bytes, tuple[str, ...]]:
        where = f"dists/{request.suite}/InRelease"
        if signature is None:
            verified = verify_inline(data, request.keyring, where)
        else:
            verified = verify_detached(data, signature, request.keyring, f"dists/{request.suite}/Release")
        return verified.data, verified.signed_by

    def _judged(self, request: SuiteRequest, text: bytes, signers: tuple[str, ...], received: bytes) -> Refreshed:
        where = f"dists/{request.suite}/InRelease"
        try:
            release = Release.parse(text.decode(), where)
        except UnicodeDecodeError as error:
            raise FormatError(f"{where}: is not UTF-8") from error
        accept(
            release,
            suite=request.suite,
            now=self.now,
            floor=self.floors.get(request.name),
            where=f"{request.name}: InRelease",
            unsafe_expired=self.unsafe_expired,
        )
        locked = LockedArchive(
            name=request.name,
            codename=release.codename,
            date=release.date,
            valid_until=release.valid_until,
            release=Digest.of(received),
            signed_by=signers,
        )
        return Refreshed(request=request, release=release, locked=locked)

    def fetch_indexes(self, suites: Iterable[Refreshed], architectures: Sequence[str]) -> tuple[Refreshed, ...]:
        """Bring the Packages files of `suites` for `architectures` (Debian's names) into the store.

        Returns:
            The suites, with the architectures in `missing` whose files could not be had where that is accepted.

        Raises:
            FetchError: When one cannot be had.
            DigestMismatchError: When every mirror has another file under its name.
        """
        wanted: dict[Digest, Artifact] = {}
        for suite in suites:
            for architecture in architectures:
                wanted |= {file.sha256: _artifact(suite, file) for file in self._unread(suite, architecture)}
        try:
            self.fetcher.fetch_many([wanted[digest] for digest in sorted(wanted)])
        except (FetchError, DigestMismatchError) as error:
            if not self.unsafe_missing or isinstance(error, OfflineError):
                error.hint = error.hint or (
                    "the mirror may be in the middle of an update: try again, name another one with BAREBOAT_MIRROR and "
                    "BAREBOAT_SECURITY_MIRROR, or do without with --unsafe-missing"
                )
                raise
        return tuple(self._with_missing(suite, architectures) for suite in suites)

    def _unread(self, suite: Refreshed, architecture: str) -> list[IndexFile]:
        files = index_files(suite, architecture)
        return [file for file in files if self.records.get(_COMPACT, file.sha256) is None]

    def _with_missing(self, suite: Refreshed, architectures: Sequence[str]) -> Refreshed:
        """`suite`, each file of which is asked for once more where the first attempt stopped at another's failure."""
        missing: list[str] = []
        for architecture in architectures:
            try:
                for file in self._unread(suite, architecture):
                    self.fetcher.fetch(_artifact(suite, file))
            except (FetchError, DigestMismatchError) as error:
                self.observer.warn(f"{suite.request.name}: goes without {architecture}: {error.message}")
                missing.append(architecture)
        return replace(suite, locked=replace(suite.locked, missing=tuple(missing)))

    def indexes(self, suite: Refreshed, architecture: str) -> tuple[PackageIndex, ...]:
        """The verified Packages of one suite and architecture; none where the suite does not have it.

        Raises:
            FormatError: When one does not unpack.
        """
        if architecture in suite.locked.missing:
            return ()
        return tuple(self._index(suite, file) for file in index_files(suite, architecture))

    def _index(self, suite: Refreshed, file: IndexFile) -> PackageIndex:
        where = f"{suite.request.name}: {file.path}"
        known = self.records.get(_COMPACT, file.sha256)
        if known is not None:
            return PackageIndex.parse(known, where)
        suffix = file.path.rpartition("Packages")[2].removeprefix(".")
        limits = InflateLimits(max_bytes=LIMITS.max_unpacked_index_bytes)
        text = b"".join(inflated([read(self.blobs, file.sha256)], suffix, where, limits))
        compact = PackageIndex.parse(text, where).compact()
        self.records.put(_COMPACT, file.sha256, compact)
        return PackageIndex.parse(compact, where)


def index_files(suite: Refreshed, architecture: str) -> tuple[IndexFile, ...]:
    """The Packages files to read, one compression of each; those for all architectures too where they stand apart."""
    request = suite.request
    if request.architectures is not None and architecture not in request.architectures:
        return ()
    folders = [f"binary-{architecture}", *(["binary-all"] if suite.release.separate_all else [])]
    return tuple(
        file
        for component in request.components
        for folder in folders
        if (file := _best(suite.release, f"{component}/{folder}/Packages")) is not None
    )


def _best(release: Release, path: str) -> IndexFile | None:
    return next((release.files[path + suffix] for suffix in _SUFFIXES if path + suffix in release.files), None)


def _artifact(suite: Refreshed, file: IndexFile) -> Artifact:
    paths: list[Callable[[IndexFile], str]] = [lambda item: item.path]
    if suite.release.acquire_by_hash:
        paths.insert(0, lambda item: item.by_hash)
    folder = f"dists/{suite.request.suite}"
    urls = tuple(f"{url}/{folder}/{path(file)}" for url in suite.request.urls for path in paths)
    return Artifact(name=f"{suite.request.name}: {file.path}", digest=file.sha256, size=file.size, urls=urls)
