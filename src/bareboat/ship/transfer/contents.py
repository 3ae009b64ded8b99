"""What an image consists of: its documents, children before parents, and the blobs that each of them names.

A selection of its architectures is an image too: the only manifest, or an index of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, LimitError, UsageError
from bareboat.base.frozen import frozen
from bareboat.oci import media
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.received import MOST_BYTES
from bareboat.ship.transfer.origin import Origin, Supplemented
from bareboat.store.limits import MIB

_MOST_DEPTH = 8
_MOST_DOCUMENTS = 10_000
_MOST_TOGETHER = 64 * MIB

Each = Callable[[Callable[[Descriptor], bytes], Sequence[Descriptor]], list[bytes]]
"""Does something for each of several descriptors, and gives the results in order."""


@frozen
class Part:
    """An index or manifest as it was received, with the documents and the blobs that it names.

    `height` is 0 where it names no documents, else one more than the highest of them; `subject` is what it refers to.
    """

    descriptor: Descriptor
    data: bytes
    documents: tuple[Descriptor, ...] = ()
    blobs: tuple[Descriptor, ...] = ()
    subject: Digest | None = None
    height: int = 0


def _one_by_one(act: Callable[[Descriptor], bytes], ones: Sequence[Descriptor]) -> list[bytes]:
    return [act(one) for one in ones]


def parts_of(origin: Origin, root: Descriptor, each: Each = _one_by_one) -> tuple[Part, ...]:
    """Every document that `root` leads to, each digest once, children before parents; `root` is the last.

    What an index names and what is neither an index nor a manifest is a blob of that index.

    Args:
        origin: Where they are.
        root: An index or manifest.
        each: How to read several documents.

    Raises:
        FormatError: When indexes are nested deeper than 8, or lead in a circle.
        LimitError: When there are more than 10,000 documents, or they have more than 64 MiB together.
        BareboatError: As `Origin.document`.
    """
    found: dict[Digest, Part] = {}
    rest = [root]
    while rest:
        if len(found) + len(rest) > _MOST_DOCUMENTS:
            raise LimitError(f"{root.digest.short}: cannot copy an image of more than {_MOST_DOCUMENTS} manifests")
        found |= {one.digest: _part(one, data) for one, data in zip(rest, each(origin.document, rest), strict=True)}
        if sum(len(part.data) for part in found.values()) > _MOST_TOGETHER:
            raise LimitError(f"{root.digest.short}: its manifests have more than {_MOST_TOGETHER} bytes")
        named = {child.digest: child for one in rest for child in found[one.digest].documents}
        rest = [child for digest, child in named.items() if digest not in found]
    return tuple(sorted(_with_heights(found, root), key=lambda part: part.height))


def select(origin: Origin, root: Descriptor, platforms: Sequence[Platform], what: str) -> tuple[Origin, Descriptor]:
    """The image `root` for `platforms` alone, and the origin that has it.

    For one platform that is its manifest; for several an index of theirs, which is written anew, with what the
    original says of itself.

    Args:
        origin: Where it is.
        root: The image's index or manifest.
        platforms: What it shall be for.
        what: What to call it in an error.

    Raises:
        UsageError: When it is not for one of them.
    """
    if root.media_type not in media.INDEXES:
        there = platform_of(origin, root)
        if there is None or not any(there.runs_on(platform) for platform in platforms):
            raise _not_for(what, platforms[0], [there])
        return origin, root
    index = Index.parse(origin.document(root), f"index {root.digest.short}")
    chosen = [_entry_for(index, platform, what) for platform in platforms]
    if len(chosen) == 1:
        return origin, chosen[0]
    if len(chosen) == len(index.manifests):
        return origin, root
    made = replace(index, manifests=tuple(entry for entry in index.manifests if entry in chosen))
    data = made.to_bytes()
    descriptor = replace(root, digest=Digest.of(data), size=len(data))
    return Supplemented(origin, {descriptor.digest: data}), descriptor


def platform_of(origin: Origin, manifest: Descriptor) -> Platform | None:
    """What an image is for: as its descriptor says, else its configuration; None for what is no image."""
    if manifest.platform is not None:
        return manifest.platform
    config = Manifest.parse(origin.document(manifest), f"manifest {manifest.digest.short}").config
    if config.media_type not in media.CONFIGS or config.size > MOST_BYTES:
        return None
    with origin.open(config) as stream:
        return ImageConfig.parse(stream.read(), f"config {config.digest.short}").platform


def _entry_for(index: Index, platform: Platform, what: str) -> Descriptor:
    entry = index.for_platform(platform)
    if entry is None:
        raise _not_for(what, platform, [entry.platform for entry in index.manifests])
    return entry


def _not_for(what: str, platform: Platform, there: Sequence[Platform | None]) -> UsageError:
    names = ", ".join(sorted({str(one) for one in there if one is not None})) or "no platform that it names"
    return UsageError(f"{what} is not for {platform}", hint=f"it is for: {names}")


def _part(descriptor: Descriptor, data: bytes) -> Part:
    if descriptor.media_type in media.MANIFESTS:
        manifest = Manifest.parse(data, f"manifest {descriptor.digest.short}")
        blobs = (manifest.config, *manifest.layers)
        return Part(descriptor=descriptor, data=data, blobs=blobs, subject=_digest_of(manifest.subject))
    index = Index.parse(data, f"index {descriptor.digest.short}")
    children = index.manifests
    documents = tuple(child for child in children if child.media_type in media.INDEXES | media.MANIFESTS)
    blobs = tuple(child for child in children if child not in documents)
    return Part(
        descriptor=descriptor, data=data, documents=documents, blobs=blobs, subject=_digest_of(index.subject)
    )


def _digest_of(descriptor: Descriptor | None) -> Digest | None:
    return None if descriptor is None else descriptor.digest


def _with_heights(parts: Mapping[Digest, Part], root: Descriptor) -> Iterator[Part]:
    """`parts`, each higher than all that it names."""
    heights = dict.fromkeys(parts, 0)
    for _ in range(_MOST_DEPTH):
        higher = {
            digest: max((heights[child.digest] + 1 for child in part.documents), default=0)
            for digest, part in parts.items()
        }
        if higher == heights:
            return (replace(part, height=heights[digest]) for digest, part in parts.items())
        heights = higher
    raise FormatError(f"index {root.digest.short}: is nested more than {_MOST_DEPTH} deep")
