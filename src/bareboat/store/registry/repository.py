"""One repository of one registry: its manifests, blobs, tags and referrers.

OCI distribution specification 1.1; its sentences stand above the lines that obey them.
Every byte that comes is checked against digest and size; what goes is checked by the registry.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, cast
from urllib.parse import urlencode

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, FetchError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.registry.api import Api, Call
from bareboat.store.registry.blob import BlobReader, blob_chunks
from bareboat.store.registry.faults import RefusedError, placed
from bareboat.store.registry.pages import pages_of
from bareboat.store.registry.received import described, descriptor_in, digest_said
from bareboat.store.registry.referrers import Referrers, subject_of
from bareboat.store.registry.upload import Upload
from bareboat.store.registry.wire import Body

_ACCEPT = ", ".join([media.INDEX, media.MANIFEST, media.DOCKER_INDEX, media.DOCKER_MANIFEST])
_PAGE = 1000


class Repository:
    """A repository; may be used by several threads, as many requests and as many streams at a time as the limits say.

    Errors begin with the place (`registry.example/team/app:tag`) and hold no secrets:

    - FetchError: nobody answers, access is denied, or the registry refuses, with its own words in brief.
    - NotFoundError: what is asked for is not there.
    - DigestMismatchError: what came is not what was promised.
    - LimitError: a document is larger than 4 MiB.
    - FormatError: a document breaks its format.

    Args:
        api: The registry.
        name: The repository in it, such as `library/debian`.
    """

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.name = name
        self.registry = api.endpoint.name

    def __str__(self) -> str:
        return f"{self.registry}/{self.name}"

    def close(self) -> None:
        """Let go of what only this repository needs; connections belong to the `Registries` that gave it."""

    def resolve(self, which: str | Digest) -> Descriptor | None:
        """What a tag or digest stands for, as the registry says it (HEAD), or None when it is not there.

        For a tag, its digest is the registry's word; `manifest` of that digest holds it to that.

        Raises:
            FetchError: When it cannot be asked.
            FormatError: When the registry says nothing that can be used.
        """
        with placed(self.at(which), "look for the manifest"):
            # "A HEAD request to an existing blob or manifest URL MUST return 200 OK." and "If the blob or manifest is
            # not found in a registry, the response code MUST be 404 Not Found."
            answer = self._api.answer(self._manifest_call("HEAD", which, fine=frozenset({200, 404})))
            if answer.status == 404:
                return None
            found = descriptor_in(answer.headers, which)
        # "A successful response SHOULD contain the digest of the uploaded blob": SHOULD is not MUST.
        return found if found is not None else self.manifest(which)[0]

    def manifest(self, which: str | Digest) -> tuple[Descriptor, bytes]:
        """The manifest or index that a tag or digest stands for: what it is, and its bytes as the registry has them.

        Raises:
            NotFoundError: When it is not there.
            DigestMismatchError: When it has another digest than asked for, or than the registry says.
            LimitError: When it is larger than 4 MiB.
            FormatError: When it is none, or of Docker's elder schema 1.
            FetchError: When it cannot be had.
        """
        with placed(self.at(which), "read the manifest"):
            answer = self._api.answer(self._manifest_call("GET", which))
            return described(answer.headers, answer.data, which), answer.data

    def has(self, descriptor: Descriptor) -> bool:
        """Whether the blob is there (HEAD), in its size.

        Raises:
            FetchError: When it cannot be asked.
        """
        with placed(self.at(descriptor.digest), "look for the blob"):
            answer = self._api.answer(
                Call(
                    method="HEAD", url=self._blob(descriptor.digest), scopes=self._scopes("pull"),
                    fine=frozenset({200, 404}),
                )
            )
        length = answer.headers.get("content-length", "")
        return answer.status == 200 and length in ("", str(descriptor.size))

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The bytes of a blob from `start` on, resumed when the connection breaks: for `Blobs.add`, which judges them.

        Close the iterator when it is not read to its end.

        Raises:
            NotFoundError: When it is not there.
            FetchError: When it cannot be had.
        """
        with placed(self.at(descriptor.digest), "read the blob"):
            url = self._blob(descriptor.digest)
            yield from blob_chunks(self._api, url, self._scopes("pull"), descriptor, start)

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """The bytes of a blob, for reading forward; the caller closes, and should before opening many others.

        Whoever reads to the end knows that digest and size are right.
        Errors come while reading, as of `chunks`, and DigestMismatchError in place of an end that is wrong.
        """
        return cast(
            "BinaryIO", io.BufferedReader(BlobReader(partial(self.chunks, descriptor), descriptor), CHUNK_BYTES)
        )

    def upload(
        self,
        descriptor: Descriptor,
        open: Callable[[], BinaryIO],  # noqa: A002
        *,
        mount_from: Sequence[str] = (),
        is_missing: bool = False,
    ) -> bool:
        """Have a blob there, and return whether its bytes were sent: not when it was there already, or was mounted.

        The upload is resumed where the registry can; nothing is there until the registry has found the digest right.

        Args:
            descriptor: What.
            open: Gives its bytes from their beginning; asked once for each attempt, and closed.
            mount_from: Repositories of the same registry that may have it, the likeliest first.
            is_missing: Whether it is known not to be there, so that nobody need ask again.

        Raises:
            FetchError: When it cannot be sent.
            BareboatError: What reading the stream raises.
        """
        if not is_missing and self.has(descriptor):
            return False
        with placed(self.at(descriptor.digest), "upload the blob"):
            scopes = self._scopes("pull,push")
            upload = Upload(self._api, self.name, scopes, descriptor, open, lambda: self.has(descriptor))
            others = [name for name in dict.fromkeys(mount_from) if name != self.name]
            return upload.run([(name, (*scopes, f"repository:{name}:pull")) for name in others])

    def put(self, data: bytes, media_type: str, which: str | Digest) -> Digest:
        """Put a manifest or index under a tag or its digest; everything that it names must be there already.

        Where the registry does not keep referrers, the list of those of its subject is brought up to date too.

        Returns:
            Its sha256 digest, or the one that it was put under.

        Raises:
            FetchError: When the registry refuses.
            DigestMismatchError: When the registry says that it took something else.
        """
        digest = which if isinstance(which, Digest) else Digest.of(data)
        with placed(self.at(which), "write the manifest"):
            # "Clients SHOULD set the Content-Type header to the type of the manifest being pushed. The client SHOULD
            # NOT include parameters on the Content-Type header".
            # "Upon a successful upload, the registry MUST return response code 201 Created".
            answer = self._api.answer(
                Call(
                    method="PUT", url=self._manifest(which), scopes=self._scopes("pull,push"),
                    headers={"Content-Type": media_type}, body=lambda: Body(io.BytesIO(data), len(data)),
                    fine=frozenset({200, 201, 202}),
                )
            )
            said = digest_said(answer.headers)
            if said is not None and said.algorithm == digest.algorithm and said != digest:
                raise DigestMismatchError(f"the registry took {said} where {digest} was sent")
            subject = subject_of(data, media_type)
            # "When pushing a manifest with the subject field and the OCI-Subject header was not set, the client MUST"
            # bring the referrers list under the referrers tag schema up to date.
            if subject is not None and "oci-subject" not in answer.headers:
                with self._api.updating:
                    Referrers(self).add(subject, data, media_type)
        return digest

    def tags(self) -> Iterator[str]:
        """The tags, in the registry's order, page by page.

        Raises:
            NotFoundError: When there is no such repository.
            FetchError: When they cannot be had.
            FormatError: When the answer is no list of tags.
        """
        with placed(str(self), "list the tags"):
            call = Call(method="GET", url=f"/v2/{self.name}/tags/list?n={_PAGE}", scopes=self._scopes("pull"))
            # "A Link header MAY be included in the response when additional tags are available."
            for page, _ in pages_of(self._api, call):
                yield from page.strings("tags")

    def referrers(self, digest: Digest, artifact_type: str | None = None) -> Index:
        """What refers to a manifest as its subject: signatures, SBOMs and the like; an empty index when nothing does.

        Of a registry without the API of referrers, the tag that stands in its place is read.

        Raises:
            FetchError: When it cannot be asked.
            FormatError: When the answer is no index.
        """
        with placed(self.at(digest), "list the referrers"):
            return Referrers(self).of(digest, artifact_type)

    def referrers_listed(self, digest: Digest, artifact_type: str | None) -> tuple[Descriptor, ...] | None:
        """What the API of referrers lists, not filtered for sure, or None when the registry has none."""
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type else ""
        # "If the referrers API returns a 404, the client MUST fallback to pulling the referrers tag schema": 404 is an
        # answer.
        call = Call(
            method="GET", url=f"/v2/{self.name}/referrers/{digest}{query}", scopes=self._scopes("pull"),
            headers={"Accept": media.INDEX}, fine=frozenset({200, 404}),
        )
        try:
            pages = list(pages_of(self._api, call))
        except RefusedError as fault:
            if fault.status in (400, 405, 406, 501):  # Elder registries say it in their own ways.
                return None
            raise
        if not pages:
            return None
        return tuple(Descriptor.read(entry) for page, _ in pages for entry in page.documents("manifests"))

    def delete(self, which: str | Digest) -> None:
        """Delete a manifest (by digest), or a tag alone.

        Of a registry that does not keep referrers, it is taken out of the list of those of its subject too.

        Raises:
            NotFoundError: When it is not there.
            FetchError: When the registry does not allow it.
        """
        what = "manifest" if isinstance(which, Digest) else "tag"
        subject = self._subject(which) if isinstance(which, Digest) else None
        with placed(self.at(which), f"delete the {what}"):
            call = Call(
                method="DELETE", url=self._manifest(which), scopes=self._scopes("delete"),
                fine=frozenset({200, 202, 204}),
            )
            try:
                # "Upon success, the registry MUST respond with a 202 Accepted code."
                self._api.answer(call)
            except RefusedError as fault:
                # "If tag deletion is disabled, the registry MUST respond with either a 400 Bad Request or a 405 Method
                # Not Allowed", and likewise for manifests.
                if fault.status not in (400, 405):
                    raise
                hint = "allow it in the registry's configuration (distribution: storage.delete.enabled)"
                if what == "tag":
                    hint = f"this registry may delete by digest alone: `bareboat delete {self}@sha256:…`"
                raise FetchError(f"the registry does not allow it: {fault.message}", hint=hint) from fault
            if isinstance(which, Digest) and subject is not None and self.referrers_listed(subject, None) is None:
                with self._api.updating:
                    Referrers(self).remove(subject, which)

    def at(self, which: str | Digest) -> str:
        """As people write it: with `:tag` or `@digest`."""
        return f"{self}@{which}" if isinstance(which, Digest) else f"{self}:{which}"

    def _subject(self, digest: Digest) -> Digest | None:
        """What a manifest that is there refers to."""
        try:
            descriptor, data = self.manifest(digest)
        except BareboatError:
            return None
        return subject_of(data, descriptor.media_type)

    def _manifest_call(self, method: str, which: str | Digest, fine: frozenset[int] = frozenset({200})) -> Call:
        # "The client SHOULD include an Accept header indicating which manifest content types it supports."
        return Call(
            method=method, url=self._manifest(which), scopes=self._scopes("pull"), headers={"Accept": _ACCEPT},
            fine=fine,
        )

    def _manifest(self, which: str | Digest) -> str:
        return f"/v2/{self.name}/manifests/{which}"

    def _blob(self, digest: Digest) -> str:
        return f"/v2/{self.name}/blobs/{digest}"

    def _scopes(self, *actions: str) -> tuple[str, ...]:
        return tuple(f"repository:{self.name}:{action}" for action in actions)
