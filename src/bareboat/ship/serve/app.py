"""The addresses of the registry and what they answer, as an ASGI application.

OCI distribution specification 1.1, the endpoints of "Pull" and "Content Discovery"; whatever would write is refused
with 405.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError, NotFoundError
from bareboat.oci import media
from bareboat.oci.index import Index
from bareboat.oci.received import received
from bareboat.ship.serve.catalogue import Tags
from bareboat.ship.serve.pages import page_of
from bareboat.ship.serve.refusals import Refusal, asked_range, is_known
from bareboat.ship.serve.shelf import Held, Shelf

_VERSION = {"docker-distribution-api-version": "registry/2.0"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def registry_app(shelf: Shelf) -> Starlette:
    """A registry that serves what is on `shelf`, and takes nothing."""
    registry = _Registry(shelf)
    return Starlette(
        routes=[
            Route("/v2", registry.version),
            Route("/v2/", registry.version),
            Route("/v2/_catalog", registry.repositories),
            Route("/v2/{name:path}/tags/list", registry.tags),
            Route("/v2/{name:path}/manifests/{reference}", registry.manifest),
            Route("/v2/{name:path}/blobs/uploads/{session:path}", registry.uploads),
            Route("/v2/{name:path}/blobs/{digest}", registry.blob),
            Route("/v2/{name:path}/referrers/{digest}", registry.referrers),
        ],
        exception_handlers={Refusal: _refused, HTTPException: _unknown, BareboatError: _failed},
    )


class _Registry:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def version(self, _: Request) -> Response:
        """That there is a registry."""
        # end-1: "If the response is `200 OK`, then the registry implements this specification."
        return _json({})

    async def repositories(self, request: Request) -> Response:
        """Docker's `_catalog`, which the specification of OCI only reserves."""
        page = page_of(self._shelf.catalogue.listed, request.query_params, request.url.path)
        return _json({"repositories": list(page.entries)}, _link(page.link))

    async def tags(self, request: Request) -> Response:
        """The tags of a repository."""
        # end-8a: "Assuming a repository is found, this request MUST return a `200 OK` response code."
        page = page_of(tuple(self._tags(request)), request.query_params, request.url.path)
        return _json({"name": request.path_params["name"], "tags": list(page.entries)}, _link(page.link))

    async def manifest(self, request: Request) -> Response:
        """"A GET request to an existing manifest URL MUST provide the expected manifest"."""
        tags, reference = self._tags(request), request.path_params["reference"]
        by_digest = ":" in reference
        tagged = None if by_digest else tags.get(reference)
        if not by_digest and tagged is None:
            # "If the manifest is not found in the repository, the response code MUST be `404 Not Found`."
            raise Refusal(404, "MANIFEST_UNKNOWN", f'there is no tag "{reference[:140]}"')
        digest = tagged.digest if tagged is not None else _digest(reference)
        try:
            data = await self._shelf.document(digest)
        except (NotFoundError, DigestMismatchError) as fault:
            raise Refusal(404, "MANIFEST_UNKNOWN", fault.message) from fault
        headers = {**_content(digest), "cache-control": _FOR_EVER if by_digest else _ASK_AGAIN}
        if is_known(headers["etag"], request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        # "In a successful response, the `Content-Type` header will indicate the type of the returned manifest. The
        # registry SHOULD NOT include parameters on the `Content-Type` header."
        headers["content-type"] = tagged.media_type if tagged is not None else _manifest_type(data, digest)
        return Response(data, headers=headers)

    async def blob(self, request: Request) -> Response:
        """A blob, or a part of it."""
        # "A GET request to an existing blob URL MUST provide the expected blob"
        self._tags(request)
        digest = _digest(request.path_params["digest"])
        headers = {
            **_content(digest), "cache-control": _FOR_EVER, "accept-ranges": "bytes",
            "content-type": "application/octet-stream",
        }  # fmt: skip
        async with AsyncExitStack() as stack:
            try:
                if is_known(headers["etag"], request.headers.get("if-none-match")):
                    self._shelf.size(digest)
                    return Response(status_code=304, headers=headers)
                if request.method == "HEAD":
                    # "A successful response SHOULD contain the size in bytes of the uploaded blob in the header
                    # `Content-Length`."
                    return Response(headers={**headers, "content-length": str(self._shelf.size(digest))})
                held, size = await stack.enter_async_context(self._shelf.blob(digest))
            except (NotFoundError, DigestMismatchError) as fault:
                # "If the blob is not found in the repository, the response code MUST be `404 Not Found`."
                raise Refusal(404, "BLOB_UNKNOWN", fault.message) from fault
            part = _part(request, headers["etag"], size)
            if part is not None:
                headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
            sent = range(size) if part is None else part
            headers["content-length"] = str(len(sent))
            body = _Body(stack.pop_all(), held, sent)
            return _BlobResponse(body, status_code=200 if part is None else 206, headers=headers)

    async def referrers(self, request: Request) -> Response:
        """Who refers to a digest, which need not be here."""
        # end-12a: "the registry MUST NOT return a `404 Not Found` to a referrers API requests"
        self._tags(request)
        found = await self._shelf.referrers(_digest(request.path_params["digest"]))
        wanted = request.query_params.get("artifactType")
        headers = {"content-type": media.INDEX, "cache-control": _ASK_AGAIN}
        if wanted:
            found = tuple(one for one in found if one.artifact_type == wanted)
            # end-12b: "the response MUST include a header `OCI-Filters-Applied: artifactType`"
            headers["oci-filters-applied"] = "artifactType"
        # end-12a: "If a query results in no matching referrers, an empty manifest list MUST be returned."
        return Response(Index(manifests=found).to_bytes(), headers=headers)

    async def uploads(self, _: Request) -> Response:
        """There are no uploads, so there is none to ask for."""
        raise Refusal(404, "BLOB_UPLOAD_UNKNOWN", "nothing can be uploaded here: this registry is read-only")

    def _tags(self, request: Request) -> Tags:
        """The tags of the repository that is asked for; "the response MUST be `404 Not Found`" when there is none."""
        name = request.path_params["name"]
        tags = self._shelf.catalogue.tags(name, request.query_params.get("ns", ""))
        if tags is None:
            raise Refusal(404, "NAME_UNKNOWN", f'there is no repository "{name[:255]}"')
        return tags


class _Body:
    """The bytes of an answer; what they are read from is let go in the end, whatever happens."""

    def __init__(self, held_open: AsyncExitStack, held: Held, part: range) -> None:
        self._held_open = held_open
        self._held = held
        self._part = part

    def __aiter__(self) -> AsyncIterator[memoryview]:
        return self._held.pieces(self._part)

    async def close(self) -> None:
        await self._held_open.aclose()


class _BlobResponse(StreamingResponse):
    def __init__(self, body: _Body, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(body, status_code=status_code, headers=headers)
        self._blob = body

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._blob.close()


def _part(request: Request, etag: str, size: int) -> range | None:
    """Which part is asked for, if only one is."""
    # "A registry SHOULD support the `Range` request header in accordance with RFC 9110"
    if request.headers.get("if-range", etag) != etag:
        return None
    return asked_range(request.headers.get("range"), size)


def _content(digest: Digest) -> dict[str, str]:
    """What every answer says of its content."""
    # "A successful response SHOULD contain the digest of the uploaded blob in the header `Docker-Content-Digest`."
    return {"docker-content-digest": str(digest), "etag": f'"{digest}"', **_VERSION}


def _digest(text: str) -> Digest:
    try:
        return Digest.parse(text)
    except FormatError as fault:
        # end-12a: "If the request is invalid, such as a `<digest>` with an invalid syntax, a `400 Bad Request` MUST be
        # returned."
        raise Refusal(400, "DIGEST_INVALID", fault.message) from fault


def _manifest_type(data: bytes, digest: Digest) -> str:
    """What a document is that is asked for by digest; "All manifests SHOULD include a `mediaType` field"."""
    unknown = Refusal(404, "MANIFEST_UNKNOWN", f"{digest} is no manifest")
    try:
        document = received(data, "manifest")
    except FormatError as fault:
        raise unknown from fault
    if isinstance(document.fields.get("manifests"), list):
        guess = media.INDEX
    elif document.has("config") and isinstance(document.fields.get("layers"), list):
        guess = media.MANIFEST
    else:
        raise unknown
    said = document.fields.get("mediaType")
    return said if isinstance(said, str) and said.isprintable() and said.isascii() else guess


def _json(document: object, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(document, ensure_ascii=False).encode()
    return Response(body, headers={"content-type": "application/json", **_VERSION, **(headers or {})})


def _link(address: str | None) -> dict[str, str]:
    """The header that leads to the next page."""
    # "the `Link` header MUST be set according to RFC5988 with the Relation Type `rel="next"`."
    return {} if address is None else {"link": f'<{address}>; rel="next"'}


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  starlette's signature says less
    headers = {"content-type": "application/json", **_VERSION, **refusal.headers}
    return Response(refusal.document, status_code=refusal.status, headers=headers)


async def _unknown(request: Request, error: Exception) -> Response:
    """An address that there is not, or a method that would write."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 405:
        # "If manifest deletion is disabled, the registry MUST respond with either a `400 Bad Request` or a `405 Method
        # Not Allowed`."
        refusal = Refusal(405, "UNSUPPORTED", "this registry is read-only", {"allow": "GET, HEAD"})
    else:
        refusal = Refusal(error.status_code, "UNSUPPORTED", "there is no such address")
    return await _refused(request, refusal)


async def _failed(request: Request, fault: Exception) -> Response:
    """What this machine cannot read."""
    assert isinstance(fault, BareboatError)  # noqa: S101
    return await _refused(request, Refusal(500, "UNKNOWN", fault.message))
