"""What the store on the disk holds, and how it gets smaller."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore
from bareboat.store.refusal import refusing

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many files there are, and how many bytes they have together."""

    count: int = 0
    bytes: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(count=self.count + other.count, bytes=self.bytes + other.bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a store holds: or what was taken away from it."""

    blobs: Amount = Amount()
    records: Amount = Amount()
    unfinished: Amount = Amount()


def status(store: DiskStore) -> Status:
    """What `store` holds now; a blob with two names is counted once.

    Raises:
        StoreError: When the folder cannot be read.
    """
    return Status(
        blobs=_sum(store, "blobs/sha256/??/*"), records=_sum(store, "records/*/??/*"), unfinished=_sum(store, "tmp/*")
    )


def sweep(store: DiskStore, keep: Collection[Digest], older_than_s: float) -> Status:
    """Take away what was not used for a while, and return how much that was.

    Args:
        store: Where.
        keep: Blobs that stay, however old; records go by their age alone.
        older_than_s: For how many seconds a file was not used. Another run may have found a blob a moment ago
            and be about to read it, so an hour is the least that makes sense besides running builds.

    Raises:
        StoreError: When the folder cannot be written to.
    """
    now = store.now()
    kept = {digest.hex for digest in keep}
    for name in keep:
        with suppress(OSError):
            kept.add(_named(store, name).readlink().name)
    freed = Status(
        blobs=_remove(store, "blobs/sha256/??/*", now - older_than_s, kept),
        records=_remove(store, "records/*/??/*", now - older_than_s, frozenset()),
        unfinished=_remove(store, "tmp/*", now - max(older_than_s, DAY_S), frozenset()),
    )
    with refusing(f'sweep "{store.folder}"'):
        for link in store.folder.glob("blobs/sha512/??/*"):
            if link.is_symlink() and not link.exists():
                link.unlink(missing_ok=True)
    return freed


def _named(store: DiskStore, name: Digest) -> Path:
    return store.folder / "blobs" / name.algorithm / name.hex[:2] / name.hex


def _files(store: DiskStore, pattern: str) -> Iterator[tuple[Path, int, float]]:
    """Path, size in bytes and time of last use of every file."""
    for path in sorted(store.folder.glob(pattern)):
        with suppress(FileNotFoundError):
            found = path.lstat()
            yield path, found.st_size, found.st_mtime


def _sum(store: DiskStore, pattern: str) -> Amount:
    with refusing(f'read "{store.folder}"'):
        return sum((Amount(count=1, bytes=size) for _, size, _ in _files(store, pattern)), Amount())


def _remove(store: DiskStore, pattern: str, before: float, kept: Collection[str]) -> Amount:
    freed = Amount()
    with refusing(f'sweep "{store.folder}"'):
        for path, size, used in _files(store, pattern):
            if used <= before and path.name not in kept:
                path.unlink(missing_ok=True)
                freed += Amount(count=1, bytes=size)
    return freed
