"""Images in one line: layers from a mapping of paths to contents, a configuration, a manifest, a layout."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backports import zstd

from bareboat.base.digest import Digest
from bareboat.oci.config import Execution, History, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import Compression
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore

CREATED = "2026-01-31T12:00:00Z"

Files = Mapping[str, bytes]
"""Paths to contents; a path that ends in a slash is a folder, contents `b"-> x"` make a symbolic link to x."""


@dataclass(frozen=True)
class Made:
    """An image with its blobs; `descriptor` is that of its manifest."""

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig
    blobs: MemoryStore


def make_tar(files: Files) -> bytes:
    """A tar of `files`, sorted, with the folders above them; programs (below `bin`) may be run."""
    folders = {str(parent) for path in files for parent in list(Path(path.rstrip("/")).parents)[:-1]}
    folders |= {path.rstrip("/") for path in files if path.endswith("/")}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(folders | {path for path in files if not path.endswith("/")}):
            info = tarfile.TarInfo(path)
            data = files.get(path, b"")
            if path in folders:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif data.startswith(b"-> "):
                info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, data[3:].decode()
            else:
                info.size, info.mode = len(data), 0o755 if "bin/" in path else 0o644
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def make_layer(tar: bytes, compression: Compression = Compression.gzip, *, members: int = 1) -> bytes:
    """`tar` compressed, as one gzip member or zstd frame, or as `members` of them one after the other."""
    step = max(1, -(-len(tar) // members))
    parts = [tar[start : start + step] for start in range(0, len(tar), step)]
    match compression:
        case Compression.none:
            return tar
        case Compression.gzip:
            return b"".join(gzip.compress(part, mtime=0) for part in parts)
        case Compression.zstd:
            return b"".join(zstd.compress(part) for part in parts)


def make_image(
    layers: Sequence[Files] = ({"etc/hello": b"world\n"},),
    *,
    architecture: str = "amd64",
    variant: str | None = None,
    config: Execution | None = None,
    compression: Compression = Compression.gzip,
    members: int = 1,
    annotations: Mapping[str, str] | None = None,
    blobs: MemoryStore | None = None,
) -> Made:
    """An image of `layers`, base first, in `blobs` or a store of its own."""
    blobs = blobs or MemoryStore()
    tars = [make_tar(files) for files in layers]
    packed = [make_layer(tar, compression, members=members) for tar in tars]
    image = ImageConfig(
        created=CREATED,
        architecture=architecture,
        variant=variant,
        config=config or Execution(env=("PATH=/usr/bin:/bin",), working_dir="/"),
        diff_ids=tuple(Digest.of(tar) for tar in tars),
        history=tuple(History(created=CREATED, created_by=f"layer {number}") for number in range(len(tars))),
    )
    manifest = Manifest(
        config=image.descriptor(),
        layers=tuple(Descriptor.of(compression.layer_type, data) for data in packed),
        annotations=annotations or {},
    )
    for data in (image.to_bytes(), manifest.to_bytes(), *packed):
        blobs.add([data])
    descriptor = manifest.descriptor(Platform(architecture=architecture, variant=variant))
    return Made(descriptor=descriptor, manifest=manifest, config=image, blobs=blobs)


def make_index(images: Sequence[Made], blobs: MemoryStore) -> Descriptor:
    """The descriptor of an index of `images`, all of whose blobs go into `blobs`."""
    index = Index.of_platforms([image.descriptor for image in images])
    blobs.add([index.to_bytes()])
    for image in images:
        for blob in (image.descriptor, image.manifest.config, *image.manifest.layers):
            with image.blobs.open(blob.digest) as stream:
                blobs.add([stream.read()])
    return index.descriptor()


def make_layout(folder: Path, images: Mapping[str, Made | Sequence[Made]]) -> Layout:
    """An image layout in `folder` that names each image, or each index of several."""
    blobs = MemoryStore()
    named = [
        ((name,), make_index([image] if isinstance(image, Made) else image, blobs)) for name, image in images.items()
    ]
    return write_layout(folder, named, blobs)
