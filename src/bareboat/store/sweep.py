"""How the store on the disk gets smaller: what was not used for a while goes, unless it is to be kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from bareboat.base.digest import Digest
from bareboat.store.census import (
    Holdings,
    Names,
    StoredFile,
    blobs_of,
    holdings,
    nothing_named,
    records_of,
    unfinished_of,
)
from bareboat.store.disk import DiskStore
from bareboat.store.refusal import refusing
from bareboat.store.scratch import remove_folder

HOUR_S = 3_600
DAY_S = 86_400


def sweep(
    store: DiskStore,
    keep: Collection[Digest],
    older_than_s: float,
    *,
    names: Names = nothing_named,
    dry_run: bool = False,
) -> Holdings:
    """Take away what was not used for a while, and return how much that was.

    Args:
        store: Where.
        keep: Blobs that stay, however old; records go by their age alone.
        older_than_s: For how many seconds a file was not used. Another run may have found a blob a moment ago
            and be about to read it, so an hour is the least that makes sense besides running builds.
            Unfinished files stay for a day at least.
        names: Tells the layers among the blobs.
        dry_run: Whether nothing is taken away, and only counted.

    Raises:
        StoreError: When the folder cannot be written to.
    """
    kept = _file_names(store, keep)
    before = store.now() - older_than_s
    blobs = [file for file in blobs_of(store, names) if file.used <= before and file.path.name not in kept]
    records = [file for file in records_of(store) if file.used <= before]
    before = store.now() - max(older_than_s, DAY_S)
    unfinished = [file for file in unfinished_of(store) if file.used <= before]
    if not dry_run:
        _remove(store, [*blobs, *records, *unfinished])
    return holdings(blobs, records, unfinished)


def _file_names(store: DiskStore, digests: Iterable[Digest]) -> frozenset[str]:
    """The names of the files of `digests`, each of which may be a further name of a blob."""
    kept = set()
    for digest in digests:
        kept.add(digest.hex)
        with suppress(OSError):
            kept.add(store.place_of(digest).readlink().name)
    return frozenset(kept)


def _remove(store: DiskStore, files: Iterable[StoredFile]) -> None:
    with refusing(f'sweep "{store.folder}"'):
        for file in files:
            if file.path.is_dir():
                remove_folder(file.path)  # a `store.scratch`, or an unpacked image, whose run was killed
            else:
                file.path.unlink(missing_ok=True)
        for link in store.folder.glob("blobs/sha512/??/*"):
            if link.is_symlink() and not link.exists():
                link.unlink(missing_ok=True)
