"""The media types of images: those that we write, and Docker's elder twins that we read.

OCI image specification 1.1, "Media Types" and its compatibility matrix.
"""

from __future__ import annotations

from enum import StrEnum

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"

LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"

DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd"

INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({CONFIG, DOCKER_CONFIG})


class Compression(StrEnum):
    """How the tar of a layer is packed."""

    none = "none"
    gzip = "gzip"
    zstd = "zstd"

    @property
    def layer_type(self) -> str:
        """The media type of a layer that is packed so."""
        return {Compression.none: LAYER, Compression.gzip: LAYER_GZIP, Compression.zstd: LAYER_ZSTD}[self]


# "Implementations SHOULD NOT produce new non-distributable layers.
# Implementations are expected to support preexisting images with non-distributable layers." (layer.md)
_LAYERS = {
    LAYER: Compression.none,
    LAYER_GZIP: Compression.gzip,
    LAYER_ZSTD: Compression.zstd,
    "application/vnd.oci.image.layer.nondistributable.v1.tar": Compression.none,
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": Compression.gzip,
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": Compression.zstd,
    DOCKER_LAYER: Compression.none,
    DOCKER_LAYER_GZIP: Compression.gzip,
    DOCKER_LAYER_ZSTD: Compression.zstd,
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": Compression.gzip,
}


def is_layer(media_type: str) -> bool:
    """Whether it names a filesystem layer."""
    return media_type in _LAYERS


def compression_of(media_type: str) -> Compression | None:
    """How a layer of this media type is packed; None when it names no filesystem layer."""
    return _LAYERS.get(media_type)
