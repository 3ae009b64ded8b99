"""Which manifests of a place refer to which others: signatures, attestations, bills of materials.

OCI distribution specification 1.1, "Listing Referrers"; OCI image specification 1.1, `subject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.oci import media
from bareboat.oci.annotations import CONTAINERD_NAME, REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.store.images import ImageStore

Referrers = Mapping[Digest, tuple[Descriptor, ...]]
"""By the digest of what they refer to, those who refer to it, ordered by digest."""


def referrers_in(store: ImageStore) -> Referrers:
    """Every manifest and index in `store` that names a subject, by that subject.

    "Registries MUST include preexisting image manifests that are listed in an image index tagged with the referrers
    tag schema and have a valid `subject` field in the referrers API response." Such an index is one of those that lead
    to manifests, so what it lists is found like everything else; what it says of them is not believed.

    Documents that are missing or damaged refer to nothing.
    """
    found: dict[Digest, dict[Digest, Descriptor]] = {}
    seen: set[Digest] = set()
    rest = list(store.index.manifests)
    while rest:
        descriptor = rest.pop()
        if descriptor.digest in seen or descriptor.media_type not in media.INDEXES | media.MANIFESTS:
            continue
        seen.add(descriptor.digest)
        with suppress(BareboatError):
            document = document_of(store, descriptor)
            if isinstance(document, Index):
                rest.extend(document.manifests)
            if document.subject is not None:
                found.setdefault(document.subject.digest, {})[descriptor.digest] = as_referrer(descriptor, document)
    return MappingProxyType({
        subject: tuple(those[digest] for digest in sorted(those)) for subject, those in sorted(found.items())
    })


def document_of(store: ImageStore, descriptor: Descriptor) -> Index | Manifest:
    """The index or manifest that `descriptor` promises; raises as `read_document`, and FormatError when it is none."""
    return store.read_index(descriptor) if descriptor.media_type in media.INDEXES else store.read_manifest(descriptor)


def as_referrer(descriptor: Descriptor, document: Index | Manifest) -> Descriptor:
    """What a list of referrers says of `document`.

    "The descriptors MUST include an `artifactType` field that is set to the value of the `artifactType` in the image
    manifest or index, if present. If the `artifactType` is empty or missing in the image manifest, the value of
    `artifactType` MUST be set to the config descriptor `mediaType` value. If the `artifactType` is empty or missing in
    an index, the `artifactType` MUST be omitted. The descriptors MUST include annotations from the image manifest or
    index."
    """
    kind = document.artifact_type or (document.config.media_type if isinstance(document, Manifest) else None)
    return Descriptor(
        media_type=descriptor.media_type,
        digest=descriptor.digest,
        size=descriptor.size,
        annotations=document.annotations,
        artifact_type=kind,
    )


def without_name(descriptor: Descriptor) -> Descriptor:
    """`descriptor` without the names that a layout's index gave it."""
    kept = {key: value for key, value in descriptor.annotations.items() if key not in (REF_NAME, CONTAINERD_NAME)}
    return replace(descriptor, annotations=MappingProxyType(kept))
