"""The transport for mirrors on this machine: `file:` and `copy:` addresses, as apt writes them (RFC 8089)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from bareboat.base.errors import FetchError, NotFoundError
from bareboat.base.redact import redact_url
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.transport import LOCAL_SCHEMES


class LocalTransport:
    """Reads files of this machine as if they were answers of a server."""

    @contextmanager
    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> Iterator[LocalResponse]:  # noqa: ARG002
        """As `Transport.get`; a file that changes meanwhile is noticed by its digest alone."""
        path = local_path(url)
        try:
            stream = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFoundError("there is no such file") from None
        except (OSError, ValueError) as fault:
            raise FetchError(f"it cannot be read: {_said(fault)}") from fault
        with stream:
            yield LocalResponse(stream, os.fstat(stream.fileno()).st_size, offset)


class LocalResponse:
    """The file from `offset` on, as `Response`.

    Args:
        stream: The open file.
        size: How many bytes it has.
        offset: How many of them are not wanted.
    """

    def __init__(self, stream: BinaryIO, size: int, offset: int) -> None:
        self._stream = stream
        self._size = size
        self._offset = offset

    @property
    def status(self) -> int:
        """206 when a part was asked for, 416 when there is no such part, else 200."""
        if self._offset >= self._size > 0:
            return 416
        return 206 if self._offset else 200

    @property
    def headers(self) -> Mapping[str, str]:
        """The length and the part, as HTTP says them."""
        headers = {"content-length": str(max(0, self._size - self._offset))}
        if self.status == 206:
            headers["content-range"] = f"bytes {self._offset}-{self._size - 1}/{self._size}"
        return headers

    def chunks(self) -> Iterator[bytes]:
        """As `Response.chunks`."""
        try:
            self._stream.seek(self._offset)
            while chunk := self._stream.read(CHUNK_BYTES):
                yield chunk
        except OSError as fault:
            raise FetchError(f"it cannot be read: {_said(fault)}") from fault


def local_path(url: str) -> Path:
    """The file that a `file:` or `copy:` address means.

    Raises:
        FetchError: When it means one on another machine, or none.
    """
    try:
        parts = urlsplit(url)
    except ValueError as fault:
        raise FetchError("its address cannot be read") from fault
    if parts.scheme not in LOCAL_SCHEMES or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise FetchError(f'"{redact_url(url)}" is not the address of a file on this machine', hint="write file:///path")
    return Path(unquote(parts.path))


def _said(fault: Exception) -> str:
    return os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else str(fault)
