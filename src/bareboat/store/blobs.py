"""The port of a place that holds bytes by digest, with its in-memory twin in `store.memory`.

A port has the smallest core; everything else is computed from it here.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import new
from pathlib import Path
from typing import BinaryIO, Protocol

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError
from bareboat.store.limits import CHUNK_BYTES


class DamagedError(DigestMismatchError):
    """Bytes that were right when they came into the store are not any more."""


class Blobs(Protocol):
    """Bytes by digest: nothing stands under a digest that it does not have."""

    def has(self, digest: Digest) -> bool:
        """Whether the bytes of `digest` are here."""

    def open(self, digest: Digest) -> BinaryIO:
        """The bytes of `digest`, for reading; the caller closes.

        Raises:
            NotFoundError: When they are not here.
        """

    def size(self, digest: Digest) -> int:
        """How many bytes `digest` has.

        Raises:
            NotFoundError: When they are not here.
        """

    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        """Take bytes in and return their sha256 digest.

        When the expected bytes are here already, in their size, `chunks` need not be read.
        With an expected digest of another algorithm, the bytes are found under it too from then on.

        Args:
            chunks: The bytes, in order.
            expected: What their digest must be; it may be of another algorithm than sha256.
            size: How many bytes there must be; a surplus is noticed as soon as it comes.

        Raises:
            DigestMismatchError: When digest or size differ; nothing is kept then.
            StoreError: When this machine refuses (full disk, no permission).
        """

    def path(self, digest: Digest) -> Path | None:
        """Where the bytes lie as a file, when they do.

        Raises:
            DamagedError: When the place noticed that they are others.
        """


class Records(Protocol):
    """Small facts that can be computed again: derived data by key; losing one costs time only."""

    def get(self, kind: str, key: Digest) -> bytes | None:
        """The record of `key` among those of one `kind` (a plain word), or None."""

    def put(self, kind: str, key: Digest, data: bytes) -> None:
        """Remember `data` under `key`; a read-only place remembers nothing and does not fail."""


def read(blobs: Blobs, digest: Digest) -> bytes:
    """All bytes of `digest`, which they are checked against: a store may have been damaged or tampered with.

    Raises:
        NotFoundError: When they are not here.
        DamagedError: When other bytes lie in their place.
    """
    with blobs.open(digest) as stream:
        data = stream.read()
    if Digest.of(data, digest.algorithm) != digest:
        raise damaged(digest)
    return data


def open_checked(blobs: Blobs, digest: Digest) -> BinaryIO:
    """The bytes of `digest` for reading, after all of them were checked; the caller closes.

    Raises:
        NotFoundError: When they are not here.
        DamagedError: When other bytes lie in their place.
    """
    stream = blobs.open(digest)
    content = new(digest.algorithm)
    while chunk := stream.read(CHUNK_BYTES):
        content.update(chunk)
    if content.hexdigest() != digest.hex:
        stream.close()
        raise damaged(digest)
    stream.seek(0)
    return stream


def damaged(digest: Digest) -> DamagedError:
    """The error for bytes in the store that are not those of their name."""
    return DamagedError(
        f"the store has other bytes under {digest}: it was damaged or tampered with",
        hint="run `bareboat store verify`, which removes what is damaged",
    )
