"""The root filesystem of an image: its layers put over one another, every digest verified, contents read when asked.

OCI image specification 1.1, "Image Layer Filesystem Changeset".
Layers lie decompressed in files without a name for as long as the value is open; memory holds names and attributes.
The attributes of the root itself are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import BinaryIO, Self

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, NotFoundError, StoreError
from bareboat.base.observer import Observer, Silent
from bareboat.base.path import ImagePath
from bareboat.oci import media
from bareboat.oci.manifest import Manifest
from bareboat.store.blobs import Blobs
from bareboat.store.changeset import Content, Filesystem
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.images import read_config
from bareboat.store.layer_tar import MOST_BYTES, changes_of, unpack
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.walk import Walk, walk


class RootFilesystem:
    """What a container started from an image sees; made by `RootFilesystem.of`, closed by leaving the `with` block."""

    def __init__(
        self,
        entries: Mapping[ImagePath, LayerEntry],
        contents: Mapping[ImagePath, Content],
        tars: tuple[BinaryIO, ...],
        open_files: ExitStack,
    ) -> None:
        self._entries = MappingProxyType(entries)
        self._contents = contents
        self._tars = tars
        self._open_files = open_files
        self._unpacked_sizes = tuple(os.fstat(tar.fileno()).st_size for tar in tars)

    @classmethod
    def of(
        cls, blobs: Blobs, manifest: Manifest, *, observer: Observer | None = None, most_bytes: int = MOST_BYTES
    ) -> RootFilesystem:
        """The filesystem of `manifest`, all of whose layers are read now.

        Args:
            blobs: Where the layers and the configuration are.
            manifest: Of an image.
            observer: Told how far it is, in compressed bytes.
            most_bytes: How large the tar of one layer may be.

        Raises:
            NotFoundError: When a layer is not there.
            DigestMismatchError: When a layer is not what the manifest, or its tar not what the configuration promises.
            FormatError: When a layer is damaged, has an unsafe path, outgrows a limit, or is no filesystem layer.
            StoreError: When this machine refuses.
        """
        watched = observer or Silent()
        diff_ids = _diff_ids(blobs, manifest)
        filesystem = Filesystem()
        tars: list[BinaryIO] = []
        watched.begin("read layers", sum(layer.size for layer in manifest.layers))
        with ExitStack() as unfinished:
            unfinished.callback(watched.end, "read layers")
            open_files = unfinished.enter_context(ExitStack())
            for number, (layer, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
                with _at(f"layer {number + 1} ({layer.digest.short})"):
                    compression = media.compression_of(layer.media_type)
                    if compression is None:
                        raise FormatError(f'"{layer.media_type}" is no filesystem layer')
                    tars.append(unpack(blobs, layer, compression, diff_id, most_bytes=most_bytes))
                    open_files.callback(tars[-1].close)
                    filesystem.put(changes_of(tars[-1], number))
                watched.advance("read layers", layer.size)
            entries, contents = filesystem.result()
            return cls(entries, contents, tuple(tars), open_files.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the layers' files back; nothing can be read any more."""
        self._open_files.close()

    @property
    def entries(self) -> Mapping[ImagePath, LayerEntry]:
        """Every path but the root, sorted."""
        return self._entries

    @property
    def unpacked_sizes(self) -> tuple[int, ...]:
        """How many bytes the tar of each layer has, base first."""
        return self._unpacked_sizes

    def read(self, path: ImagePath, *, most_bytes: int | None = None) -> bytes:
        """The bytes of the file at `path`, itself and not what a link leads to.

        Raises:
            NotFoundError: When nothing is there, or something that has no bytes.
            LimitError: When it is larger than `most_bytes`.
        """
        size = self._file(path).size
        if most_bytes is not None and size > most_bytes:
            raise LimitError(f'cannot read "/{path}": it has {size} bytes, the limit is {most_bytes}')
        return b"".join(self.chunks(path))

    def chunks(self, path: ImagePath) -> Iterator[bytes]:
        """As `read`, in pieces; several threads may read at the same time."""
        size = self._file(path).size
        layer, offset = self._contents[path]
        return self._pieces(self._tars[layer], offset, size)

    def real_path(self, path: str) -> ImagePath | None:
        """`path` with every symbolic link on the way followed as in a chroot; None for a loop or where nothing is."""
        return self.walk(path).path

    def walk(self, path: str) -> Walk:
        """The way to `path`, as the function `walk` goes it."""
        return walk(self._entries, path)

    def _file(self, path: ImagePath) -> LayerEntry:
        entry = self._entries.get(path)
        if entry is None:
            raise NotFoundError(f'cannot find "/{path}" in the image')
        if entry.kind is EntryKind.hard_link:
            return self._entries[ImagePath(entry.target)]
        if entry.kind is not EntryKind.file:
            raise NotFoundError(f'cannot read "/{path}": it is a {entry.kind}')
        return entry

    def _pieces(self, tar: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
        while size:
            piece = os.pread(tar.fileno(), min(size, CHUNK_BYTES), offset)
            if not piece:
                raise StoreError("cannot read an unpacked layer: its temporary file was cut short")
            offset += len(piece)
            size -= len(piece)
            yield piece


def _diff_ids(blobs: Blobs, manifest: Manifest) -> tuple[Digest | None, ...]:
    """The digest that the tar of each layer must have; None where no image configuration says it."""
    if manifest.config.media_type not in media.CONFIGS:
        return (None,) * len(manifest.layers)
    diff_ids = read_config(blobs, manifest.config).diff_ids
    if len(diff_ids) != len(manifest.layers):
        raise FormatError(
            f"the configuration has {len(diff_ids)} layers, the manifest {len(manifest.layers)}: they must be the same"
        )
    return diff_ids


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Put the place before every error about the bytes of a layer."""
    try:
        yield
    except (FormatError, DigestMismatchError) as fault:
        raise type(fault)(f"{where}: {fault.message}", hint=fault.hint) from fault
