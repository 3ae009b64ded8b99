"""Which image of a layout is which of ours: by its names, so that it can be made again and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, NotFoundError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.platform import architecture
from bareboat.make.build import names_for
from bareboat.oci import annotations as texts
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import Compression
from bareboat.plan.config.config import Variant
from bareboat.plan.lock import BYTE_FORMAT, Lock
from bareboat.plan.recipe import Recipe
from bareboat.store.images import ImageStore, platforms_of


@frozen
class Origin:
    """What an image is made from; `architectures` are OCI's names, in the order of the index."""

    recipe: Recipe
    variant: Variant
    architectures: tuple[str, ...]
    compression: str


@frozen
class Claim:
    """An image of a layout with all its names, sorted: what it is made from, or the reason why it cannot be made again.

    `manifests` are those of its platforms, by OCI's name of the architecture; `descriptor` is what the names stand for.
    """

    names: tuple[str, ...]
    descriptor: Descriptor
    manifests: Mapping[str, Descriptor]
    origin: Origin | None = None
    reason: str = ""


UNKNOWN = "neither the catalogue nor the configuration has it"
"""The reason where no name of an image is one that a build gives."""

_REASONS = (UsageError, FormatError, DigestMismatchError, NotFoundError)
"""Why an image may be none that can be made again."""

_Known = Mapping[str, tuple[Recipe, Variant]]


def claims_of(store: ImageStore, recipes: Sequence[Recipe], lock: Lock, default_distro: str) -> tuple[Claim, ...]:
    """Every image of `store`, ordered by its first name.

    A single image that is listed within the index of its name does not stand for itself once more.
    """
    known: dict[str, tuple[Recipe, Variant]] = {}
    for recipe in recipes:
        for variant in recipe.variants:
            for name in names_for(recipe, variant, default_distro):
                known.setdefault(name, (recipe, variant))
    named: dict[Digest, tuple[Descriptor, list[str]]] = {}
    for name, descriptor in store.images.items():
        named.setdefault(descriptor.digest, (descriptor, []))[1].append(name)
    claims = [_claim(store, tuple(sorted(names)), descriptor, known, lock) for descriptor, names in named.values()]
    within = {
        (manifest.digest, f"{name}-{arch}")
        for claim in claims
        if claim.descriptor.media_type in media.INDEXES
        for arch, manifest in claim.manifests.items()
        for name in claim.names
    }
    rest = [
        claim for claim in claims if not all((claim.descriptor.digest, name) in within for name in claim.names)
    ]
    return tuple(sorted(rest, key=lambda claim: claim.names))


def _claim(store: ImageStore, names: tuple[str, ...], descriptor: Descriptor, known: _Known, lock: Lock) -> Claim:
    manifests: dict[str, Descriptor] = {}
    try:
        for manifest in platforms_of(store, [descriptor]):
            if manifest.platform is None:
                raise UsageError("it has an image for no platform")
            arch = architecture(manifest.platform.architecture).oci
            if arch in manifests:
                raise UsageError(f"it has several images for {arch}")
            manifests[arch] = manifest
        origin = _origin(store, names, manifests, known, lock)
    except _REASONS as why:
        return Claim(names=names, descriptor=descriptor, manifests=manifests, reason=why.message)
    return Claim(names=names, descriptor=descriptor, manifests=manifests, origin=origin)


def _origin(
    store: ImageStore, names: tuple[str, ...], manifests: Mapping[str, Descriptor], known: _Known, lock: Lock
) -> Origin:
    suffixes = [f"-{arch}" for arch in manifests] if len(manifests) == 1 else []
    meant = {known[plain] for name in names for plain in _plain(name, suffixes) if plain in known}
    if not meant:
        raise UsageError(UNKNOWN)
    if len(meant) > 1:
        raise UsageError("its names are those of several images")
    recipe, variant = meant.pop()
    locked = lock.images.get(recipe.name)
    if locked is None:
        raise UsageError("the lock does not have it")
    without = [arch for arch in manifests if arch not in locked.stages or arch not in recipe.architectures]
    if without:
        raise UsageError(f"the lock does not have it for {', '.join(without)}")
    images = [store.read_manifest(manifest) for manifest in manifests.values()]
    _check_format(images)
    return Origin(
        recipe=recipe, variant=variant, architectures=tuple(manifests), compression=_compression(images)
    )


def _plain(name: str, suffixes: Sequence[str]) -> Sequence[str]:
    return [name, *(name.removesuffix(suffix) for suffix in suffixes)]


def _check_format(images: Sequence[Manifest]) -> None:
    formats = {image.annotations.get(texts.FORMAT, str(BYTE_FORMAT)) for image in images}
    other = sorted(formats - {str(BYTE_FORMAT)})
    if other:
        raise UsageError(f"its bytes are of format {', '.join(other)}, and this bareboat makes format {BYTE_FORMAT}")


def _compression(images: Sequence[Manifest]) -> str:
    found = {layer.media_type for image in images for layer in image.layers}
    packed = {media.compression_of(name) for name in found}
    if not found:
        return str(Compression.gzip)
    if len(packed) == 1 and packed <= {Compression.gzip, Compression.zstd}:
        return str(packed.pop())
    raise UsageError(f"its layers are packed as {', '.join(sorted(found))}, which bareboat does not do")
