"""Where a package came from, as a lock says it."""

from __future__ import annotations

from bareboat.base.digest import Digest
from bareboat.base.frozen import frozen
from bareboat.inspect.installed import InstalledPackage
from bareboat.plan.lock import Lock

NO_LOCK = "unknown: no lock given"
OF_THE_BASE = "from the base image"


@frozen
class Provenance:
    """The .deb of a package: the archive that vouched for it, its path in the pool, its digest.

    All are empty when that is not known, and `reason` says why.
    """

    archive: str = ""
    path: str = ""
    sha256: Digest | None = None
    reason: str = ""

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        if self.sha256 is None:
            return {"unknown": self.reason.removeprefix("unknown: ")}
        return {"archive": self.archive, "path": self.path, "sha256": self.sha256.hex}


def provenance_of(package: InstalledPackage, lock: Lock | None, layer: Digest | None = None) -> Provenance:
    """Where `package` came from, when `lock` has it in the same version.

    Args:
        package: What an image has.
        lock: What the image was built from.
        layer: The layer that the package is in: one of an image that others are built on came with that image.
    """
    if lock is None:
        return Provenance(reason=NO_LOCK)
    locked = lock.packages.get(f"{package.name}={package.version}:{package.architecture}")
    if locked is None and layer in _layers_of_bases(lock):
        return Provenance(reason=OF_THE_BASE)
    if locked is None:
        called = [other for other in lock.packages.values() if other.name == package.name]
        others = sorted({f"{other.version} ({other.architecture})" for other in called})
        return Provenance(reason=f"unknown: the lock has {', '.join(others) or 'no such package'}")
    return Provenance(archive=locked.archive, path=locked.path, sha256=locked.sha256)


def _layers_of_bases(lock: Lock) -> set[Digest]:
    images = (image for base in lock.bases.values() for image in base.images.values())
    return {layer.digest for image in images for layer in image.layers}
