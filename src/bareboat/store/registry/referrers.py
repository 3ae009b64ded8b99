"""What refers to a manifest: the API of referrers, and the tag that stands in its place where there is none.

OCI distribution specification 1.1, "Listing Referrers" and "Unavailable Referrers API".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, FormatError, NotFoundError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest


class Manifests(Protocol):
    """What keeps manifests by tag and digest, as `Repository` does."""

    def at(self, which: str | Digest) -> str:
        """The reference of one of them, for errors."""

    def manifest(self, which: str | Digest) -> tuple[Descriptor, bytes]:
        """One of them."""

    def put(self, data: bytes, media_type: str, which: str | Digest) -> Digest:
        """Give one a name."""

    def referrers_listed(self, digest: Digest, artifact_type: str | None) -> tuple[Descriptor, ...] | None:
        """What the API of referrers lists, or None when there is none."""


class Referrers:
    """The referrers in one repository."""

    def __init__(self, repository: Manifests) -> None:
        self._repository = repository

    def of(self, digest: Digest, artifact_type: str | None = None) -> Index:
        """Those of `digest`; raises as `Repository.referrers`."""
        listed = self._repository.referrers_listed(digest, artifact_type)
        if listed is None:
            # "If the response to the referrers API is a 404, and the tag schema does not return a valid image index,
            # the client SHOULD assume there are no referrers to the manifest."
            try:
                listed = self._tagged(digest).manifests
            except (FormatError, NotFoundError):
                listed = ()
        # "The registry SHOULD support filtering on `artifactType`", so it need not, and a tag cannot.
        if artifact_type is not None:
            listed = tuple(entry for entry in listed if entry.artifact_type == artifact_type)
        return Index(manifests=listed)

    def add(self, subject: Digest, data: bytes, media_type: str) -> None:
        """Add a manifest to the list that stands under the tag of its subject."""
        # "Pull the current referrers list using the referrers tag schema. If that pull returns a manifest other than
        # the expected image index, the client SHOULD report a failure and skip the remaining steps. If the tag returns
        # a 404, the client MUST begin with an empty image index."
        try:
            index = self._tagged(subject)
        except NotFoundError:
            index = Index()
        entry = referrer_of(data, media_type)
        # "Verify the descriptor for the manifest is not already in the referrers list (duplicate entries SHOULD NOT be
        # created). Append a descriptor for the pushed image manifest".
        if any(known.digest == entry.digest for known in index.manifests):
            return
        index = replace(index, manifests=(*index.manifests, entry))
        self._repository.put(index.to_bytes(), media.INDEX, tag_of(subject))

    def remove(self, subject: Digest, digest: Digest) -> None:
        """Take a manifest out of the list that stands under the tag of its subject, when there is one."""
        # "When deleting an image manifest that contains a `subject` field, and the referrers API returns a 404, clients
        # SHOULD: Pull the referrers list using the referrers tag schema. Remove the descriptor entry from the array of
        # manifests that references the deleted manifest. Push the updated referrers list using the same referrers tag
        # schema."
        try:
            index = self._tagged(subject)
        except (NotFoundError, FormatError):
            return
        left = tuple(entry for entry in index.manifests if entry.digest != digest)
        if left != index.manifests:
            self._repository.put(replace(index, manifests=left).to_bytes(), media.INDEX, tag_of(subject))

    def _tagged(self, digest: Digest) -> Index:
        descriptor, data = self._repository.manifest(tag_of(digest))
        if descriptor.media_type not in media.INDEXES:
            raise FormatError(f"{self._repository.at(tag_of(digest))}: is no index of referrers")
        return Index.parse(data, f"referrers of {digest.short}")


def tag_of(digest: Digest) -> str:
    """The referrers tag of a manifest.

    "`<alg>`: the digest algorithm … `<ref>`: the digest from the `subject` field (limit of 64 characters)"
    """
    return f"{digest.algorithm[:32]}-{digest.hex[:64]}"


def subject_of(data: bytes, media_type: str) -> Digest | None:
    """The digest of the manifest that this one refers to, if it does."""
    try:
        subject = (Index if media_type in media.INDEXES else Manifest).parse(data).subject
    except BareboatError:
        return None
    return None if subject is None else subject.digest


def referrer_of(data: bytes, media_type: str) -> Descriptor:
    """What describes a manifest in a list of referrers.

    "The value of the artifactType MUST be set to the artifactType value in the pushed manifest, if present. If the
    artifactType is empty or missing in a pushed image manifest, the value of artifactType MUST be set to the config
    descriptor mediaType value. All annotations from the pushed manifest MUST be copied to this descriptor."
    """
    if media_type in media.INDEXES:
        index = Index.parse(data)
        artifact_type, annotations = index.artifact_type, index.annotations
    else:
        manifest = Manifest.parse(data)
        artifact_type, annotations = manifest.artifact_type or manifest.config.media_type, manifest.annotations
    return replace(Descriptor.of(media_type, data), artifact_type=artifact_type, annotations=annotations)
