"""The image manifest: the configuration and the layers of one image for one platform.

OCI image specification 1.1, "Image Manifest"; Docker's image manifest, version 2, schema 2, is read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from bareboat.base.canon import canonical
from bareboat.base.document import Document
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.received import filled, no_texts, nothing, received, texts, unknown

SCHEMA_VERSION = 2

_FIELDS = frozenset({"schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations"})


@frozen
class Manifest:
    """One image for one platform; `layers` has the base layer first.

    `raw` are the bytes as received, whose digest counts; a changed copy has none and is written canonically.
    """

    media_type: str = media.MANIFEST
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=no_texts, hash=False)
    artifact_type: str | None = None
    subject: Descriptor | None = None
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)
    raw: bytes | None = field(init=False, default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, data: bytes, where: str = "manifest") -> Manifest:
        """Read a manifest.

        Raises:
            FormatError: When it breaks its format.
            LimitError: When it is larger than any registry takes.
        """
        document = received(data, where)
        check_schema(document)
        manifest = cls(
            media_type=document.optional_string("mediaType") or media.MANIFEST,
            config=Descriptor.read(document.document("config")),
            layers=tuple(Descriptor.read(layer) for layer in document.documents("layers")),
            annotations=texts(document, "annotations"),
            artifact_type=document.optional_string("artifactType"),
            subject=Descriptor.read(document.document("subject")) if document.has("subject") else None,
            extra=unknown(document, _FIELDS),
        )
        object.__setattr__(manifest, "raw", data)
        return manifest

    def to_bytes(self) -> bytes:
        """The bytes as received, or the canonical ones of a manifest made here."""
        if self.raw is not None:
            return self.raw
        return canonical(
            {
                **self.extra,
                "schemaVersion": SCHEMA_VERSION,
                "mediaType": self.media_type,
                "config": self.config.fields(),
                "layers": [layer.fields() for layer in self.layers],
                **filled(
                    {
                        "annotations": dict(self.annotations),
                        "artifactType": self.artifact_type,
                        "subject": None if self.subject is None else self.subject.fields(),
                    }
                ),
            }
        )

    def descriptor(self, platform: Platform | None = None) -> Descriptor:
        """What describes this manifest in an index.

        "Descriptors pointing to `application/vnd.oci.image.manifest.v1+json` SHOULD include the extended field
        `platform`." (descriptor.md)
        """
        plain = Descriptor.of(self.media_type, self.to_bytes())
        return plain if platform is None else plain.with_platform(platform)


def check_schema(document: Document) -> None:
    """Refuse another schema version.

    "this MUST be `2` to ensure backward compatibility with older versions of Docker." (manifest.md, image-index.md)

    Raises:
        FormatError: When it is not 2.
    """
    version = document.integer("schemaVersion")
    if version != SCHEMA_VERSION:
        raise FormatError(f"{document.where}: schemaVersion: must be 2, not {version}")
