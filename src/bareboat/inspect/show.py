"""What was built: the images of a layout, or one image with its configuration, layers and packages."""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.inspect.chosen import Chosen, chosen_image
from bareboat.inspect.installed import InstalledPackage, installed_packages
from bareboat.inspect.listing import Listing, list_images
from bareboat.inspect.origins import LayerOrigin, layer_origins
from bareboat.inspect.provenance import Provenance, provenance_of
from bareboat.oci.config import Execution
from bareboat.oci.descriptor import Platform
from bareboat.plan.lock import Lock
from bareboat.store.entry import EntryKind
from bareboat.store.images import ImageStore
from bareboat.store.rootfs import RootFilesystem


@frozen
class ShownLayer:
    """A layer, as it travels and as it unpacks, in bytes; `about` and `comment` are the history's."""

    digest: Digest
    media_type: str
    size: int
    unpacked_size: int
    origin: LayerOrigin

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "digest": str(self.digest),
            "media-type": self.media_type,
            "size": self.size,
            "unpacked-size": self.unpacked_size,
            "about": self.origin.about,
            "comment": self.origin.comment,
        }


@frozen
class ShownPackage:
    """A package, the layer that it is in (counted from one), what that layer is, and where the .deb came from."""

    package: InstalledPackage
    about: str
    provenance: Provenance

    @property
    def layer(self) -> int:
        """The layer's number, counted from one."""
        return self.package.layer + 1

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        package = self.package
        return {
            "name": package.name,
            "version": str(package.version),
            "architecture": package.architecture,
            "source": package.source,
            "source-version": str(package.source_version),
            "installed-bytes": package.installed_bytes,
            "measured": package.is_measured,
            "layer": self.layer,
            "about": self.about,
            "origin": self.provenance.to_document(),
        }


@frozen
class Totals:
    """Sums over an image, in bytes: `files_bytes` is what its files hold, `packaged_bytes` what packages list of it."""

    compressed_bytes: int
    unpacked_bytes: int
    files: int
    files_bytes: int
    packages: int
    packaged_bytes: int

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "compressed-bytes": self.compressed_bytes,
            "unpacked-bytes": self.unpacked_bytes,
            "files": self.files,
            "files-bytes": self.files_bytes,
            "packages": self.packages,
            "packaged-bytes": self.packaged_bytes,
        }


@frozen
class ShownImage:
    """One image for one platform; `platforms` are all that its name stands for, `created` is RFC 3339 text or empty."""

    name: str
    digest: Digest
    platform: str
    platforms: tuple[str, ...]
    created: str
    execution: Execution
    annotations: Mapping[str, str]
    layers: tuple[ShownLayer, ...]
    packages: tuple[ShownPackage, ...]
    totals: Totals

    def to_document(self) -> dict[str, object]:
        """As JSON; `config` has the names of the OCI image configuration."""
        return {
            "name": self.name,
            "digest": str(self.digest),
            "platform": self.platform,
            "platforms": list(self.platforms),
            "created": self.created or None,
            "config": self.execution.fields(),
            "annotations": dict(self.annotations),
            "layers": [layer.to_document() for layer in self.layers],
            "packages": [package.to_document() for package in self.packages],
            "totals": self.totals.to_document(),
        }


def show(
    store: ImageStore,
    image: str | None = None,
    *,
    platform: Platform | None = None,
    host: Platform | None = None,
    lock: Lock | None = None,
    observer: Observer | None = None,
) -> Listing | ShownImage:
    """What lies in `store`, or one image of it.

    Args:
        store: The layout or archive.
        image: Its name as typed; None lists all images.
        platform: Which of its platforms.
        host: The platform to prefer when none is chosen, else the first.
        lock: What it was built from, when that is at hand.
        observer: Told how far reading is.

    Raises:
        UsageError: When there is no such image, or none for the platform.
        NotFoundError: When a blob is not there.
        DigestMismatchError: When a blob is not what was promised.
        FormatError: When something is damaged.
    """
    if image is None:
        return list_images(store)
    chosen = chosen_image(store, image, platform, host)
    with RootFilesystem.of(store, chosen.manifest, observer=observer) as rootfs:
        return _shown(chosen, rootfs, lock)


def _shown(chosen: Chosen, rootfs: RootFilesystem, lock: Lock | None) -> ShownImage:
    origins = layer_origins(chosen.config, chosen.manifest)
    packages = installed_packages(rootfs)
    layers = tuple(
        ShownLayer(
            digest=layer.digest, media_type=layer.media_type, size=layer.size, unpacked_size=unpacked, origin=origin
        )
        for layer, unpacked, origin in zip(chosen.manifest.layers, rootfs.unpacked_sizes, origins, strict=True)
    )
    return ShownImage(
        name=chosen.name,
        digest=chosen.descriptor.digest,
        platform=str(chosen.config.platform),
        platforms=tuple(str(platform) for platform in chosen.platforms),
        created=chosen.config.created or "",
        execution=chosen.config.config,
        annotations=dict(sorted(chosen.manifest.annotations.items())),
        layers=layers,
        packages=tuple(
            ShownPackage(
                package=one,
                about=origins[one.layer].about,
                provenance=provenance_of(one, lock, layers[one.layer].digest),
            )
            for one in packages
        ),
        totals=_totals(layers, packages, rootfs),
    )


def _totals(
    layers: tuple[ShownLayer, ...], packages: tuple[InstalledPackage, ...], rootfs: RootFilesystem
) -> Totals:
    files = [entry for entry in rootfs.entries.values() if entry.kind is EntryKind.file]
    packaged = {path for package in packages for path in package.files or ()}
    return Totals(
        compressed_bytes=sum(layer.size for layer in layers),
        unpacked_bytes=sum(layer.unpacked_size for layer in layers),
        files=len(files),
        files_bytes=sum(entry.size for entry in files),
        packages=len(packages),
        packaged_bytes=sum(rootfs.entries[path].size for path in packaged),
    )
