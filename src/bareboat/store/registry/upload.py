"""Blobs into a registry: mounted when another repository has them, sent in one piece, resumed when that breaks.

OCI distribution specification 1.1, "Pushing blobs".
What is not finished is nothing: a blob is there when the registry has found its digest right, and not before.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit, urlunsplit

from bareboat.base.errors import BareboatError, FetchError, NotFoundError
from bareboat.oci.descriptor import Descriptor
from bareboat.store.limits import CHUNK_BYTES, MIB
from bareboat.store.registry.api import Answer, Api, Call
from bareboat.store.registry.faults import RefusedError
from bareboat.store.registry.wire import Body
from bareboat.store.transport import TransientError

_BYTES = "application/octet-stream"
_CHUNK = 32 * MIB
_TOO_LARGE = 413
_OUT_OF_STEP = frozenset({400, 416})

# "The response for each successful chunk upload MUST be `202 Accepted`", "The response to a successful closing of the
# session MUST be `201 Created`": elder registries say 204, or 202 of both.
_SENT = frozenset({200, 201, 202, 204})

Mount = tuple[str, tuple[str, ...]]
"""A repository that may have the blob, and what must be allowed to ask for it."""


class Upload:
    """One blob on its way into one repository.

    Args:
        api: The registry.
        name: The repository.
        scopes: What must be allowed.
        descriptor: The blob.
        open: Gives its bytes from their beginning; asked once for each attempt.
        is_there: Whether the blob is there by now: an answer may be lost after the registry took all bytes.
    """

    def __init__(
        self,
        api: Api,
        name: str,
        scopes: tuple[str, ...],
        descriptor: Descriptor,
        open: Callable[[], BinaryIO],  # noqa: A002
        is_there: Callable[[], bool],
    ) -> None:
        self._api = api
        self._name = name
        self._scopes = scopes
        self._descriptor = descriptor
        self._open = open
        self._is_there = is_there
        self._patience = api.patience()

    def run(self, mount_from: Sequence[Mount] = ()) -> bool:
        """Have the blob there; returns whether its bytes were sent, not mounted.

        Raises:
            FetchError: When it cannot be done; see `Api.answer`.
        """
        session: Answer | None = None
        for other, scopes in mount_from:
            answer = self._mounted(other, scopes)
            if answer is None:
                continue
            if session is not None:
                self._cancel(session)
            # "The response to a successful mount MUST be `201 Created`". "Alternatively, … it SHOULD return a `202`.
            # This indicates that the upload session has begun and that the client MAY proceed with the upload."
            if answer.status == 201:
                return False
            session = answer
        self._send(session if session is not None else self._begun())
        return True

    def _mounted(self, other: str, scopes: tuple[str, ...]) -> Answer | None:
        try:
            return self._post(f"?{urlencode({'mount': str(self._descriptor.digest), 'from': other})}", scopes)
        except (RefusedError, NotFoundError):
            return None  # That repository is not ours to read: the bytes can still be sent.

    def _begun(self) -> Answer:
        return self._post("", self._scopes)

    def _post(self, query: str, scopes: tuple[str, ...]) -> Answer:
        # The response "MUST have a code of `202 Accepted`, and MUST include the following header: `Location`".
        return self._api.answer(
            Call(
                method="POST", url=f"/v2/{self._name}/blobs/uploads/{query}", scopes=scopes, fine=frozenset({201, 202}),
                body=lambda: Body(io.BytesIO(), 0),
            )
        )

    def _send(self, session: Answer) -> None:
        """All bytes in one request; after a failure that may pass, what is missing of them."""
        location, arrived = self._location_in(session), 0
        piece = self._descriptor.size
        while True:
            try:
                self._attempt(location, arrived, piece)
            except TransientError as failure:
                self._api.wait(self._patience, failure)
            except RefusedError as fault:
                if fault.status == _TOO_LARGE and piece > (chunk := _chunk_bytes(session)):
                    piece = chunk
                elif fault.status in _OUT_OF_STEP and arrived:
                    self._patience.after(TransientError(fault.message))
                else:
                    raise
            except NotFoundError as fault:
                self._patience.after(TransientError(f"the upload is gone: {fault.message}"))
            else:
                return
            progress = self._progress(location)
            if progress is not None:
                location, arrived = progress
            elif self._is_there():
                return
            else:
                session = self._begun()
                location, arrived = self._location_in(session), 0

    def _attempt(self, location: str, arrived: int, piece: int) -> None:
        size = self._descriptor.size
        with self._open() as stream:
            if not arrived and piece >= size:
                self._close(location, Body(stream, size, is_whole=True))
                return
            _skip(stream, arrived)
            # "Chunks MUST be uploaded in order, with the first byte of a chunk being the last chunk's `<end-of-range>`
            # plus one."
            while arrived < size:
                end = min(arrived + piece, size)
                location = self._patched(location, stream, arrived, end)
                arrived = end
        # "Regardless of how the final chunk is uploaded, the session MUST be closed with a `PUT` request."
        self._close(location, Body(io.BytesIO(), 0))

    def _patched(self, location: str, stream: BinaryIO, start: int, end: int) -> str:
        """Send the bytes from `start` up to `end`, which `stream` gives next; returns where the ones after them go."""
        # "The `<range>` refers to the byte range of the chunk, and MUST be inclusive on both ends. … It MUST match the
        # following regular expression: ^[0-9]+-[0-9]+$"
        headers = {"Content-Type": _BYTES, "Content-Range": f"{start}-{end - 1}"}
        body = Body(stream, end - start, is_whole=end == self._descriptor.size)
        answer = self._sent("PATCH", location, headers, body)
        # "Each consecutive chunk upload SHOULD use the `<location>` provided in the response to the previous chunk
        # upload."
        return self._location_in(answer) if "location" in answer.headers else location

    def _close(self, location: str, body: Body) -> None:
        # "The closing `PUT` request MUST include the `<digest>` of the whole blob (not the final chunk) as a query
        # parameter." The registry's own query stays letter by letter: some of them sign it.
        parts = urlsplit(location)
        query = "&".join(filter(None, [parts.query, urlencode({"digest": str(self._descriptor.digest)})]))
        self._sent("PUT", urlunsplit(parts._replace(query=query)), {"Content-Type": _BYTES}, body)

    def _sent(self, method: str, url: str, headers: dict[str, str], body: Body) -> Answer:
        """One attempt: a body can be read once."""
        bodies = iter([body])

        def once() -> Body:
            for fresh in bodies:
                return fresh
            raise TransientError("the registry asked who we are when the bytes were on their way")

        call = Call(method=method, url=url, scopes=self._scopes, headers=headers, body=once, fine=_SENT)
        with self._api.exchange(call) as reply:
            return Answer(status=reply.status, headers=reply.headers, data=b"", url=reply.url)

    def _progress(self, location: str) -> tuple[str, int] | None:
        """Where to go on, and how many bytes have arrived; None when it is better to begin again."""
        # "The response to an active upload `<location>` MUST be a `204 No Content` response code, and MUST have the
        # following headers: Location: <location>, Range: 0-<end-of-range>".
        call = Call(method="GET", url=location, scopes=self._scopes, fine=frozenset({200, 202, 204}))
        try:
            answer = self._api.answer(call)
        except FetchError:
            return None
        first, dash, last = answer.headers.get("range", "").strip().removeprefix("bytes=").partition("-")
        if not (dash and first == "0" and last.isascii() and last.isdigit() and len(last) < 19):
            return None
        # `0-0` is said of one byte, and of none at all.
        arrived = int(last) + 1
        if not 1 < arrived <= self._descriptor.size:
            return None
        return (self._location_in(answer) if "location" in answer.headers else location), arrived

    def _cancel(self, session: Answer) -> None:
        # "Clients SHOULD send this request when aborting a blob upload, releasing server resources. Clients SHOULD
        # ignore any failures."
        call = Call(
            method="DELETE", url=self._location_in(session), scopes=self._scopes, fine=frozenset({200, 202, 204, 404})
        )
        try:
            self._api.answer(call)
        except BareboatError:
            return

    def _location_in(self, answer: Answer) -> str:
        # "Optionally, the location MAY be absolute (containing the protocol and/or hostname), or it MAY be relative
        # (containing just the URL path)." On another host it gets no credentials: `Api` sees to that.
        location = answer.headers.get("location", "")
        if not location:
            raise FetchError("the registry does not say where the bytes go: its answer has no Location")
        return self._api.endpoint.inside(answer.url, location)


def _chunk_bytes(session: Answer) -> int:
    """How large chunks are.

    "If the registry provides an `OCI-Chunk-Min-Length` header in the `POST` response, the size of each chunk, except
    for the final chunk, SHOULD be greater or equal to that value."
    """
    text = session.headers.get("oci-chunk-min-length", "")
    return max(_CHUNK, int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0)


def _skip(stream: BinaryIO, count: int) -> None:
    """Go to byte `count`, by reading: what is read in order is verified to its end."""
    while count:
        chunk = stream.read(min(count, CHUNK_BYTES))
        if not chunk:
            raise FetchError("the bytes to send are fewer than before")
        count -= len(chunk)
