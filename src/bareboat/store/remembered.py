"""The transport that needs no network: answers from memory, for tests, demonstrations and recorded runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bareboat.base.frozen import frozen
from bareboat.store.transport import TransientError

_PIECE_BYTES = 1000


@frozen
class Answer:
    """What is said to one request, and how it goes wrong.

    Attributes:
        body: The whole thing; of a part that is asked for, only that part is sent.
        status: The status of HTTP.
        headers: Further headers, names in lower case.
        breaks_after: How many bytes of the body are sent before the connection breaks, when it does.
        silent: Whether nobody answers at all.
        ranges: Whether parts may be asked for.
        lengthless: Whether it does not say how long the body is, so that its end is where the connection ends.
    """

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    breaks_after: int | None = None
    silent: bool = False
    ranges: bool = True
    lengthless: bool = False


@frozen(kw_only=False)
class Request:
    """What was asked."""

    url: str
    offset: int = 0
    validator: str | None = None


class RememberedTransport:
    """Answers from memory, by address; what it does not know is not there (404).

    Args:
        pages: By address: a body, an answer, or answers that are given in turn, the last one for ever.
    """

    def __init__(self, pages: Mapping[str, bytes | Answer | Sequence[Answer]]) -> None:
        self._pages = {url: _answers(page) for url, page in pages.items()}
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    @property
    def requests(self) -> tuple[Request, ...]:
        """Everything that was asked so far, in order."""
        return tuple(self._requests)

    @contextmanager
    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> Iterator[RememberedResponse]:
        """As `Transport.get`."""
        with self._lock:
            earlier = sum(request.url == url for request in self._requests)
            self._requests.append(Request(url, offset, validator))
        answers = self._pages.get(url, (Answer(status=404),))
        answer = answers[min(earlier, len(answers) - 1)]
        if answer.silent:
            raise TransientError("nobody answers")
        yield RememberedResponse(answer, offset if answer.ranges else 0)


class RememberedResponse:
    """An answer from memory, as `Response`.

    Args:
        answer: What is said.
        offset: How many bytes of its body are not wanted.
    """

    def __init__(self, answer: Answer, offset: int) -> None:
        self._answer = answer
        self._offset = offset if answer.status == 200 else 0

    @property
    def status(self) -> int:
        """206 for a part, 416 for a part that is not there."""
        if self._offset and self._offset >= len(self._answer.body):
            return 416
        return 206 if self._offset else self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the answer, and the length and the part when it does not say others."""
        size = len(self._answer.body)
        headers = {} if self._answer.lengthless else {"content-length": str(size - self._offset)}
        if self._offset:
            headers["content-range"] = f"bytes {self._offset}-{size - 1}/{size}"
        return {**headers, **dict(self._answer.headers)}

    def chunks(self) -> Iterator[bytes]:
        """As `Response.chunks`."""
        end = self._answer.breaks_after
        body = self._answer.body[self._offset : end]
        for start in range(0, len(body), _PIECE_BYTES):
            yield body[start : start + _PIECE_BYTES]
        if end is not None and end < len(self._answer.body) and not self._answer.lengthless:
            raise TransientError("the connection broke")


def _answers(page: bytes | Answer | Sequence[Answer]) -> tuple[Answer, ...]:
    if isinstance(page, bytes):
        return (Answer(body=page),)
    return (page,) if isinstance(page, Answer) else tuple(page)
