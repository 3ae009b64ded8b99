"""Bytes judged as they pass: what does not have the promised digest and size is never accepted in silence."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Check:
    """Counts and hashes bytes; always knows their sha256 digest, and the promised one when that is of another kind.

    Args:
        expected: What their digest must be, when that is known.
        size: How many bytes there must be, when that is known.
    """

    def __init__(self, expected: Digest | None = None, size: int | None = None) -> None:
        self._expected = expected
        self._size = size
        self._count = 0
        self._sha256 = hashlib.sha256()
        other = expected is not None and expected.algorithm != "sha256"
        self._other = hashlib.new(expected.algorithm) if expected is not None and other else None

    @property
    def count(self) -> int:
        """How many bytes have come."""
        return self._count

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes in.

        Raises:
            DigestMismatchError: As soon as there are more than promised.
        """
        self._count += len(chunk)
        if self._size is not None and self._count > self._size:
            raise self._wrong(f"more than the promised {self._size} bytes came")
        self._sha256.update(chunk)
        if self._other is not None:
            self._other.update(chunk)

    def finish(self) -> Digest:
        """The sha256 digest of all bytes.

        Raises:
            DigestMismatchError: When there were fewer than promised, or others.
        """
        if self._size is not None and self._count != self._size:
            raise self._wrong(f"{self._count} bytes came, {self._size} were promised")
        actual = Digest("sha256", self._sha256.hexdigest())
        if self._expected is not None:
            other = Digest(self._expected.algorithm, self._other.hexdigest()) if self._other is not None else actual
            if other != self._expected:
                raise self._wrong(f"the bytes that came have {other}")
        return actual

    def _wrong(self, reason: str) -> DigestMismatchError:
        what = f"as {self._expected}" if self._expected is not None else "these bytes"
        return DigestMismatchError(f"cannot accept {what}: {reason}")


def verified(chunks: Iterable[bytes], digest: Digest | None, size: int | None = None) -> Iterator[bytes]:
    """`chunks` again; whoever reads them to the end knows that they are what was promised.

    Raises:
        DigestMismatchError: At the first byte too many, or at the end.
    """
    check = Check(digest, size)
    for chunk in chunks:
        check.feed(chunk)
        yield chunk
    check.finish()


class VerifiedReader(io.RawIOBase):
    """A stream that raises DigestMismatchError in place of an end that does not have the promised digest.

    Reading forward only; the stream below is closed with this one.

    Args:
        stream: The bytes, from their beginning.
        digest: What they must be.
        on_mismatch: Told once, before the error is raised.
    """

    def __init__(self, stream: BinaryIO, digest: Digest, on_mismatch: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._stream = stream
        self._check = Check(digest)
        self._on_mismatch = on_mismatch

    def readable(self) -> bool:
        """Always, until it is closed."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read the next bytes.

        Raises:
            DigestMismatchError: At the end, when the digest is another.
        """
        view = memoryview(buffer).cast("B")
        chunk = self._stream.read(len(view))
        if not chunk and len(view):
            try:
                self._check.finish()
            except DigestMismatchError:
                self._on_mismatch()
                raise
        self._check.feed(chunk)
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()
