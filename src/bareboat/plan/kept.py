"""What a sweep of the store must leave: the bytes that a lock and its configuration name."""

from __future__ import annotations

from collections.abc import Iterable

from bareboat.base.digest import Digest
from bareboat.plan.lock import Lock
from bareboat.plan.needed import downloads
from bareboat.plan.recipe import Recipe


def kept(lock: Lock, recipes: Iterable[Recipe]) -> frozenset[Digest]:
    """The packages, programs and base images of `lock`, the signed files behind it, and the downloads of `recipes`."""
    return frozenset({
        *(package.sha256 for package in lock.packages.values()),
        *(file.sha256 for program in lock.upstream.values() for file in program.files),
        *(archive.release for archive in lock.archives.values()),
        *(blob.digest for base in lock.bases.values() for image in base.images.values() for blob in image.blobs),
        *(wish.sha256 for wish in downloads(recipes) if wish.sha256 is not None),
    })
