"""The images that are served, as they are now, and their bytes, checked before anybody gets one.

A blob is hashed when it is first asked for, and again when its file has changed.
All who are sent a blob at the same time read from one open file, and have no more than a piece of it in memory each.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, NotFoundError
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.received import MOST_BYTES
from bareboat.ship.serve.catalogue import Catalogue
from bareboat.store.blobs import DamagedError, read
from bareboat.store.images import ImageStore
from bareboat.store.layout import INDEX_NAME
from bareboat.store.limits import KIB
from bareboat.store.referrers import Referrers, referrers_in
from bareboat.store.refusal import refusing

PIECE_BYTES = 128 * KIB
"""How much of a blob is in memory for each client, twice at most: read, and on its way."""

_HASHED_BYTES = 1024 * KIB
_NOWAIT = getattr(os, "RWF_NOWAIT", None)
_CANNOT = (errno.EAGAIN, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

_Signature = tuple[int, ...]


class Held:
    """A blob that somebody is being sent: an open file, which is closed when nobody needs it any more."""

    def __init__(self, opening: asyncio.Future[tuple[int, int, int]]) -> None:
        self.users = 0
        self._opening = opening

    async def wait(self) -> int:
        """How many bytes it has, once all of them were found to be right."""
        return (await asyncio.shield(self._opening))[2]

    async def pieces(self, part: range) -> AsyncIterator[memoryview]:
        """The bytes of `part`.

        Raises:
            DamagedError: When the file became shorter meanwhile.
        """
        descriptor, start, _ = self._opening.result()
        position = part.start
        while position < part.stop:
            piece = await _read(descriptor, min(PIECE_BYTES, part.stop - position), start + position)
            if not piece:
                raise DamagedError("a file became shorter while it was read")
            position += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file, once it is open."""
        self._opening.add_done_callback(_close)


