"""Where the images are that others are built on: registries as this machine knows them, and layouts here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.base.errors import OfflineError, StaleLockError, UsageError
from bareboat.base.observer import Observer
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import Reference
from bareboat.plan.base_images import BaseImages
from bareboat.plan.base_reference import LayoutPlace, base_reference, pinned_reference
from bareboat.store.disk import DiskStore
from bareboat.store.images import ImageStore


@contextmanager
def base_images(folder: Path, store: DiskStore, observer: Observer, *, offline: bool) -> Iterator[BaseImages]:
    """Finds base images; a registry is connected to when one is asked for.

    Args:
        folder: What the paths of layouts are relative to.
        store: Where everything that is read stays.
        observer: Hears of what is fetched.
        offline: Whether no registry may be asked.
    """
    with ExitStack() as opened:

        def at(reference: str, digest: Digest | None) -> tuple[ImageStore, Descriptor]:
            place = base_reference(reference)
            if isinstance(place, LayoutPlace):
                return _in_layout(folder, place, digest)
            if offline:
                raise OfflineError(
                    f"cannot ask for {reference}: --offline, and the store does not have it",
                    hint="run once without --offline",
                )
            return _in_registry(place if digest is None else pinned_reference(place, digest), store, observer, opened)

        yield BaseImages(open=at, blobs=store, records=store)


def _in_registry(
    reference: Reference, store: DiskStore, observer: Observer, opened: ExitStack
) -> tuple[ImageStore, Descriptor]:
    from bareboat.cli.registries import registries
    from bareboat.store.registry.images import RegistryImages

    known = opened.enter_context(registries(observer=observer))
    images = RegistryImages.at(known.source(reference), reference, store, observer)
    return images, images.root


def _in_layout(folder: Path, place: LayoutPlace, digest: Digest | None) -> tuple[ImageStore, Descriptor]:
    from bareboat.store.archived import open_images

    images = open_images(folder / place.path)
    if digest is not None:
        there = next((entry for entry in images.index.manifests if entry.digest == digest), None)
        if there is None:
            changed = "the layout was changed; run `bareboat lock --upgrade` to build on what is there now"
            raise StaleLockError(f"{images.where}: has no image {digest} any more", hint=changed)
        return images, there
    names = images.images
    if place.name is not None:
        return images, images.entries(place.name if place.name in names else _tagged(place.name))[0]
    roots = {entry.digest: entry for entry in images.index.manifests}
    if len(roots) != 1:
        hint = f"name it, as oci:{place.path}:{next(iter(names))}" if names else None
        raise UsageError(f"{images.where}: has {len(roots)} images, and which one is meant is not said", hint=hint)
    return images, next(iter(roots.values()))


def _tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"
