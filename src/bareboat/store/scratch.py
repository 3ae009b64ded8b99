"""A place to make everything anew: a folder that goes away, and of a store the inputs alone.

What the store has from earlier builds is not seen.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.store.blobs import Blobs
from bareboat.store.disk import DiskStore
from bareboat.store.output import writing

_OPEN_TO_US = 0o700


class Scratch:
    """Blobs and Records that begin empty; made by `scratch`.

    Args:
        own: Where what is written goes.
        source: Where the inputs are.
        inputs: The digests that may be read from there.
    """

    def __init__(self, own: DiskStore, source: Blobs, inputs: Collection[Digest]) -> None:
        self._own = own
        self._source = source
        self._inputs = frozenset(inputs)

    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`."""
        return self._place(digest).has(digest)

    def open(self, digest: Digest) -> BinaryIO:
        """As `Blobs.open`."""
        return self._place(digest).open(digest)

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        return self._place(digest).size(digest)

    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`."""
        return self._place(digest).path(digest)

    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        """As `Blobs.add`."""
        return self._own.add(chunks, expected=expected, size=size)

    def get(self, kind: str, key: Digest) -> bytes | None:
        """As `Records.get`: only what was put here."""
        return self._own.get(kind, key)

    def put(self, kind: str, key: Digest, data: bytes) -> None:
        """As `Records.put`."""
        self._own.put(kind, key, data)

    def _place(self, digest: Digest) -> Blobs:
        return self._own if digest not in self._inputs or self._own.has(digest) else self._source


@contextmanager
def scratch(source: Blobs, inputs: Collection[Digest], corner: Path) -> Iterator[Scratch]:
    """A new Scratch, all of which is removed in the end, whatever happens.

    Args:
        source: Where the inputs are.
        inputs: The digests that may be read from there.
        corner: The folder to make it in; where that cannot be written to, the system's folder for temporary files.

    Raises:
        StoreError: When this machine refuses.
    """
    folder = _folder(corner)
    try:
        yield Scratch(DiskStore(folder), source, inputs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder whose own folders may refuse even their owner.

    Raises:
        OSError: When something cannot be removed.
    """
    folder.chmod(_OPEN_TO_US)
    for path, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(path, name)
            if not inner.is_symlink():
                with suppress(PermissionError):
                    inner.chmod(_OPEN_TO_US)
    shutil.rmtree(folder)


def _folder(corner: Path) -> Path:
    try:
        corner.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="scratch-", dir=corner))
    except OSError:
        with writing(Path(tempfile.gettempdir())):
            return Path(tempfile.mkdtemp(prefix="bareboat-scratch-"))
