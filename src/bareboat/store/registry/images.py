"""An image in a registry as a place of images, read as it is needed; what was read once is kept on this machine."""

from __future__ import annotations

import io
import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, DigestMismatchError, StoreError
from bareboat.base.observer import Observer, Silent
from bareboat.oci import media
from bareboat.oci.annotations import REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.reference import Reference
from bareboat.store.blobs import Blobs
from bareboat.store.images import ImageStore, missing
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.registry.faults import placed
from bareboat.store.registry.source import Source
from bareboat.store.verify import VerifiedReader

_TASK = "fetch"


class RegistryImages(ImageStore):
    """The one image that a reference names, and all that it leads to; made by `RegistryImages.at`.

    A tag is looked up once: what it moves to afterwards is another image.

    Args:
        source: The repository.
        reference: What was typed.
        root: The image's index, or its only manifest.
        blobs: Where documents and blobs are kept once they were read.
        observer: Hears of the bytes that come, under the task "fetch".
    """

    def __init__(
        self, source: Source, reference: Reference, root: Descriptor, blobs: Blobs, observer: Observer | None = None
    ) -> None:
        self.where = str(reference)
        self.reference = reference
        self.root = root
        self.name = name_of(reference)
        self._source = source
        self._blobs = blobs
        self._observer = observer if observer is not None else Silent()
        self._lock = threading.Lock()
        self._known = {root.digest: root}
        self._fetching: dict[Digest, threading.Lock] = {}

    @classmethod
    def at(
        cls, source: Source, reference: Reference, blobs: Blobs, observer: Observer | None = None
    ) -> RegistryImages:
        """The image that `reference` names.

        Raises:
            NotFoundError: When it is not there.
            BareboatError: As `Repository.manifest`.
        """
        root, data = source.manifest(reference.digest or reference.version)
        images = cls(source, reference, root, blobs, observer)
        blobs.add((data,), expected=root.digest, size=root.size)
        images._learn(root, data)
        return images

    @property
    def index(self) -> Index:
        """An index of the one image, under the last part of its repository's name, with the tag or digest."""
        return Index(manifests=(self.root.with_annotations({REF_NAME: self.name}),))

    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`: whether it belongs to the image, and is on this machine or in the registry."""
        descriptor = self._known.get(digest)
        if descriptor is None:
            return False
        if self._is_here(descriptor):
            return True
        if _is_document(descriptor):
            return self._source.resolve(digest) is not None
        return self._source.has(descriptor)

    def open(self, digest: Digest) -> BinaryIO:
        """As `ImageStore.open`; the bytes are fetched first when they are not on this machine."""
        descriptor = self._known.get(digest)
        if descriptor is None:
            raise missing(self.where, digest)
        self._fetch(descriptor)
        return io.BufferedReader(VerifiedReader(self._blobs.open(digest), digest), CHUNK_BYTES)

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        descriptor = self._known.get(digest)
        if descriptor is None:
            raise missing(self.where, digest)
        return descriptor.size

    def add(
        self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None  # noqa: ARG002
    ) -> Digest:
        """Refuse: who writes to a registry uses `Repository`.

        Raises:
            StoreError: Always.
        """
        raise StoreError(f"{self.where}: cannot add to an image in a registry")

    def path(self, digest: Digest) -> Path | None:
        """As `Blobs.path`, of what was fetched."""
        descriptor = self._known.get(digest)
        return self._blobs.path(digest) if descriptor is not None and self._is_here(descriptor) else None

    def _is_here(self, descriptor: Descriptor) -> bool:
        return self._blobs.has(descriptor.digest) and self._blobs.size(descriptor.digest) == descriptor.size

    def _fetch(self, descriptor: Descriptor) -> None:
        with self._lock:
            fetching = self._fetching.setdefault(descriptor.digest, threading.Lock())
        with fetching:
            if not self._is_here(descriptor):
                self._fetch_now(descriptor)
            elif _is_document(descriptor):
                with self._blobs.open(descriptor.digest) as stream:
                    self._learn(descriptor, stream.read())

    def _fetch_now(self, descriptor: Descriptor) -> None:
        digest, size = descriptor.digest, descriptor.size
        if _is_document(descriptor):
            actual, data = self._source.manifest(digest)
            if actual.size != size:
                raise DigestMismatchError(
                    f"{self._source.at(digest)}: has {actual.size} bytes, and {size} were promised"
                )
            self._blobs.add((data,), expected=digest, size=size)
            self._learn(descriptor, data)
            return
        self._observer.begin(_TASK, size)
        try:
            with placed(self._source.at(digest), "keep the blob"), closing(self._watched(descriptor)) as chunks:
                self._blobs.add(chunks, expected=digest, size=size)
        finally:
            self._observer.end(_TASK)

    def _watched(self, descriptor: Descriptor) -> Generator[bytes, None, None]:
        for chunk in self._source.chunks(descriptor):
            self._observer.advance(_TASK, len(chunk))
            yield chunk

    def _learn(self, descriptor: Descriptor, data: bytes) -> None:
        """Know what a document leads to; what cannot be read is judged by who reads it."""
        try:
            if descriptor.media_type in media.INDEXES:
                found = Index.parse(data).manifests
            elif descriptor.media_type in media.MANIFESTS:
                manifest = Manifest.parse(data)
                found = (manifest.config, *manifest.layers)
            else:
                return
        except BareboatError:
            return
        with self._lock:
            for one in found:
                self._known.setdefault(one.digest, one)


def name_of(reference: Reference) -> str:
    """How the image is called where it is the only one: `python3:latest`, or `python3@sha256:…`."""
    last = reference.repository.rpartition("/")[2]
    return f"{last}@{reference.digest}" if reference.digest is not None else f"{last}:{reference.version}"


def _is_document(descriptor: Descriptor) -> bool:
    return descriptor.media_type in media.INDEXES | media.MANIFESTS
