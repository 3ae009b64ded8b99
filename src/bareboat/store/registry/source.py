"""The reading half of a repository, and one that asks mirrors first: content decides, so any of them will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from io import BufferedReader
from typing import BinaryIO, Protocol, TypeVar, cast

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FetchError, FormatError
from bareboat.base.observer import Observer, Silent
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.registry.blob import BlobReader
from bareboat.store.registry.repository import Repository

_T = TypeVar("_T")


class Source(Protocol):
    """Where manifests and blobs are read from; every method as of `Repository`."""

    def resolve(self, which: str | Digest) -> Descriptor | None:
        """What a tag or digest stands for."""

    def manifest(self, which: str | Digest) -> tuple[Descriptor, bytes]:
        """A manifest or index with its bytes."""

    def has(self, descriptor: Descriptor) -> bool:
        """Whether a blob is there."""

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The bytes of a blob, for `Blobs.add`."""

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """The bytes of a blob, verified."""

    def tags(self) -> Iterator[str]:
        """The tags."""

    def referrers(self, digest: Digest, artifact_type: str | None = None) -> Index:
        """What refers to a manifest."""

    def at(self, which: str | Digest) -> str:
        """As people write it."""


class Mirrored:
    """Asks several repositories that should hold the same, best first; who fails is passed by.

    Args:
        places: The repositories; the last one is the origin, whose errors count.
        name: What people call it: the origin's name as it was typed.
        observer: Hears of mirrors that are wrong.
    """

    def __init__(self, places: Sequence[Repository], name: str, observer: Observer | None = None) -> None:
        self._places = tuple(places)
        self._name = name
        self._observer = observer if observer is not None else Silent()

    def __str__(self) -> str:
        return self._name

    def resolve(self, which: str | Digest) -> Descriptor | None:
        """As `Repository.resolve`; a mirror that does not have it is passed by."""
        for place in self._places[:-1]:
            try:
                found = place.resolve(which)
            except (FetchError, FormatError, DigestMismatchError) as fault:
                self._tell(fault)
                continue
            if found is not None:
                return found
        return self._places[-1].resolve(which)

    def manifest(self, which: str | Digest) -> tuple[Descriptor, bytes]:
        """As `Repository.manifest`."""
        return self._first(lambda place: place.manifest(which))

    def has(self, descriptor: Descriptor) -> bool:
        """As `Repository.has`: whether any place has it."""
        for place in self._places[:-1]:
            with suppress(FetchError):
                if place.has(descriptor):
                    return True
        return self._places[-1].has(descriptor)

    def chunks(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """As `Repository.chunks`; the next place is asked as long as nothing has come."""
        for place in self._places:
            come = False
            try:
                for chunk in place.chunks(descriptor, start):
                    come = True
                    yield chunk
            except FetchError as fault:
                if come or place is self._places[-1]:
                    raise
                self._tell(fault)
            else:
                return

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """As `Repository.open`."""
        return cast("BinaryIO", BufferedReader(BlobReader(partial(self.chunks, descriptor), descriptor), CHUNK_BYTES))

    def tags(self) -> Iterator[str]:
        """As `Repository.tags`, of the origin: a mirror has those that somebody asked for."""
        return self._places[-1].tags()

    def referrers(self, digest: Digest, artifact_type: str | None = None) -> Index:
        """As `Repository.referrers`, of the first place that answers."""
        return self._first(lambda place: place.referrers(digest, artifact_type))

    def at(self, which: str | Digest) -> str:
        """As people write it: at the origin."""
        return f"{self._name}@{which}" if isinstance(which, Digest) else f"{self._name}:{which}"

    def _first(self, ask: Callable[[Repository], _T]) -> _T:
        for place in self._places[:-1]:
            try:
                return ask(place)
            except (FetchError, FormatError, DigestMismatchError) as fault:
                self._tell(fault)
        return ask(self._places[-1])

    def _tell(self, fault: FetchError | FormatError | DigestMismatchError) -> None:
        if isinstance(fault, DigestMismatchError):
            self._observer.warn(fault.message)
