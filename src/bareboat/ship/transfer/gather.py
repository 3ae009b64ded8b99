"""Images out of a registry into the store of this machine: several blobs at a time, each once, gone on with later.

What is here already is not asked for.
Everything comes by digest, so that an image is whole even when its tag moves meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress

from bareboat.base.errors import DigestMismatchError, NotFoundError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.oci.descriptor import Descriptor
from bareboat.ship.transfer.contents import Part, parts_of
from bareboat.ship.transfer.origin import Origin, Supplemented
from bareboat.ship.transfer.team import JOBS, Team
from bareboat.store.blobs import Blobs
from bareboat.store.disk import DiskStore
from bareboat.store.images import read_document
from bareboat.store.partial import add_in_goes

_TASK = "pull"


@frozen
class Came:
    """How many blobs came, how many were here already, and how many bytes came; documents are not counted."""

    fetched: int = 0
    there: int = 0
    bytes: int = 0

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"fetched": self.fetched, "there": self.there, "bytes": self.bytes}


def gather(
    origin: Origin,
    roots: Sequence[Descriptor],
    store: DiskStore,
    *,
    here: Blobs | None = None,
    observer: Observer | None = None,
    jobs: int = JOBS,
) -> Came:
    """Have everything that `roots` lead to in `store`, but for blobs that are `here`.

    Args:
        origin: Where it comes from.
        roots: Indexes and manifests.
        store: Where it goes; what has come of a blob when this fails is gone on with the next time.
        here: Another place, whose blobs need not come.
        observer: Hears of the bytes that come, under the task "pull".
        jobs: How many blobs come at a time.

    Raises:
        NotFoundError: When something is not there.
        DigestMismatchError: When something is not what was promised.
        FetchError: When something cannot be had.
        StoreError: When this machine refuses.
    """
    with Team(observer if observer is not None else Silent(), _TASK, jobs) as team:
        kept = _Kept(origin, store)
        parts: list[Part] = [part for root in roots for part in parts_of(kept, root, team.each)]
        blobs = list({blob.digest: blob for part in parts for blob in part.blobs}.values())
        missing = [blob for blob in blobs if not any(_is_whole(place, blob) for place in (here, store))]
        # The largest first, so that none of them is alone at the end.
        missing.sort(key=lambda blob: (-blob.size, blob.digest))
        team.observer.begin(team.task, sum(blob.size for blob in missing))
        try:
            came = team.each(lambda blob: _fetch(blob, origin, store, team), missing)
        finally:
            team.observer.end(team.task)
    return Came(fetched=len(missing), there=len(blobs) - len(missing), bytes=sum(came))


class _Kept(Supplemented):
    """An origin whose documents are kept in a store, and taken from there when they are there."""

    def __init__(self, origin: Origin, store: DiskStore) -> None:
        super().__init__(origin, {})
        self._store = store

    def document(self, descriptor: Descriptor) -> bytes:
        """As `Origin.document`."""
        with suppress(NotFoundError, DigestMismatchError):
            return read_document(self._store, descriptor)
        data = super().document(descriptor)
        if self._store.has(descriptor.digest):
            self._store.discard(descriptor.digest)  # It is damaged there.
        self._store.add([data], expected=descriptor.digest, size=descriptor.size)
        return data


def _is_whole(place: Blobs | None, blob: Descriptor) -> bool:
    return place is not None and place.has(blob.digest) and place.size(blob.digest) == blob.size


def _fetch(blob: Descriptor, origin: Origin, store: DiskStore, team: Team) -> int:
    def bytes_from(start: int) -> Generator[bytes, None, None]:
        team.advance(start)
        chunks = origin.chunks(blob, start)
        try:
            for chunk in chunks:
                team.advance(len(chunk))
                yield chunk
        finally:
            if isinstance(chunks, Generator):
                chunks.close()

    return add_in_goes(store, blob, bytes_from)
