"""Debian's archives as they are now: Release and Packages, fetched and verified.

The rules are in `plan.archive` and `plan.keyring`; here are the wires.
A mirror that is expired, replayed, unsigned or of another suite is passed over for the next one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import field, replace

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import (
    ConfigurationError,
    DigestMismatchError,
    FetchError,
    FormatError,
    LimitError,
    NotFoundError,
    OfflineError,
    SignatureError,
    TrustError,
)
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.debian.index import PackageIndex, compact, stanzas
from bareboat.debian.inflate import Limits as InflateLimits
from bareboat.debian.inflate import inflated
from bareboat.debian.release import IndexFile, Release
from bareboat.plan.archive import accept
from bareboat.plan.keyring import UNSIGNED, Keyring, verify_detached, verify_inline
from bareboat.plan.lock import LockedArchive
from bareboat.plan.prefer import DEFAULT_PRIORITY
from bareboat.store.blobs import Blobs, Records, read
from bareboat.store.failures import Failures
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.limits import DEFAULT as LIMITS

_PREPARED = f"packages-3-{sys.byteorder}"


@frozen
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

    def admits(self, package: str, architecture: str) -> bool:
        """Whether `package` may come from here for `architecture`."""
        is_meant = self.architectures is None or architecture in self.architectures
        return is_meant and (not self.only or package in self.only)


@frozen
class Refreshed:
    """A suite whose Release was verified."""

    request: SuiteRequest
    release: Release
    locked: LockedArchive


@frozen
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
        """The Release of a suite, verified: of the first mirror whose InRelease, or Release, can be believed.

        Raises:
            TrustError: When no mirror has one that can be believed.
            FetchError: When none answers.
            ConfigurationError: When the suite does not have a component.
        """
        failures = Failures(f"{request.name}: InRelease")
        refused: TrustError | FormatError | None = None
        offline: OfflineError | None = None
        for url in request.urls:
            try:
                return _with_components(self._judged(request, *self._signed(request, f"{url}/dists/{request.suite}")))
            except OfflineError as error:
                offline = error
            except (FetchError, LimitError) as error:
                failures.add(url, _unwrapped(error))
            except (TrustError, FormatError) as error:
                refused = refused or error
        reason = refused or offline or failures.error()
        if isinstance(reason, NotFoundError):
            reason.hint = reason.hint or "check the name of the suite and the mirrors"
        raise reason

    def _signed(self, request: SuiteRequest, folder: str) -> tuple[bytes, bytes | None]:
        """InRelease, or Release and what signs it, as one mirror has them."""
        try:
            return self._page(request, f"{folder}/InRelease"), None
        except NotFoundError as missing:
            try:
                release = self._page(request, f"{folder}/Release")
            except NotFoundError:
                raise missing from None
        try:
            return release, self._page(request, f"{folder}/Release.gpg")
        except NotFoundError:
            message = f"{request.name}: Release: is not signed: it has no Release.gpg"
            raise SignatureError(message, hint=UNSIGNED) from None

    def _page(self, request: SuiteRequest, url: str) -> bytes:
        name = f"{request.name}: {url.rpartition('/')[2]}"
        return self.fetcher.fetch_unpinned(name, [url], max_bytes=LIMITS.max_release_bytes).data

    def _judged(self, request: SuiteRequest, data: bytes, signature: bytes | None) -> Refreshed:
        file = "InRelease" if signature is None else "Release"
        where = f"{request.name}: {file}"
        if signature is None:
            verified = verify_inline(data, request.keyring, where)
        else:
            verified = verify_detached(data, signature, request.keyring, where)
        try:
            release = Release.parse(verified.data.decode(), where)
        except UnicodeDecodeError as error:
            raise FormatError(f"{where}: is not UTF-8") from error
        accept(
            release,
            suite=request.suite,
            now=self.now,
            floor=self.floors.get(request.name),
            where=where,
            unsafe_expired=self.unsafe_expired,
        )
        locked = LockedArchive(
            name=request.name,
            codename=release.codename,
            date=release.date,
            valid_until=release.valid_until,
            release=Digest.of(data),
            signed_by=verified.signed_by,
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
        found = tuple(suites)
        wanted = {
            file.sha256: _artifact(suite, file)
            for suite in found
            for architecture in architectures
            for file in self._unread(suite, architecture)
        }
        try:
            self.fetcher.fetch_many([wanted[digest] for digest in sorted(wanted)])
        except (FetchError, DigestMismatchError) as error:
            if not self.unsafe_missing or isinstance(error, OfflineError):
                error.hint = error.hint or (
                    "the mirror may be in the middle of an update: try again, take fewer architectures (--arch this), "
                    "name another mirror (BAREBOAT_MIRROR, BAREBOAT_SECURITY_MIRROR), or use --unsafe-missing"
                )
                raise
        return tuple(self._with_missing(suite, architectures) for suite in found)

    def _unread(self, suite: Refreshed, architecture: str) -> list[IndexFile]:
        files = index_files(suite, architecture)
        return [
            file
            for file in files
            if not self.blobs.has(file.sha256) and self.records.get(_PREPARED, file.sha256) is None
        ]

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
        known = self.records.get(_PREPARED, file.sha256)
        if known is not None:
            with suppress(FormatError):
                return PackageIndex.prepared(known, where)
        suffix = file.path.rpartition("Packages")[2].removeprefix(".")
        limits = InflateLimits(max_bytes=LIMITS.max_unpacked_index_bytes)
        text = b"".join(inflated([read(self.blobs, file.sha256)], suffix, where, limits))
        index = _compacted(text, where)
        self.records.put(_PREPARED, file.sha256, index.prepare())
        return index


def _compacted(text: bytes, where: str) -> PackageIndex:
    """The index of a Packages file without what nobody asks about.

    Raises:
        FormatError: When a stanza does not name its package; the line is that of the whole file.
    """
    try:
        index = PackageIndex.parse(compact(text), where)
    except FormatError:
        index = None
    return index if index is not None and len(index) == stanzas(text) else PackageIndex.parse(text, where)


def _with_components(suite: Refreshed) -> Refreshed:
    """`suite`, when it has the components that are asked for."""
    request = suite.request
    unknown = sorted(set(request.components) - set(suite.release.components))
    if unknown and suite.release.components:
        raise ConfigurationError(
            f'{request.name}: the suite has no component "{unknown[0]}"',
            hint=f"it has: {', '.join(suite.release.components)}",
        )
    return suite


def _unwrapped(error: FetchError | LimitError) -> FetchError | LimitError:
    """The one reason inside an error about one address."""
    return type(error)(error.problems[0].message, hint=error.hint) if len(error.problems) == 1 else error


def index_files(suite: Refreshed, architecture: str) -> tuple[IndexFile, ...]:
    """The Packages files to read, one compression of each; those for all architectures too where they stand apart."""
    request = suite.request
    if request.architectures is not None and architecture not in request.architectures:
        return ()
    read = [architecture, *(["all"] if suite.release.separate_all else [])]
    return tuple(
        file
        for component in request.components
        for name in read
        if (file := suite.release.packages_index(component, name)) is not None
    )


def _artifact(suite: Refreshed, file: IndexFile) -> Artifact:
    name = f"{suite.request.name}: {file.path}"
    if file.size > LIMITS.max_index_bytes:
        raise LimitError(f"{name}: is {file.size} bytes long, more than the limit of {LIMITS.max_index_bytes}")
    paths = [file.by_hash, file.path] if suite.release.acquire_by_hash else [file.path]
    urls = tuple(f"{url}/dists/{suite.request.suite}/{path}" for url in suite.request.urls for path in paths)
    return Artifact(name=name, digest=file.sha256, size=file.size, urls=urls)
