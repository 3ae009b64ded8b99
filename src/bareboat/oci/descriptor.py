"""Descriptors: what a thing is, its digest and its size; and the platforms that they name.

OCI image specification 1.1, "Content Descriptors" and "Image Index", `platform`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import FormatError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import Architecture
from bareboat.oci.received import digest_at, filled, no_texts, nothing, texts, unknown

_PLATFORM_FIELDS = frozenset({"os", "architecture", "variant"})
_FIELDS = frozenset({"mediaType", "digest", "size", "urls", "annotations", "platform", "artifactType"})
_MOST_SIZE = 2**63 - 1

# "ARM 32-bit, v7" and "ARM 64-bit, v8" are the variants that go without saying (image-index.md, `variant`).
_USUAL_VARIANT = {"arm": "v7", "arm64": "v8"}


@frozen
class Platform:
    """What an image runs on, in the words of Go: `linux`, `arm`, `v7`."""

    os: str = "linux"
    architecture: str
    variant: str | None = None
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False)

    def __str__(self) -> str:
        return "/".join([self.os, self.architecture, *([self.variant] if self.variant else [])])

    @classmethod
    def of(cls, architecture: Architecture) -> Platform:
        """Linux on `architecture`."""
        return cls(architecture=architecture.oci, variant=architecture.variant)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read `linux/arm/v7`, as docker writes it.

        Raises:
            UsageError: When it has not two or three parts.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise UsageError(f'cannot read "{text}" as a platform', hint="write it as linux/arm64 or linux/arm/v7")
        return cls(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else None)

    @classmethod
    def read(cls, document: Document) -> Platform:
        """Read the mapping `platform` of a descriptor.

        Raises:
            FormatError: When `os` or `architecture` is missing.
        """
        return cls(
            os=document.string("os"),
            architecture=document.string("architecture"),
            variant=document.optional_string("variant"),
            extra=unknown(document, _PLATFORM_FIELDS),
        )

    def fields(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            **self.extra,
            "os": self.os,
            "architecture": self.architecture,
            **({} if self.variant is None else {"variant": self.variant}),
        }

    def runs_on(self, host: Platform) -> bool:
        """Whether an image for this platform is meant by who asks for `host`; variants may go without saying."""
        return (self.os, self.architecture) == (host.os, host.architecture) and self._variant == host._variant

    @property
    def _variant(self) -> str | None:
        return self.variant or _USUAL_VARIANT.get(self.architecture)


@frozen
class Descriptor:
    """A promise about some bytes: media type, digest, and size in bytes."""

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=no_texts, hash=False)
    platform: Platform | None = None
    artifact_type: str | None = None
    urls: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=nothing, hash=False, repr=False)

    def __str__(self) -> str:
        return str(self.digest)

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Descriptor:
        """What truly describes `data`."""
        return cls(media_type=media_type, digest=Digest.of(data), size=len(data))

    @classmethod
    def read(cls, document: Document) -> Descriptor:
        """Read a descriptor inside a document.

        Raises:
            FormatError: When a required field is missing or of the wrong kind.
        """
        size = document.integer("size")
        # descriptor.md, `size` *int64*: "This REQUIRED property specifies the size, in bytes, of the raw content."
        if not 0 <= size <= _MOST_SIZE:
            raise FormatError(f"{document.where}: size: cannot be {size}")
        return cls(
            media_type=document.string("mediaType"),
            digest=digest_at(document, "digest"),
            size=size,
            annotations=texts(document, "annotations"),
            platform=Platform.read(document.document("platform")) if document.has("platform") else None,
            artifact_type=document.optional_string("artifactType"),
            urls=document.strings("urls"),
            extra=unknown(document, _FIELDS),
        )

    def fields(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            **self.extra,
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
            **filled(
                {
                    "annotations": dict(self.annotations),
                    "platform": None if self.platform is None else self.platform.fields(),
                    "artifactType": self.artifact_type,
                    "urls": list(self.urls),
                }
            ),
        }

    def with_platform(self, platform: Platform) -> Descriptor:
        """This descriptor, for `platform`."""
        return replace(self, platform=platform)

    def with_annotations(self, annotations: Mapping[str, str]) -> Descriptor:
        """This descriptor with `annotations` put over its own."""
        return replace(self, annotations=MappingProxyType({**self.annotations, **annotations}))
