"""Which image of a layout is meant by the name that was typed, and which of its platforms."""

from __future__ import annotations

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import ARCHITECTURES
from bareboat.oci import media
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import Manifest
from bareboat.store.images import ImageStore, choose

_DEFAULT_TAG = "latest"


@frozen
class Chosen:
    """One image for one platform; `platforms` are all those that the name stands for, in the index's order."""

    name: str
    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig
    platforms: tuple[Platform, ...]


def chosen_image(
    store: ImageStore, name: str, platform: Platform | None = None, host: Platform | None = None
) -> Chosen:
    """The image that `name` means.

    A name without a tag means `:latest`; a tag may end in an architecture (`static:nonroot-arm64`), as users of
    distroless images write it.

    Args:
        store: Where to look.
        name: As it was typed.
        platform: What to choose; it must be there.
        host: What to prefer when nothing was chosen; else the first platform is taken.

    Raises:
        UsageError: When there is no such image, or none for the platform.
        FormatError: When it is no image of a filesystem.
    """
    found, platform = named(store, name, platform)
    manifests = store.platforms(found)
    if not manifests:
        raise UsageError(f'{store.where}: "{found}" is an index without images')
    if platform is not None:
        descriptor = choose(manifests, platform, f'{store.where}: "{found}"')
    else:
        fitting = (one for one in manifests if host is not None and one.platform and one.platform.runs_on(host))
        descriptor = next(fitting, manifests[0])
    manifest = store.read_manifest(descriptor)
    if manifest.config.media_type not in media.CONFIGS:
        raise UsageError(f'{store.where}: "{found}" is an artifact of type "{manifest.config.media_type}", no image')
    return Chosen(
        name=found,
        descriptor=descriptor,
        manifest=manifest,
        config=store.read_config(manifest.config),
        platforms=tuple(one.platform for one in manifests if one.platform is not None),
    )


def named(store: ImageStore, name: str, platform: Platform | None) -> tuple[str, Platform | None]:
    """The name under which the image is there, and `platform` or else the one that the tag says."""
    there = store.images
    full = name if ":" in name.rpartition("/")[2] else f"{name}:{_DEFAULT_TAG}"
    for candidate in (name, full):
        if candidate in there:
            return candidate, platform
    for architecture in ARCHITECTURES:
        for suffix, instead in ((f"-{architecture.oci}", ""), (f":{architecture.oci}", f":{_DEFAULT_TAG}")):
            candidate = full.removesuffix(suffix) + instead
            if full.endswith(suffix) and candidate in there:
                return candidate, platform or Platform.of(architecture)
    return (full if full in there else name), platform
