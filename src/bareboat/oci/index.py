"""The image index: one image for many platforms, and what lies in an image layout.

OCI image specification 1.1, "Image Index"; Docker's manifest list is read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from bareboat.base.canon import canonical
from bareboat.base.frozen import frozen
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import SCHEMA_VERSION, check_schema
from bareboat.oci.received import NO_TEXTS, filled, no_texts, nothing, received, texts, unknown

_FIELDS = frozenset({"schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations"})


@frozen
class Index:
    """A list of manifests, or of further indexes.

    `raw` are the bytes as received, whose digest counts; a changed copy has none and is written canonically.
    """

    media_type: str = media.INDEX
    manifests: tuple[Descriptor, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=no_texts, hash=False)
    artifact_type: str | None = None
    subject: Descriptor | None = None
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)
    raw: bytes | None = field(init=False, default=None, compare=False, repr=False)

    @classmethod
    def of_platforms(cls, manifests: Iterable[Descriptor], annotations: Mapping[str, str] = NO_TEXTS) -> Index:
        """An index of `manifests`, ordered by platform, then digest."""
        return cls(manifests=tuple(sorted(manifests, key=_by_platform)), annotations=annotations)

    @classmethod
    def parse(cls, data: bytes, where: str = "index") -> Index:
        """Read an index.

        Raises:
            FormatError: When it breaks its format.
            LimitError: When it is larger than any registry takes.
        """
        document = received(data, where)
        check_schema(document)
        index = cls(
            media_type=document.optional_string("mediaType") or media.INDEX,
            manifests=tuple(Descriptor.read(manifest) for manifest in document.documents("manifests")),
            annotations=texts(document, "annotations"),
            artifact_type=document.optional_string("artifactType"),
            subject=Descriptor.read(document.document("subject")) if document.has("subject") else None,
            extra=unknown(document, _FIELDS),
        )
        object.__setattr__(index, "raw", data)
        return index

    def to_bytes(self) -> bytes:
        """The bytes as received, or the canonical ones of an index made here."""
        if self.raw is not None:
            return self.raw
        return canonical(
            {
                **self.extra,
                "schemaVersion": SCHEMA_VERSION,
                "mediaType": self.media_type,
                # `manifests`: "While this property MUST be present, the size of the array MAY be zero."
                "manifests": [manifest.fields() for manifest in self.manifests],
                **filled(
                    {
                        "annotations": dict(self.annotations),
                        "artifactType": self.artifact_type,
                        "subject": None if self.subject is None else self.subject.fields(),
                    }
                ),
            }
        )

    def descriptor(self) -> Descriptor:
        """What describes this index in another one."""
        return Descriptor.of(self.media_type, self.to_bytes())

    def for_platform(self, host: Platform) -> Descriptor | None:
        """The first entry that is meant for `host`.

        "If multiple manifests match a client or runtime's requirements, the first matching entry SHOULD be used."
        """
        return next((entry for entry in self.manifests if entry.platform and entry.platform.runs_on(host)), None)


def _by_platform(descriptor: Descriptor) -> tuple[str, str, str]:
    return str(descriptor.platform or ""), descriptor.media_type, str(descriptor.digest)
