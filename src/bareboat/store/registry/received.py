"""What a registry says of a manifest, and what it really is.

"Docker-Content-Digest … Most clients MAY ignore the value, but if it is used, the client MUST verify the value against
the returned response body".
"""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.received import received
from bareboat.store.answer import HEAD_BYTES, length_of, looks_like_html

_KNOWN = media.INDEXES | media.MANIFESTS
_SCHEMA_1 = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)
_NO_TYPE = frozenset({"", "application/json", "application/octet-stream", "text/plain"})


def descriptor_in(headers: Mapping[str, str], which: str | Digest) -> Descriptor | None:
    """What the headers of an answer describe, or None when they do not say enough.

    Raises:
        DigestMismatchError: When they speak of another digest than was asked for.
        FormatError: When it is an image of Docker's schema 1.
    """
    media_type = _type_in(headers)
    _refuse_schema_1(media_type)
    said, size = digest_said(headers), length_of(headers)
    if isinstance(which, Digest):
        if said is not None and said.algorithm == which.algorithm and said != which:
            raise _lie(which, said)
        said = which
    if said is None or size is None or media_type in _NO_TYPE:
        return None
    return Descriptor(media_type=media_type, digest=said, size=size)


def described(headers: Mapping[str, str], data: bytes, which: str | Digest) -> Descriptor:
    """What `data` is, after it was held against all that was said of it.

    Raises:
        DigestMismatchError: When it has another digest than asked for, or than the registry says.
        FormatError: When it is no manifest or index, is said to be another kind, or is of Docker's schema 1.
    """
    promised = which if isinstance(which, Digest) else digest_said(headers)
    actual = Digest.of(data, promised.algorithm if promised is not None else "sha256")
    if promised is not None and actual != promised:
        raise _lie(promised, actual)
    if looks_like_html(data[:HEAD_BYTES]):
        raise FormatError(
            "it looks like an HTML page: a captive portal or a proxy?",
            hint="open a web page in a browser to see whether this network asks for a login",
        )
    document = received(data, "the manifest")
    media_type = _type_of(document, _type_in(headers))
    return Descriptor(media_type=media_type, digest=actual, size=len(data))


def digest_said(headers: Mapping[str, str]) -> Digest | None:
    """The digest of the header, or None when there is none that we know."""
    try:
        return Digest.parse(headers.get("docker-content-digest", "").strip())
    except BareboatError:
        return None


def _type_of(document: Document, said: str) -> str:
    """The media type of a manifest."""
    _refuse_schema_1(said)
    if document.fields.get("schemaVersion") == 1:
        _refuse_schema_1(next(iter(_SCHEMA_1)))
    inside = document.optional_string("mediaType")
    if inside is None:
        if said not in _NO_TYPE:
            return said
        return media.INDEX if document.has("manifests") else media.MANIFEST
    # "If the manifest has a mediaType field, clients SHOULD reject unless the mediaType field's value matches the type
    # specified by the Content-Type header."
    if said not in _NO_TYPE and said != inside:
        raise FormatError(f'it is sent as "{said[:100]}" and calls itself "{inside[:100]}"')
    return inside


def _type_in(headers: Mapping[str, str]) -> str:
    # "The client SHOULD ignore parameters on the Content-Type header."
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_schema_1(media_type: str) -> None:
    if media_type in _SCHEMA_1:
        raise FormatError(
            "it is an image of Docker's elder format, schema 1, which has no digests of its configuration",
            hint="pull it with docker and push it again: that writes schema 2",
        )


def _lie(promised: Digest, actual: Digest) -> DigestMismatchError:
    return DigestMismatchError(f"{promised} was promised, and {actual} came")
