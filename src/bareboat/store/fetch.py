"""Artifacts into the store: each of their addresses is tried in turn, and content decides.

A mirror that has not got an artifact, or has another one under its name, costs time and nothing else; what came whole
stays in the store, whatever happens to the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing

from bareboat.base.digest import Digest
from bareboat.base.errors import (
    BareboatError,
    DigestMismatchError,
    FetchError,
    LimitError,
    OfflineError,
)
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.store.answer import looks_like_html
from bareboat.store.blobs import Blobs
from bareboat.store.download import Download
from bareboat.store.failures import Failures
from bareboat.store.limits import DEFAULT, Limits
from bareboat.store.patience import Patience, Sleep, StoppedError, sleep
from bareboat.store.transport import LOCAL_SCHEMES, TransientError, Transport, scheme_of

_TASK = "fetch"
_SHOWN = 5
_HTML = "it looks like an HTML page: a captive portal or a proxy?"
_HTML_HINT = "open a web page in a browser to see whether this network asks for a login"


@frozen
class Artifact:
    """Bytes that are known before they come, and the addresses where they may be had, best first.

    `name` is what people call it; `size` is in bytes, None when nobody said.
    """

    name: str
    digest: Digest
    size: int | None = None
    urls: tuple[str, ...] = ()


@frozen
class Page:
    """Bytes that nobody knew before they came, and the address that gave them."""

    data: bytes
    url: str


class Fetcher:
    """Fetches into one store through one transport; may be used by several threads.

    Args:
        transport: Who asks.
        blobs: Where the bytes go.
        limits: How much, how long, how often.
        offline: Whether only this machine's own files may be asked.
        sleep: How to wait between attempts.
        observer: Hears of the bytes that come, under the task "fetch", and of mirrors that are wrong.
    """

    def __init__(
        self,
        transport: Transport,
        blobs: Blobs,
        *,
        limits: Limits = DEFAULT,
        offline: bool = False,
        sleep: Sleep = sleep,
        observer: Observer | None = None,
    ) -> None:
        self._transport = transport
        self._blobs = blobs
        self._limits = limits
        self._offline = offline
        self._sleep = sleep
        self._observer = observer if observer is not None else Silent()

    def fetch(self, artifact: Artifact) -> Digest:
        """Have `artifact` in the store, and return its sha256 digest.

        Raises:
            OfflineError: When it is not in the store and the network is switched off.
            NotFoundError: When no address has it.
            DigestMismatchError: When an address gave something else in its place, and no other gave it.
            FetchError: When it could not be had for another reason, or several.
            LimitError: When it is larger than artifacts may be.
            StoreError: When the store refuses it.
        """
        return self.fetch_many((artifact,))[0]

    def fetch_many(self, artifacts: Sequence[Artifact], *, workers: int | None = None) -> tuple[Digest, ...]:
        """Have all `artifacts` in the store, and return their sha256 digests in the same order.

        The first failure ends the rest; everything that came whole stays in the store.

        Args:
            artifacts: What to fetch; those that are in the store already are not asked for.
            workers: How many to fetch at a time, when not as many as the limits say.

        Raises:
            OfflineError: When some are not in the store and the network is switched off; it names them.
            BareboatError: As `fetch`, of the first artifact in order that failed.
        """
        missing = [one for one in dict.fromkeys(artifacts) if not self._has(one)]
        if self._offline:
            _refuse([one for one in missing if not self._reachable(one.urls)])
        if missing:
            self._observer.begin(_TASK, sum(one.size or 0 for one in missing))
        try:
            return self._fetch_all(artifacts, workers or self._limits.workers)
        finally:
            if missing:
                self._observer.end(_TASK)

    def fetch_unpinned(
        self, name: str, urls: Sequence[str], *, max_bytes: int, check: Callable[[bytes], object] = lambda _: None
    ) -> Page:
        """The bytes that the first good address gives, where no digest is known before; nothing goes into the store.

        Args:
            name: What people call it.
            urls: Where it may be had, best first.
            max_bytes: How large it may be.
            check: Raises a BareboatError when the bytes cannot be what was wanted; the next address is tried then.

        Raises:
            OfflineError: When the network is switched off.
            NotFoundError: When no address has it.
            FetchError: When it could not be had for another reason, or several.
            BareboatError: The first that `check` raised, when no address gave good bytes.
        """
        reachable = self._reachable(urls)
        if self._offline and not reachable:
            raise _offline((name,))
        failures = Failures(name)
        refused: BareboatError | None = None
        for url in reachable:
            try:
                page = Page(data=self._whole(url, max_bytes), url=url)
            except (FetchError, LimitError) as failure:
                failures.add(url, failure)
                continue
            try:
                check(page.data)
            except BareboatError as failure:
                failures.add(url, failure)
                refused = refused or failure
            else:
                return page
        raise refused or failures.error()

    def _has(self, artifact: Artifact) -> bool:
        return self._blobs.has(artifact.digest) and artifact.size in (None, self._blobs.size(artifact.digest))

    def _reachable(self, urls: Sequence[str]) -> tuple[str, ...]:
        """Without the repeated ones, and those that need a network when there is none."""
        return tuple(url for url in dict.fromkeys(urls) if not self._offline or scheme_of(url) in LOCAL_SCHEMES)

    def _fetch_all(self, artifacts: Sequence[Artifact], workers: int) -> tuple[Digest, ...]:
        stop = threading.Event()
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix=_TASK) as pool:
            futures: dict[Artifact, Future[Digest]] = {}
            try:
                # The largest first, so that none of them is alone at the end.
                for artifact in sorted(artifacts, key=lambda one: (-(one.size or 0), one.name, one.digest)):
                    if artifact not in futures:
                        futures[artifact] = pool.submit(self._fetch_unless, stop, artifact)
                wait(futures.values(), return_when=FIRST_EXCEPTION)
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)
        failures = [futures[one].exception() for one in artifacts if not futures[one].cancelled()]
        for failure in failures:
            if failure is not None and not isinstance(failure, StoppedError):
                raise failure
        return tuple(futures[one].result() for one in artifacts)

    def _fetch_unless(self, stop: threading.Event, artifact: Artifact) -> Digest:
        """Fetch, and let the others know at once when that fails."""
        if stop.is_set():
            raise StoppedError("stopped")
        try:
            return self._fetch(artifact, stop)
        except BaseException:
            stop.set()
            raise

    def _fetch(self, artifact: Artifact, stop: threading.Event) -> Digest:
        if self._has(artifact):
            if artifact.digest.algorithm == "sha256":
                return artifact.digest
            return self._blobs.add((), expected=artifact.digest, size=artifact.size)
        if (artifact.size or 0) > self._limits.max_artifact_bytes:
            raise LimitError(f'cannot fetch "{artifact.name}": {_too_large(self._limits.max_artifact_bytes)}')
        failures = Failures(artifact.name)
        for url in self._reachable(artifact.urls):
            try:
                digest = self._from(url, artifact, stop)
            except StoppedError:
                raise
            except (FetchError, LimitError, DigestMismatchError) as failure:
                failures.add(url, failure)
            else:
                for lie in failures.lies:
                    self._observer.warn(str(lie))
                return digest
        raise failures.error()

    def _from(self, url: str, artifact: Artifact, stop: threading.Event) -> Digest:
        patience = Patience(self._limits, self._sleep, stop)
        progress = 0
        while True:
            download = Download(self._transport, url, artifact.size, patience)
            try:
                with closing(self._watched(download, artifact, stop, progress)) as chunks:
                    return self._blobs.add(chunks, expected=artifact.digest, size=artifact.size)
            except DigestMismatchError as failure:
                # Put together from several answers, it may be of two different things: once more, in one piece.
                if progress or not download.is_patched:
                    raise _explained(failure, download) from failure
                progress = download.received

    def _watched(
        self, download: Download, artifact: Artifact, stop: threading.Event, progress: int
    ) -> Generator[bytes, None, None]:
        """The chunks of a download within the limit, heard by the observer from `progress` on."""
        limit = self._limits.max_artifact_bytes  # Where a size is promised, the store stops at the surplus.
        with closing(download.chunks()) as chunks:
            for chunk in chunks:
                if stop.is_set():
                    raise StoppedError("stopped")
                if artifact.size is None and download.received > limit:
                    raise LimitError(_too_large(limit))
                fresh = min(len(chunk), download.received - progress)
                if fresh > 0:
                    self._observer.advance(_TASK, fresh)
                yield chunk

    def _whole(self, url: str, max_bytes: int) -> bytes:
        patience = Patience(self._limits, self._sleep, threading.Event())
        while True:
            # Without a digest nothing can tell whether two parts belong together: never resumed.
            download = Download(self._transport, url, None, patience)
            parts = []
            try:
                with closing(download.once()) as chunks:
                    for chunk in chunks:
                        if download.received > max_bytes:
                            raise LimitError(_too_large(max_bytes))
                        parts.append(chunk)
            except TransientError as failure:
                patience.after(failure)
                continue
            if looks_like_html(download.head):
                raise FetchError(_HTML, hint=_HTML_HINT)
            return b"".join(parts)


def _explained(failure: DigestMismatchError, download: Download) -> DigestMismatchError:
    if not looks_like_html(download.head):
        return failure
    return DigestMismatchError(f"{failure.message}; {_HTML}", hint=_HTML_HINT)


def _too_large(limit: int) -> str:
    return f"it is larger than the limit of {limit} bytes"


def _refuse(artifacts: Sequence[Artifact]) -> None:
    if artifacts:
        raise _offline(tuple(sorted(one.name for one in artifacts)))


def _offline(names: Sequence[str]) -> OfflineError:
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    message = f"cannot fetch {shown}{more}: not in the store, and the network is switched off"
    return OfflineError(message, hint="run the same command once without --offline")
