"""Images as one file or stream: `oci-archive`, the tar of an image layout, or `docker-archive`, as of `docker save`.

OCI image specification 1.1, "Image Layout"; Docker Image Specification 1.2, "Combined Image JSON + Filesystem Changeset
Format".
The same images give the same bytes: entries are sorted by name and have neither times nor owners.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.errors import UsageError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.oci.reference import DEFAULT_TAG, Reference
from bareboat.store.blobs import Blobs
from bareboat.store.images import (
    NamedImage,
    blobs_of,
    choose,
    manifests_of,
    named_entries,
    platforms_of,
    read_config,
    read_manifest,
)
from bareboat.store.layout import INDEX_NAME, MARKER, MARKER_NAME
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.output import output_file
from bareboat.store.verify import Check, verified

DOCKER_NAME = "manifest.json"
"""Docker Image Specification 1.2: the file of an archive that names its images, configurations and layers."""

_BLOCK = 512
_SUFFIX = {Compression.none: ".tar", Compression.gzip: ".tar.gz", Compression.zstd: ".tar"}

_Content = tuple[int, Callable[[], Iterable[bytes]]]
"""A size in bytes, and so many bytes."""


def write_oci_archive(path: Path, images: Sequence[NamedImage], source: Blobs) -> None:
    """Write `oci_archive` into a file, which is replaced when it is an archive too; raises as that does, and:

    Raises:
        UsageError: When something else is there.
        StoreError: When this machine refuses.
    """
    _write(path, oci_archive(images, source))


def write_docker_archive(
    path: Path, images: Sequence[NamedImage], source: Blobs, *, platform: Platform | None = None
) -> None:
    """Write `docker_archive` into a file, which is replaced when it is an archive too; raises as that does, and:

    Raises:
        UsageError: When something else is there.
        StoreError: When this machine refuses.
    """
    _write(path, docker_archive(images, source, platform=platform))


def oci_archive(images: Sequence[NamedImage], source: Blobs) -> Iterator[bytes]:
    """The tar of an image layout that holds `images` and nothing else, in pieces.

    When each of them is for one platform, `manifest.json` is there too, as in what `docker save` writes since version
    25, so that a Docker engine without the containerd image store loads the file.

    Args:
        images: The names of each image, and its index or manifest.
        source: Where their blobs are.

    Raises:
        UsageError: When a name breaks the grammar.
        NotFoundError: When a blob is missing, maybe after some pieces.
        DigestMismatchError: When a blob is damaged, maybe after some pieces.
    """
    index = Index(manifests=named_entries(images))
    contents = {MARKER_NAME: _literal(MARKER), INDEX_NAME: _literal(index.to_bytes())}
    contents |= {_blob_name(blob): _blob(blob, source) for blob in blobs_of(source, index.manifests)}
    single = [_single_platform(descriptor, source) for _, descriptor in images]
    if all(single):
        docker = [
            _docker_entry(names, manifest, source, _blob_name, lambda layer, _: _blob_name(layer))
            for (names, _), manifest in zip(images, single, strict=True)
            if manifest is not None
        ]
        contents[DOCKER_NAME] = _literal(canonical(docker))
    return _tar(contents)


def docker_archive(
    images: Sequence[NamedImage], source: Blobs, *, platform: Platform | None = None
) -> Iterator[bytes]:
    """What `docker load` reads in every version, in pieces: `manifest.json`, configurations and layers.

    Layers are kept as gzip; zstd, which this format does not know, is taken off.

    Args:
        images: The names of each image, and its index or manifest.
        source: Where their blobs are.
        platform: Which one; it may be left out when each image is for one only.

    Raises:
        UsageError: When an image is for several platforms and none was chosen, not for the chosen one, or not
            something that runs; when a name is not one of Docker's.
        NotFoundError: When a blob is missing, maybe after some pieces.
        DigestMismatchError: When a blob is damaged, maybe after some pieces.
    """
    contents: dict[str, _Content] = {}
    docker = []

    def layer_name(layer: Descriptor, diff_id: Digest) -> str:
        compression = media.compression_of(layer.media_type)
        if compression is None:
            raise UsageError(f'cannot write the layer {layer.digest.short}: "{layer.media_type}" is no tar')
        name = f"{layer.digest.hex}{_SUFFIX[compression]}"
        if name not in contents:
            is_zstd = compression is Compression.zstd
            contents[name] = _unpacked(layer, source, diff_id) if is_zstd else _blob(layer, source)
        return name

    def config_name(config: Descriptor) -> str:
        name = f"{config.digest.hex}.json"
        contents[name] = _blob(config, source)
        return name

    for names, descriptor in images:
        what = f'docker-archive: "{names[0] if names else descriptor.digest.short}"'
        manifest = choose(platforms_of(source, [descriptor]), platform, what)
        docker.append(_docker_entry(names, manifest, source, config_name, layer_name))
    contents[DOCKER_NAME] = _literal(canonical(docker))
    return _tar(contents)


def _single_platform(descriptor: Descriptor, source: Blobs) -> Descriptor | None:
    manifests = manifests_of(source, descriptor)
    if len(manifests) != 1 or read_manifest(source, manifests[0]).config.media_type not in media.CONFIGS:
        return None
    return manifests[0]


def _docker_entry(
    names: Sequence[str],
    descriptor: Descriptor,
    source: Blobs,
    config_name: Callable[[Descriptor], str],
    layer_name: Callable[[Descriptor, Digest], str],
) -> dict[str, object]:
    manifest = read_manifest(source, descriptor)
    if manifest.config.media_type not in media.CONFIGS:
        raise UsageError(f"cannot write {descriptor.digest.short} for docker: it is no image that runs")
    diff_ids = read_config(source, manifest.config).diff_ids
    if len(diff_ids) != len(manifest.layers):
        raise UsageError(f"cannot write {descriptor.digest.short} for docker: its configuration has other layers")
    return {
        "Config": config_name(manifest.config),
        "RepoTags": sorted({_docker_tag(name) for name in names}),
        "Layers": [layer_name(layer, diff) for layer, diff in zip(manifest.layers, diff_ids, strict=True)],
    }


def _docker_tag(name: str) -> str:
    reference = Reference.parse(name)
    return replace(reference, tag=reference.tag or DEFAULT_TAG, digest=None).familiar


def _blob_name(descriptor: Descriptor) -> str:
    return f"blobs/{descriptor.digest.algorithm}/{descriptor.digest.hex}"


def _literal(data: bytes) -> _Content:
    return len(data), lambda: [data]


def _blob(descriptor: Descriptor, source: Blobs) -> _Content:
    def chunks() -> Iterator[bytes]:
        with source.open(descriptor.digest) as stream:
            yield from verified(iter(lambda: stream.read(CHUNK_BYTES), b""), descriptor.digest, descriptor.size)

    return descriptor.size, chunks


def _unpacked(layer: Descriptor, source: Blobs, diff_id: Digest) -> _Content:
    """The tar inside `layer`, which is unpacked twice: tar asks for the size first, and nothing is put aside."""

    def chunks() -> Iterator[bytes]:
        check = Check(diff_id)
        with source.open(layer.digest) as packed:
            stream = unpacked(packed, Compression.zstd)
            while chunk := stream.read(CHUNK_BYTES):
                check.feed(chunk)
                yield chunk
        check.finish()

    return sum(map(len, chunks())), chunks


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    if path.is_file() and not _may_become_archive(path):
        raise UsageError(f"{path}: is a file that is no archive of images", hint="choose another name with --out")
    with output_file(path) as stream:
        for piece in pieces:
            stream.write(piece)


def _may_become_archive(path: Path) -> bool:
    """Whether a file is empty or a tar, which may be the archive of an earlier build; POSIX: the magic of ustar."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_BLOCK)
    except OSError:
        return True  # who cannot be read is told of when it is written
    return not head or head[257:262] == b"ustar"


def _tar(contents: Mapping[str, _Content]) -> Iterator[bytes]:
    folders = {str(parent) for name in contents for parent in PurePosixPath(name).parents} - {"."}
    for name in sorted(folders | set(contents)):
        info = tarfile.TarInfo(name)
        if name in folders:
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            yield _header(info)
            continue
        info.size, chunks = contents[name]
        yield _header(info)
        yield from chunks()
        yield bytes(-info.size % _BLOCK)
    # POSIX.1-2017, pax: "two 512-octet logical records filled with binary zeros"
    yield bytes(2 * _BLOCK)


def _header(info: tarfile.TarInfo) -> bytes:
    """An ustar header; only a file of 8 GiB and more gets a pax header besides."""
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
