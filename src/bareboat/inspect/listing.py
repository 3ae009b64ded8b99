"""What lies in an image layout: every image with its names, platforms, sizes and dates."""

from __future__ import annotations

from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen
from bareboat.oci import media
from bareboat.oci.annotations import REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.store.images import ImageStore, platforms_of


@frozen
class ListedPlatform:
    """One image for one platform; `size` is the compressed bytes of its layers, `created` RFC 3339 text or empty."""

    platform: str
    digest: Digest
    size: int
    created: str

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "platform": self.platform,
            "digest": str(self.digest),
            "size": self.size,
            "created": self.created or None,
        }


@frozen
class ListedImage:
    """An index, or a manifest that stands alone, with all its names, sorted."""

    names: tuple[str, ...]
    digest: Digest
    platforms: tuple[ListedPlatform, ...]

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "names": list(self.names),
            "digest": str(self.digest),
            "platforms": [platform.to_document() for platform in self.platforms],
        }


@frozen
class Listing:
    """All images of a layout, ordered by their first name; those without a name come last."""

    where: str
    images: tuple[ListedImage, ...]

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"images": [image.to_document() for image in self.images]}


def list_images(store: ImageStore) -> Listing:
    """What lies in `store`; an image that is listed within its index does not stand for itself once more.

    Raises:
        NotFoundError: When a document is not there.
        FormatError: When a document is damaged.
    """
    roots: dict[Digest, Descriptor] = {}
    names: dict[Digest, set[str]] = {}
    for entry in store.index.manifests:
        roots.setdefault(entry.digest, entry)
        names.setdefault(entry.digest, set()).update(filter(None, [entry.annotations.get(REF_NAME)]))
    platforms = {digest: platforms_of(store, [root]) for digest, root in roots.items()}
    within = {one.digest for digest, found in platforms.items() for one in found if one.digest != digest}
    images = [
        ListedImage(
            names=tuple(sorted(names[digest])),
            digest=digest,
            platforms=tuple(_platform(store, manifest) for manifest in platforms[digest]),
        )
        for digest in roots
        if digest not in within
    ]
    return Listing(where=store.where, images=tuple(sorted(images, key=_order)))


def _order(image: ListedImage) -> tuple[bool, tuple[str, ...], Digest]:
    return not image.names, image.names, image.digest


def _platform(store: ImageStore, descriptor: Descriptor) -> ListedPlatform:
    manifest = store.read_manifest(descriptor)
    is_image = manifest.config.media_type in media.CONFIGS
    return ListedPlatform(
        platform=str(descriptor.platform or "unknown"),
        digest=descriptor.digest,
        size=sum(layer.size for layer in manifest.layers),
        created=(store.read_config(manifest.config).created or "") if is_image else "",
    )