class Shelf:
    """What a registry serves; for one event loop.

    Args:
        open_store: Opens the layout or archive.
        place: Where it lies.
        warn: Told of what is damaged.
    """

    def __init__(self, open_store: Callable[[Path], ImageStore], place: Path, warn: Callable[[str], None]) -> None:
        self._open_store = open_store
        self._place = place
        self._warn = warn
        self._store = open_store(place)
        self._seen = self._now()
        self._catalogue = self._read_catalogue(self._store)
        self._referrers: asyncio.Future[Referrers] | None = None
        self._held: dict[Digest, Held] = {}
        self._judged: dict[Digest, tuple[_Signature, bool]] = {}

    @property
    def catalogue(self) -> Catalogue:
        """What there is now; what there was, while it cannot be read."""
        now = self._now()
        if now != self._seen:
            self._seen = now
            try:
                store = self._open_store(self._place)
                self._catalogue = self._read_catalogue(store)
            except BareboatError as fault:
                self._warn(f"{fault.message}; what was there before is served on")
            else:
                self._store, self._referrers = store, None
        return self._catalogue

    async def document(self, digest: Digest) -> bytes:
        """All bytes of a manifest or index.

        Raises:
            NotFoundError: When it is not here.
            DamagedError: When other bytes lie in its place.
        """
        return await asyncio.to_thread(self._document, digest)

    async def referrers(self, digest: Digest) -> tuple[Descriptor, ...]:
        """Who refers to `digest`; everything is looked through once for each state of the layout."""
        _ = self.catalogue
        if self._referrers is None:
            self._referrers = asyncio.ensure_future(asyncio.to_thread(referrers_in, self._store))
        return (await asyncio.shield(self._referrers)).get(digest, ())

    def size(self, digest: Digest) -> int:
        """How many bytes a blob has.

        Raises:
            NotFoundError: When it is not here.
            DamagedError: When it is known that other bytes lie in its place.
        """
        extent = self._store.extent(digest)
        judged = self._judged.get(digest)
        if judged is not None and not judged[1]:
            with refusing(f'read "{extent.file}"'):
                now = _signature(extent.file.stat(), extent.start)
            if judged[0] == now:
                raise self._damaged(digest)
        return extent.size

    @asynccontextmanager
    async def blob(self, digest: Digest) -> AsyncIterator[tuple[Held, int]]:
        """A blob to read from, and its size in bytes, once all of it was found to be right.

        Raises:
            NotFoundError: When it is not here.
            DamagedError: When other bytes lie in its place.
            StoreError: When it cannot be read.
        """
        held = self._held.get(digest)
        if held is None:
            held = self._held[digest] = Held(asyncio.ensure_future(asyncio.to_thread(self._opened, digest)))
        held.users += 1
        try:
            yield held, await held.wait()
        finally:
            held.users -= 1
            if not held.users:
                del self._held[digest]
                held.close()

    def _read_catalogue(self, store: ImageStore) -> Catalogue:
        index: Index = store.index
        catalogue = Catalogue.of(index.manifests, self._place.resolve().name)
        for name in catalogue.nameless:
            self._warn(f'"{name}" cannot be the name of a repository, so it is served by digest alone')
        return catalogue

    def _now(self) -> _Signature | None:
        watched = self._place / INDEX_NAME if self._place.is_dir() else self._place
        try:
            return _signature(watched.stat())
        except OSError:
            return None

    def _document(self, digest: Digest) -> bytes:
        try:
            if self._store.extent(digest).size > MOST_BYTES:
                raise NotFoundError(f"{digest} is larger than any manifest")
            return read(self._store, digest)
        except BareboatError as fault:
            raise self._told(digest, fault) from fault

    def _opened(self, digest: Digest) -> tuple[int, int, int]:
        """A descriptor of the file, where the blob begins in it, and its size; all of it was hashed."""
        extent = self._store.extent(digest)
        with refusing(f'read "{extent.file}"'):
            descriptor = os.open(extent.file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            signature = _signature(os.fstat(descriptor), extent.start)
            judged = self._judged.get(digest)
            if judged is None or judged[0] != signature:
                judged = signature, _hash(descriptor, extent.start, extent.size, digest.algorithm) == digest.hex
                self._judged[digest] = judged
                if not judged[1]:
                    self._warn(self._damaged(digest).message)
        except BaseException:
            os.close(descriptor)
            raise
        if not judged[1]:
            os.close(descriptor)
            raise self._damaged(digest)
        return descriptor, extent.start, extent.size

    def _damaged(self, digest: Digest) -> DamagedError:
        return DamagedError(f"{self._place}: {digest} is damaged")

    def _told(self, digest: Digest, fault: BareboatError) -> BareboatError:
        if not isinstance(fault, DigestMismatchError):
            return fault
        damaged = self._damaged(digest)
        self._warn(damaged.message)
        return damaged


async def _read(descriptor: int, size: int, position: int) -> memoryview:
    """Some bytes: at once when the kernel has them in memory, else by a thread that may wait for the disk."""
    if _NOWAIT is not None:
        piece = bytearray(size)
        try:
            count = os.preadv(descriptor, [piece], position, _NOWAIT)
        except OSError as fault:
            if fault.errno not in _CANNOT:
                raise
        else:
            if count:
                return memoryview(piece)[:count]
    return memoryview(await asyncio.to_thread(os.pread, descriptor, size, position))


def _hash(descriptor: int, start: int, size: int, algorithm: str) -> str:
    content = hashlib.new(algorithm)
    done = 0
    while done < size and (piece := os.pread(descriptor, min(_HASHED_BYTES, size - done), start + done)):
        content.update(piece)
        done += len(piece)
    return content.hexdigest()


def _signature(found: os.stat_result, start: int = 0) -> _Signature:
    """What changes when a file does."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, start


def _close(opening: asyncio.Future[tuple[int, int, int]]) -> None:
    with suppress(asyncio.CancelledError):
        if opening.exception() is None:
            os.close(opening.result()[0])
