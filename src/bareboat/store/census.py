"""What the store on the disk holds: how much of what, and when it was last used.

A store knows bytes, not what they are for; what they are is told by how they begin, and by the records that name them.
Looking counts as no use.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, NotFoundError
from bareboat.base.frozen import frozen
from bareboat.store.disk import DiskStore
from bareboat.store.refusal import refusing

Names = Callable[[str, bytes], Iterable[Digest]]
"""The blobs that a record of a kind names; raises a FormatError for bytes that are no such record."""

LAYER = "layer"
"""The kind of the records that name layers."""

BLOBS = "blobs/sha256/??/*"
RECORDS = "records/*/??/*"
UNFINISHED = "tmp/*"


class Sort(StrEnum):
    """What a blob is, as far as the store can tell."""

    packages = "packages"
    indexes = "indexes"
    layers = "layers"
    members = "members"
    contents = "contents"
    documents = "documents"
    files = "files"


_HEADS = (
    (b"!<arch>\n", Sort.packages),
    (b"\xfd7zXZ\x00", Sort.indexes),
    (b"\x1f\x8b", Sort.members),
    (b"\x28\xb5\x2f\xfd", Sort.members),
    (b"\x00\x00\x00\x00", Sort.contents),  # the length of the first one, eight bytes, big-endian
    (b"{", Sort.documents),
)


@frozen
class Amount:
    """How many files there are, and how many bytes they have together."""

    count: int = 0
    bytes: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(count=self.count + other.count, bytes=self.bytes + other.bytes)


@frozen
class Holdings:
    """What a store holds, or what was taken away from it: blobs by `Sort`, records by kind, unfinished files."""

    blobs: Mapping[str, Amount] = field(default_factory=lambda: MappingProxyType({}))
    records: Mapping[str, Amount] = field(default_factory=lambda: MappingProxyType({}))
    unfinished: Amount = Amount()

    @property
    def all_blobs(self) -> Amount:
        """The blobs of every sort."""
        return sum(self.blobs.values(), Amount())

    @property
    def all_records(self) -> Amount:
        """The records of every kind."""
        return sum(self.records.values(), Amount())

    @property
    def everything(self) -> Amount:
        """All of it."""
        return self.all_blobs + self.all_records + self.unfinished


@frozen
class StoredFile:
    """A file of the store: what it is, how many bytes it has, and when it was last used, in seconds since 1970."""

    path: Path
    sort: str
    size: int
    used: float


@frozen
class Status:
    """What a store holds; `free` bytes are left on its disk; uses are in seconds since 1970, None when it is empty."""

    holdings: Holdings
    free: int
    oldest_use: float | None
    newest_use: float | None


def nothing_named(kind: str, record: bytes) -> Iterable[Digest]:  # noqa: ARG001
    """The `Names` of somebody who cannot read records."""
    return ()


def status(store: DiskStore, names: Names = nothing_named) -> Status:
    """What `store` holds now; a blob with two names is counted once.

    Raises:
        StoreError: When the folder cannot be read.
    """
    blobs, records = list(blobs_of(store, names)), list(records_of(store))
    uses = [file.used for file in (*blobs, *records)]
    return Status(
        holdings=holdings(blobs, records, unfinished_of(store)),
        free=_free(store.folder),
        oldest_use=min(uses, default=None),
        newest_use=max(uses, default=None),
    )


def holdings(blobs: Iterable[StoredFile], records: Iterable[StoredFile], unfinished: Iterable[StoredFile]) -> Holdings:
    """How much of what these files are."""
    return Holdings(
        blobs=_amounts(blobs),
        records=_amounts(records),
        unfinished=sum((Amount(count=1, bytes=file.size) for file in unfinished), Amount()),
    )


def blobs_of(store: DiskStore, names: Names) -> Iterator[StoredFile]:
    """Every blob, sorted by digest."""
    layers = _layers(store, names)
    for path, size, used in _files(store, BLOBS):
        yield StoredFile(path=path, sort=_sort(path, layers), size=size, used=used)


def records_of(store: DiskStore) -> Iterator[StoredFile]:
    """Every record, sorted by kind and key."""
    for path, size, used in _files(store, RECORDS):
        yield StoredFile(path=path, sort=path.parent.parent.name, size=size, used=used)


def unfinished_of(store: DiskStore) -> Iterator[StoredFile]:
    """Every unfinished or damaged file."""
    for path, size, used in _files(store, UNFINISHED):
        yield StoredFile(path=path, sort="unfinished", size=size, used=used)


def _files(store: DiskStore, pattern: str) -> Iterator[tuple[Path, int, float]]:
    with refusing(f'read "{store.folder}"'):
        for path in sorted(store.folder.glob(pattern)):
            with suppress(FileNotFoundError):
                found = path.lstat()
                yield path, _bytes_in(path) if path.is_dir() else found.st_size, found.st_mtime


def _bytes_in(folder: Path) -> int:
    """What a scratch folder holds, which may be going away meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.lstat().st_size if path.is_file() else 0
    return size


def _layers(store: DiskStore, names: Names) -> frozenset[str]:
    """The names of the blobs that records call layers."""
    found: set[str] = set()
    for kind, key in store.records():
        if kind == LAYER:
            with suppress(FormatError, NotFoundError):
                found |= {digest.hex for digest in names(kind, store.look_up(kind, key) or b"")}
    return frozenset(found)


def _sort(path: Path, layers: frozenset[str]) -> Sort:
    if path.name in layers:
        return Sort.layers
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError:
        return Sort.files
    return next((sort for magic, sort in _HEADS if head.startswith(magic)), Sort.files)


def _amounts(files: Iterable[StoredFile]) -> Mapping[str, Amount]:
    amounts: dict[str, Amount] = {}
    for file in files:
        amounts[file.sort] = amounts.get(file.sort, Amount()) + Amount(count=1, bytes=file.size)
    return MappingProxyType(dict(sorted(amounts.items())))


def _free(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    with refusing(f'read "{folder}"'):
        return shutil.disk_usage(folder).free
