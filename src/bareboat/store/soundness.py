"""Whether the store on the disk is sound: every blob has its digest, every record vouches for itself.

What is damaged leaves the store, so that it is fetched or made again; nothing needs a restart or a repair.
Looking counts as no use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, NotFoundError, StoreError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer, Silent
from bareboat.store.census import Amount, Names, nothing_named
from bareboat.store.disk import DiskStore

_TASK = "verify"


@frozen
class RecordName:
    """A record by its kind and key."""

    kind: str
    key: Digest

    def __str__(self) -> str:
        return f"{self.kind}/{self.key.hex}"


@frozen
class Soundness:
    """What was looked at, and what was found.

    Attributes:
        blobs: The blobs that were read.
        records: How many records were read.
        damaged: Blobs, and further names of blobs, that are not what their digest promises.
        damaged_records: Records that do not vouch for themselves.
        stale: Records that another version wrote or that name a blob which is gone, and names that lead to none; that
            is no damage.
        refused: Why what was found could not be taken away, when it could not.
    """

    blobs: Amount
    records: int
    damaged: tuple[Digest, ...] = ()
    damaged_records: tuple[RecordName, ...] = ()
    stale: tuple[RecordName | Digest, ...] = ()
    refused: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damaged and not self.damaged_records


def verify(
    store: DiskStore, *, workers: int, observer: Observer | None = None, names: Names = nothing_named
) -> Soundness:
    """Read all of `store`, and take away what is damaged or stale where this machine lets us.

    Args:
        store: Which; other runs may use it meanwhile.
        workers: How many blobs are read at a time.
        observer: Hears of the bytes that were read, under the task "verify".
        names: The blobs that records name.

    Raises:
        StoreError: When something cannot be read for another reason than damage.
    """
    sizes = dict(_sizes(store))
    bad = _bad_blobs(store, sizes, workers, observer or Silent())
    stale_names = tuple(name for name in bad if _leads_nowhere(store, name, bad))
    damaged = tuple(digest for digest in bad if digest not in stale_names)
    removal = _Removal()
    for digest in bad:
        with removal.attempted():
            store.discard(digest)
    records = [RecordName(kind=kind, key=key) for kind, key in store.records()]
    broken, stale = _judged(store, records, names, frozenset(bad))
    for record in (*broken, *stale):
        with removal.attempted():
            store.forget(record.kind, record.key)
    return Soundness(
        blobs=Amount(count=len(sizes), bytes=sum(sizes.values())),
        records=len(records),
        damaged=damaged,
        damaged_records=broken,
        stale=(*stale_names, *stale),
        refused=removal.refused,
    )


class _Removal:
    """Takes away what can be, and remembers the first refusal."""

    def __init__(self) -> None:
        self.refused: str | None = None

    @contextmanager
    def attempted(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            self.refused = self.refused or error.message


def _sizes(store: DiskStore) -> Iterator[tuple[Digest, int]]:
    """Every blob and every further name with the number of its bytes, 0 for a name that leads nowhere."""
    for digest in store.digests():
        place = store.place_of(digest)
        try:
            yield digest, place.stat().st_size
        except OSError:
            if place.is_symlink():
                yield digest, 0


def _bad_blobs(store: DiskStore, sizes: Mapping[Digest, int], workers: int, observer: Observer) -> tuple[Digest, ...]:
    """Those of `sizes` whose bytes have another digest, or whose name leads nowhere; in the same order."""
    observer.begin(_TASK, sum(sizes.values()))

    def is_bad(digest: Digest) -> bool:
        try:
            return not store.is_sound(digest)
        except NotFoundError:
            # A name without bytes is worth nothing; what is not there at all was swept by another run.
            return store.place_of(digest).is_symlink()
        finally:
            observer.advance(_TASK, sizes[digest])

    try:
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix=_TASK) as pool:
            # The largest first, so that none of them is alone at the end.
            order = sorted(sizes, key=lambda digest: (-sizes[digest], digest))
            verdicts = dict(zip(order, pool.map(is_bad, order), strict=True))
    finally:
        observer.end(_TASK)
    return tuple(digest for digest in sizes if verdicts[digest])


def _leads_nowhere(store: DiskStore, name: Digest, bad: Collection[Digest]) -> bool:
    """Whether `name` is a further name of a blob that is not there, or is bad itself."""
    place = store.place_of(name)
    if not place.is_symlink():
        return False
    try:
        return Digest("sha256", place.resolve(strict=True).name) in bad
    except (OSError, RuntimeError, FormatError):
        return True


def _judged(
    store: DiskStore, records: Iterable[RecordName], names: Names, bad: frozenset[Digest]
) -> tuple[tuple[RecordName, ...], tuple[RecordName, ...]]:
    """Of `records`: those that are damaged, and those that nobody can use."""
    damaged: list[RecordName] = []
    stale: list[RecordName] = []
    for record in records:
        try:
            data = store.look_up(record.kind, record.key)
        except NotFoundError:
            continue  # Another run swept it.
        if data is None:
            damaged.append(record)
        elif not _is_of_use(store, record.kind, data, names, bad):
            stale.append(record)
    return tuple(damaged), tuple(stale)


def _is_of_use(store: DiskStore, kind: str, data: bytes, names: Names, bad: frozenset[Digest]) -> bool:
    """Whether this version can read a record, and has all blobs that it names."""
    try:
        return all(digest not in bad and store.place_of(digest).exists() for digest in names(kind, data))
    except FormatError:
        return False
