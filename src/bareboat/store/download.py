"""One address, asked until it has given everything or a reason not to: retries, back-off, and resuming.

Whether the bytes are the right ones is judged by whoever reads them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from bareboat.store.answer import HEAD_BYTES, has_an_end, judge, range_start, strong_validator
from bareboat.store.patience import Patience
from bareboat.store.transport import Response, TransientError, Transport


class Download:
    """The bytes of one address.

    Args:
        transport: Who fetches.
        url: From where.
        size: How many bytes there must be, when that is known.
        patience: How often to ask.
    """

    def __init__(self, transport: Transport, url: str, size: int | None, patience: Patience) -> None:
        self._transport = transport
        self._url = url
        self._size = size
        self._patience = patience
        self._validator: str | None = None
        self._ranges = True
        self.head = b""
        self.received = 0
        self.answers = 0

    @property
    def is_patched(self) -> bool:
        """Whether the bytes come from more than one answer, and so could be of two different things."""
        return self.answers > 1

    def chunks(self) -> Generator[bytes, None, None]:
        """All bytes in order, put together from as many answers as it takes.

        Raises:
            NotFoundError: When it is not there.
            FetchError: When it cannot be had.
        """
        while True:
            try:
                yield from self.once()
            except TransientError as failure:
                self._patience.after(failure)
            else:
                return

    def once(self) -> Generator[bytes, None, None]:
        """What one answer gives beyond the bytes that are here, in order.

        Raises:
            NotFoundError: When it is not there.
            TransientError: When asking again may help.
            FetchError: When it cannot be had.
        """
        offset = self.received if self._ranges else 0
        with self._transport.get(self._url, offset=offset, validator=self._validator) as response:
            if response.status == 416 and offset:
                raise self._without_ranges()
            judge(response)
            body = self._from_here(response, offset)
            if self.received == 0:
                self._validator = strong_validator(response.headers)
            counted = False
            for chunk in body:
                self.answers += not counted
                counted = True
                self.head = (self.head + chunk)[:HEAD_BYTES] if len(self.head) < HEAD_BYTES else self.head
                self.received += len(chunk)
                yield chunk
            if self._size is not None and self.received < self._size and not has_an_end(response.headers):
                raise TransientError(f"the connection was closed after {self.received} of {self._size} bytes")

    def _from_here(self, response: Response, offset: int) -> Iterator[bytes]:
        """What an answer holds beyond the bytes that are here."""
        if response.status == 200:
            # RFC 9110, 14.2: "A server MAY ignore the Range header field."
            return without_first(response.chunks(), self.received)
        if offset and range_start(response, self._size) == offset:
            return response.chunks()
        raise self._without_ranges()

    def _without_ranges(self) -> TransientError:
        self._ranges = False
        return TransientError("the server sent another part than it was asked for")


def without_first(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """`chunks` without their first `count` bytes."""
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:] if count else chunk
        count = max(0, count - len(chunk))
