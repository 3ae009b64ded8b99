"""OCI's formats as functions of bytes: documents, references, tars of layers, and image layouts in one file."""

from __future__ import annotations

import atexit
import gzip
import io
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.oci.reference import Reference, is_ref_name
from bareboat.oci.validate import validate_config, validate_index, validate_manifest
from bareboat.oci.validate_image import validate_image
from bareboat.oci.validate_layer import validate_layer_tar
from bareboat.store.archived import OciArchive
from bareboat.store.changeset import Filesystem
from bareboat.store.images import blobs_of, manifests_of
from bareboat.store.layer_tar import changes_of
from bareboat.store.layout import check_marker
from bareboat.store.memory import MemoryStore

_MOST_WEIGHT = 1 << 24
_MOST_PLAIN = 1 << 24


def _tried(read: Callable[..., object], *arguments: object) -> None:
    """One of several readers of the same bytes: what it refuses, the next may read."""
    try:
        read(*arguments)
    except BareboatError:
        return


def read_index(data: bytes) -> None:
    validate_index(data)
    validate_index(data, in_layout=True)
    index = Index.parse(data)
    changed = replace(index, annotations={})
    assert Index.parse(changed.to_bytes()) == changed
    assert index.to_bytes() == data
    index.for_platform(Platform(architecture="amd64"))


def read_manifest(data: bytes) -> None:
    validate_manifest(data)
    manifest = Manifest.parse(data)
    changed = replace(manifest, annotations={})
    assert Manifest.parse(changed.to_bytes()) == changed


def read_config(data: bytes) -> None:
    validate_config(data, layers=1)
    config = ImageConfig.parse(data)
    changed = replace(config, author="somebody")
    assert ImageConfig.parse(changed.to_bytes()) == changed
    _ = (config.platform, config.config.environment)
    _tried(lambda: config.created_at)


def read_layout(data: bytes) -> None:
    """Documents that lead to one another, each on a line of its own; the first is the root."""
    blobs = MemoryStore()
    documents = data.split(b"\n")
    for document in documents:
        blobs.add([document])
    _tried(check_marker, documents[-1], "oci-layout")
    root = Descriptor.of("application/vnd.oci.image.index.v1+json", documents[0])
    validate_image(root, blobs.open)
    _tried(manifests_of, blobs, root)
    blobs_of(blobs, [root])


def read_reference(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    is_ref_name(text)
    _tried(Platform.parse, text)
    _tried(Digest.parse, text)
    reference = Reference.parse(text)
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference


def judge_layer(data: bytes) -> None:
    report = validate_layer_tar(io.BytesIO(data))
    assert report.entries >= 0
    validate_layer_tar(io.BytesIO(data), below=report.kinds)


def apply_layer(data: bytes) -> None:
    """The layer put twice, once upon nothing and once upon itself."""
    stream = _scratch("layer", data)
    filesystem = Filesystem(most_weight=_MOST_WEIGHT)
    for layer in range(2):
        filesystem.put(changes_of(stream, layer))
    entries, contents = filesystem.result()
    assert set(contents) <= set(entries)


def read_payload(data: bytes) -> None:
    """The first byte says which compression."""
    kinds = list(Compression)
    kind = kinds[data[0] % len(kinds)] if data else Compression.none
    stream = unpacked(io.BytesIO(data[1:]), kind)
    plain = stream.read(_MOST_PLAIN)
    if kind is Compression.gzip and len(plain) < _MOST_PLAIN:
        with suppress(EOFError, gzip.BadGzipFile, zlib.error):
            assert gzip.decompress(data[1:]) == plain


def read_archive(data: bytes) -> None:
    _scratch("archive", data)
    archive = OciArchive.at(_place("archive"))
    for entry in archive.index.manifests[:8]:
        archive.has(entry.digest)
        _tried(lambda digest=entry.digest: archive.open(digest).read(1 << 16))


def _scratch(name: str, data: bytes) -> BinaryIO:
    """A file that has only memory under it, with `data`, at its beginning."""
    stream = _file(name, os.getpid())
    stream.seek(0)
    stream.truncate()
    stream.write(data)
    stream.flush()
    return stream


def _place(name: str) -> Path:
    return Path(f"/proc/self/fd/{_file(name, os.getpid()).fileno()}")


@cache
def _file(name: str, process: int) -> BinaryIO:
    """One file for each process, as they share what they open before they part; closed when the process ends."""
    stream = os.fdopen(os.memfd_create(f"{name}-{process}"), "w+b")
    atexit.register(stream.close)
    return stream
