"""Where images are copied from: a place that holds blobs, or a repository of a registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

from bareboat.base.digest import Digest
from bareboat.oci.descriptor import Descriptor
from bareboat.store.blobs import Blobs
from bareboat.store.images import ImageStore, read_document
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.memory import MemoryStore
from bareboat.store.referrers import Referrers, referrers_in
from bareboat.store.together import Together

if TYPE_CHECKING:
    from bareboat.oci.reference import Reference
    from bareboat.store.registry.source import Source


class Origin(Protocol):
    """Whoever has images; used by several threads."""

    @property
    def blobs(self) -> Blobs | None:
        """All of it as blobs on this machine, when that is where it is."""

    def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of an index or manifest, checked.

        Raises:
            NotFoundError: When it is not there.
            DigestMismatchError: When the bytes are not what was promised.
            LimitError: When it is larger than any registry takes.
        """

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """The bytes of a blob; reading to the end raises DigestMismatchError when they are not what was promised."""

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The bytes of a blob from `start` on, which nobody has checked; close it when it is not read to its end."""

    def referrers(self, digest: Digest) -> tuple[Descriptor, ...]:
        """Who refers to `digest`."""

    def repositories_on(self, registry: str) -> tuple[str, ...]:
        """The repositories of `registry` that have all of it, from which blobs can be mounted."""


class StoreOrigin:
    """The images of a layout or archive."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    @property
    def blobs(self) -> Blobs:
        """As `Origin.blobs`."""
        return Together(self._store)

    def document(self, descriptor: Descriptor) -> bytes:
        """As `Origin.document`."""
        return read_document(self._store, descriptor)

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """As `Origin.open`."""
        return self._store.open(descriptor.digest)

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """As `Origin.chunks`."""
        with self._store.open(descriptor.digest) as stream:
            while start:
                start -= len(stream.read(min(start, CHUNK_BYTES)))
            yield from iter(partial(stream.read, CHUNK_BYTES), b"")

    def referrers(self, digest: Digest) -> tuple[Descriptor, ...]:
        """As `Origin.referrers`."""
        return self._referrers.get(digest, ())

    def repositories_on(self, registry: str) -> tuple[str, ...]:  # noqa: ARG002
        """As `Origin.repositories_on`: none."""
        return ()

    @cached_property
    def _referrers(self) -> Referrers:
        return referrers_in(self._store)


class RepositoryOrigin:
    """The images of a repository.

    Args:
        source: Who reads from it.
        reference: What it is called.
    """

    blobs: Blobs | None = None

    def __init__(self, source: Source, reference: Reference) -> None:
        self._source = source
        self._reference = reference

    def document(self, descriptor: Descriptor) -> bytes:
        """As `Origin.document`."""
        return self._source.manifest(descriptor.digest)[1]

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """As `Origin.open`."""
        return self._source.open(descriptor)

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """As `Origin.chunks`."""
        return self._source.chunks(descriptor, start)

    def referrers(self, digest: Digest) -> tuple[Descriptor, ...]:
        """As `Origin.referrers`."""
        return self._source.referrers(digest).manifests

    def repositories_on(self, registry: str) -> tuple[str, ...]:
        """As `Origin.repositories_on`: this one, when it is there."""
        return (self._reference.repository,) if self._reference.registry == registry else ()


class Supplemented:
    """An origin with some documents that were made besides.

    Args:
        origin: Who has everything else.
        documents: The bytes of those, by digest.
    """

    def __init__(self, origin: Origin, documents: Mapping[Digest, bytes]) -> None:
        self._origin = origin
        self._documents = documents

    @property
    def blobs(self) -> Blobs | None:
        """As `Origin.blobs`."""
        if self._origin.blobs is None:
            return None
        made = MemoryStore()
        for data in self._documents.values():
            made.add([data])
        return Together(made, self._origin.blobs)

    def document(self, descriptor: Descriptor) -> bytes:
        """As `Origin.document`."""
        made = self._documents.get(descriptor.digest)
        return made if made is not None else self._origin.document(descriptor)

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """As `Origin.open`."""
        return self._origin.open(descriptor)

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """As `Origin.chunks`."""
        return self._origin.chunks(descriptor, start)

    def referrers(self, digest: Digest) -> tuple[Descriptor, ...]:
        """As `Origin.referrers`."""
        return self._origin.referrers(digest)

    def repositories_on(self, registry: str) -> tuple[str, ...]:
        """As `Origin.repositories_on`."""
        return self._origin.repositories_on(registry)
