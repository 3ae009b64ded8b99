"""The bytes of one blob out of a registry, resumed when the connection breaks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING

from bareboat.oci.descriptor import Descriptor
from bareboat.store.download import Download
from bareboat.store.registry.api import Api, Call, Reply
from bareboat.store.verify import Check

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# 416: a registry that does not know ranges, or not this one; `Download` asks for the whole then.
_FINE = frozenset({200, 206, 416})


def blob_chunks(
    api: Api, url: str, scopes: tuple[str, ...], descriptor: Descriptor, start: int = 0
) -> Iterator[bytes]:
    """The bytes that lie at `url`, from `start` on; whether they are the right ones is judged by whoever reads them.

    Raises:
        NotFoundError: When they are not there.
        FetchError: When they cannot be had.
    """
    with api.streams:
        download = Download(_Door(api, scopes), url, descriptor.size, api.patience())
        download.received = start
        with closing(download.chunks()) as chunks:
            yield from chunks


class BlobReader(io.RawIOBase):
    """The bytes of a blob as a stream: an end that is not the promised one is a DigestMismatchError.

    Args:
        chunks: Begins to read.
        descriptor: What they must be.
    """

    def __init__(self, chunks: Callable[[], Iterator[bytes]], descriptor: Descriptor) -> None:
        super().__init__()
        self._chunks = chunks()
        self._check = Check(descriptor.digest, descriptor.size)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always, until it is closed."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read the next bytes.

        Raises:
            DigestMismatchError: When they are too many, or at the end, when they are others.
            NotFoundError: When they are not there.
            FetchError: When they cannot be had.
        """
        view = memoryview(buffer).cast("B")
        if not len(self._rest) and len(view):
            chunk = next(self._chunks, b"")
            if not chunk:
                self._check.finish()
                return 0
            self._check.feed(chunk)
            self._rest = memoryview(chunk)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Let the connection go."""
        if not self.closed:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        super().close()


class _Door:
    """A registry as a `store.transport.Transport`, for `Download`."""

    def __init__(self, api: Api, scopes: tuple[str, ...]) -> None:
        self._api = api
        self._scopes = scopes

    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> AbstractContextManager[Reply]:
        headers = {}
        if offset:
            # "A registry SHOULD support the `Range` request header in accordance with RFC 9110."
            headers["Range"] = f"bytes={offset}-"
            if validator is not None:
                headers["If-Range"] = validator
        return self._api.exchange(
            Call(method="GET", url=url, scopes=self._scopes, headers=headers, fine=_FINE), counted=False
        )
