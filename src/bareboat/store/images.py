"""Images in a place that holds blobs: following descriptors, and finding an image by its name and platform.

What comes out of here has the digest and the size that its descriptor promised.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, LimitError, NotFoundError, UsageError
from bareboat.base.problem import suggestion
from bareboat.oci import media
from bareboat.oci.annotations import CONTAINERD_NAME, REF_NAME
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.received import MOST_BYTES
from bareboat.oci.reference import Reference, is_ref_name
from bareboat.store.blobs import Blobs
from bareboat.store.extent import Extent
from bareboat.store.verify import Check

_MOST_DEPTH = 8
_MOST_TOLD = 8
_DEFAULT_TAG = "latest"

NamedImage = tuple[Sequence[str], Descriptor]
"""The names of an image and its index (or its only manifest)."""


def read_document(blobs: Blobs, descriptor: Descriptor) -> bytes:
    """The bytes of a JSON document.

    Raises:
        LimitError: When it is larger than any registry takes.
        DigestMismatchError: When digest or size differ.
        NotFoundError: When it is not there.
    """
    if descriptor.size > MOST_BYTES:
        raise LimitError(f"cannot read {descriptor.digest}: it has {descriptor.size} bytes, the limit is {MOST_BYTES}")
    check = Check(descriptor.digest, descriptor.size)
    with blobs.open(descriptor.digest) as stream:
        data = stream.read(descriptor.size + 1)
    check.feed(data)
    check.finish()
    return data


def read_index(blobs: Blobs, descriptor: Descriptor) -> Index:
    """The index that `descriptor` promises; raises as `read_document`, and FormatError when it is none."""
    return Index.parse(read_document(blobs, descriptor), f"index {descriptor.digest.short}")


def read_manifest(blobs: Blobs, descriptor: Descriptor) -> Manifest:
    """The manifest that `descriptor` promises; raises as `read_document`, and FormatError when it is none."""
    return Manifest.parse(read_document(blobs, descriptor), f"manifest {descriptor.digest.short}")


def read_config(blobs: Blobs, descriptor: Descriptor) -> ImageConfig:
    """The configuration that `descriptor` promises; raises as `read_document`, and FormatError when it is none."""
    return ImageConfig.parse(read_document(blobs, descriptor), f"config {descriptor.digest.short}")


def manifests_of(blobs: Blobs, descriptor: Descriptor) -> tuple[Descriptor, ...]:
    """Every manifest that an index leads to, nested ones too, in order; a manifest leads to itself.

    An index that is named again leads to nothing new: a few that name each other would lead to billions.

    "An encountered `mediaType` that is unknown to the implementation MUST be ignored." (image-index.md)

    Raises:
        FormatError: When indexes are nested deeper than 8.
    """
    return tuple(_manifests(blobs, descriptor, 0, set()))


def blobs_of(blobs: Blobs, roots: Iterable[Descriptor], *, allow_missing: bool = False) -> tuple[Descriptor, ...]:
    """Everything that `roots` lead to, themselves first, each digest once.

    Args:
        blobs: Where the documents are.
        roots: Indexes and manifests.
        allow_missing: Pass over documents that are not there, and what they would lead to.

    Raises:
        NotFoundError: When a document is not there.
    """
    found: dict[Digest, Descriptor] = {}
    rest = list(roots)
    while rest:
        descriptor = rest.pop(0)
        if descriptor.digest in found:
            continue
        found[descriptor.digest] = descriptor
        if allow_missing and not blobs.has(descriptor.digest):
            continue
        if descriptor.media_type in media.INDEXES:
            rest.extend(read_index(blobs, descriptor).manifests)
        elif descriptor.media_type in media.MANIFESTS:
            manifest = read_manifest(blobs, descriptor)
            rest.extend([manifest.config, *manifest.layers])
    return tuple(found.values())


def platforms_of(blobs: Blobs, entries: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
    """Every manifest that `entries` lead to, each with its platform, which the configuration tells if nothing else."""
    manifests = [manifest for entry in entries for manifest in manifests_of(blobs, entry)]
    return tuple(_with_platform(blobs, manifest) for manifest in manifests)


def choose(manifests: Sequence[Descriptor], platform: Platform | None, what: str) -> Descriptor:
    """The first of `manifests` that is for `platform`, or the only one when no platform was said.

    Args:
        manifests: Each with its platform.
        platform: What to choose.
        what: What to call the image in an error.

    Raises:
        UsageError: When there is none, or no choice was made among several.
    """
    there = ", ".join(sorted(str(manifest.platform or "unknown") for manifest in manifests)) or "nothing"
    if platform is None:
        if len(manifests) != 1:
            raise UsageError(f"{what} is for several platforms", hint=f"choose one with --arch: {there}")
        return manifests[0]
    for manifest in manifests:
        if manifest.platform is not None and manifest.platform.runs_on(platform):
            return manifest
    raise UsageError(f"{what} is not for {platform}", hint=f"it is for: {there}")


def _with_platform(blobs: Blobs, descriptor: Descriptor) -> Descriptor:
    if descriptor.platform is not None:
        return descriptor
    config = read_manifest(blobs, descriptor).config
    if config.media_type not in media.CONFIGS:
        return descriptor
    return descriptor.with_platform(read_config(blobs, config).platform)


def _manifests(blobs: Blobs, descriptor: Descriptor, depth: int, seen: set[Digest]) -> Iterator[Descriptor]:
    if descriptor.media_type in media.MANIFESTS:
        yield descriptor
    elif descriptor.media_type in media.INDEXES and descriptor.digest not in seen:
        if depth >= _MOST_DEPTH:
            raise FormatError(f"index {descriptor.digest.short}: is nested more than {_MOST_DEPTH} deep")
        seen.add(descriptor.digest)
        for entry in read_index(blobs, descriptor).manifests:
            yield from _manifests(blobs, entry, depth + 1, seen)


def named_entries(images: Iterable[NamedImage]) -> tuple[Descriptor, ...]:
    """The entries of an `index.json`: one for each image and name, ordered by name, then digest.

    skopeo, podman and umoci look for `org.opencontainers.image.ref.name`, which we give whole (`static:debug`).
    umoci takes an image of one platform only; skopeo and podman choose from an index.
    containerd (`ctr image import`, `docker load` with its image store) files an image under
    `io.containerd.image.name`, which must name a registry; it is added where the name has a tag.

    Raises:
        UsageError: When a name breaks the grammar of `org.opencontainers.image.ref.name`.
    """
    entries = []
    for names, descriptor in images:
        entries.extend([_named(descriptor, name) for name in names] or [descriptor])
    return tuple(sorted(entries, key=by_name))


def by_name(descriptor: Descriptor) -> tuple[str, str, str]:
    """The order of the entries of an `index.json`."""
    return descriptor.annotations.get(REF_NAME, ""), str(descriptor.digest), str(descriptor.platform or "")


def _named(descriptor: Descriptor, name: str) -> Descriptor:
    if not is_ref_name(name):
        raise UsageError(f'cannot use "{name}" as the name of an image', hint="write it as static-debian13:latest")
    said = {REF_NAME: name}
    try:
        reference = Reference.parse(name)
    except UsageError:
        reference = None
    if reference is not None and reference.tag is not None and reference.digest is None:
        said[CONTAINERD_NAME] = str(reference)
    return descriptor.with_annotations(said)


class ImageStore(ABC):
    """Blobs together with an index that names some of them: an image layout, as a folder or as an archive.

    It is a `Blobs` too.
    """

    where: str

    @property
    @abstractmethod
    def index(self) -> Index:
        """What lies here, by name."""

    @abstractmethod
    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`."""

    @abstractmethod
    def open(self, digest: Digest) -> BinaryIO:
        """As `Blobs.open`; reading to the end raises DigestMismatchError when the bytes are others."""

    @abstractmethod
    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""

    @abstractmethod
    def add(self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None) -> Digest:
        """As `Blobs.add`."""

    @abstractmethod
    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`."""

    def extent(self, digest: Digest) -> Extent:
        """Where the bytes of `digest` lie as part of a file, which nobody has checked.

        Raises:
            NotFoundError: When they are not here, or in no file.
        """
        file = self.path(digest)
        if file is None:
            raise missing(self.where, digest)
        return Extent(file=file, size=self.size(digest))

    @property
    def images(self) -> Mapping[str, Descriptor]:
        """The images by name, sorted; of several entries with one name the first, as skopeo takes it."""
        found: dict[str, Descriptor] = {}
        for entry in self.index.manifests:
            found.setdefault(entry.annotations.get(REF_NAME, ""), entry)
        return MappingProxyType({name: found[name] for name in sorted(found) if name})

    def read_index(self, descriptor: Descriptor) -> Index:
        """As the function `read_index`."""
        return read_index(self, descriptor)

    def read_manifest(self, descriptor: Descriptor) -> Manifest:
        """As the function `read_manifest`."""
        return read_manifest(self, descriptor)

    def read_config(self, descriptor: Descriptor) -> ImageConfig:
        """As the function `read_config`."""
        return read_config(self, descriptor)

    def entries(self, ref_name: str) -> tuple[Descriptor, ...]:
        """What lies here as the image `ref_name`.

        Raises:
            UsageError: When no image has that name.
        """
        entries = tuple(entry for entry in self.index.manifests if entry.annotations.get(REF_NAME) == ref_name)
        if not entries:
            raise no_such_image(self.where, ref_name, self.images)
        return entries

    def platforms(self, ref_name: str) -> tuple[Descriptor, ...]:
        """The manifests of the image `ref_name`, each with its platform, which the configuration tells if nothing else.

        Raises:
            UsageError: When no image has that name.
        """
        return platforms_of(self, self.entries(ref_name))

    def find(self, ref_name: str, platform: Platform | None = None) -> Descriptor:
        """The manifest of the image `ref_name` for `platform`, which may be left out when there is only one.

        Raises:
            UsageError: When there is no such image, or none for the platform, or several and no platform was said.
        """
        return choose(self.platforms(ref_name), platform, f'{self.where}: "{ref_name}"')


def missing(where: str, digest: Digest) -> NotFoundError:
    """The error of every place that does not have `digest`."""
    return NotFoundError(f"{where}: cannot find {digest}")


class IncompleteError(NotFoundError):
    """An image layout or archive lacks a blob that it promises: no one was asked for it, the place is damaged."""

    exit_code = FormatError.exit_code


def lacking(where: str, digest: Digest) -> IncompleteError:
    """The error of a folder or a file that should have `digest`."""
    return IncompleteError(
        f"{where}: is not whole: it has no {digest}",
        hint="a part of it was lost or never copied: build it again, or copy or pull it once more",
    )


def no_such_image(where: str, name: str, names: Iterable[str]) -> UsageError:
    """The error for an image that is none of `names`, with the nearest one, or else the first few."""
    there = sorted(names)
    own = name.removesuffix(f":{_DEFAULT_TAG}")
    variants = [one for one in there if one.rpartition(":")[0] == own]
    if variants and f"{own}:{_DEFAULT_TAG}" not in there and name in (own, f"{own}:{_DEFAULT_TAG}"):
        return UsageError(f"{where}: {own} has no {_DEFAULT_TAG}", hint=f"there is: {', '.join(variants[:_MOST_TOLD])}")
    short = [one.removesuffix(f":{_DEFAULT_TAG}") for one in there]
    hint = suggestion(name, [*there, *short])
    if not hint:
        images = list(dict.fromkeys(one.rpartition(":")[0] or one for one in there))
        few = there if len(there) <= _MOST_TOLD else images[:_MOST_TOLD]
        more = f" and {len(images) - _MOST_TOLD} more; `bareboat show {where}` lists them"
        hint = f"there is: {', '.join(few)}{more if len(images) > _MOST_TOLD else ''}"
    return UsageError(f'{where}: cannot find the image "{name}"', hint=hint if there else "no image here has a name")
