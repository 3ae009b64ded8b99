"""Images read from one file: an `oci-archive` as blobs and an index, without unpacking it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, cast

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, LimitError, StoreError, UsageError
from bareboat.oci.index import Index
from bareboat.oci.received import MOST_BYTES
from bareboat.oci.tar_headers import TarHeader, tar_headers
from bareboat.store.extent import Extent
from bareboat.store.images import ImageStore, lacking
from bareboat.store.layout import INDEX_NAME, MARKER_NAME, Layout, check_marker
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.refusal import refusal
from bareboat.store.verify import VerifiedReader

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_DOCKER_NAME = "manifest.json"
_PART = re.compile(r"oci-layout|manifest\.json|index\.json|blobs/(?:sha256/[0-9a-f]{64}|sha512/[0-9a-f]{128})")
_FILES = "07"
_MOST_ENTRIES = 100_000

_Span = tuple[int, int]
"""Where in the file something begins, and how many bytes it has."""


class OciArchive(ImageStore):
    """The tar of an image layout, for reading; made by `OciArchive.at`."""

    def __init__(self, file: Path, spans: Mapping[str, _Span]) -> None:
        self.file = file
        self.where = str(file)
        self._spans = spans

    @classmethod
    def at(cls, file: Path) -> OciArchive:
        """The oci-archive in `file`.

        Raises:
            UsageError: When there is no file, or it is something else.
            FormatError: When it is damaged.
            StoreError: When it cannot be read.
        """
        if not file.exists():
            raise UsageError(f"{file}: there is nothing")
        archive = cls(file, MappingProxyType(_spans(file)))
        if MARKER_NAME not in archive._spans:
            hint = None
            if _DOCKER_NAME in archive._spans:
                copy = f"`skopeo copy docker-archive:{file} oci:out`"
                hint = f"it is a docker-archive, for `docker load --input {file}`: "
                hint += f"build with --format oci-archive, or {copy}"
            raise UsageError(f"{file}: is no oci-archive: it has no file {MARKER_NAME}", hint=hint)
        check_marker(archive._small(MARKER_NAME), f"{file}: {MARKER_NAME}")
        _ = archive.index  # raises when it is damaged
        return archive

    @property
    def index(self) -> Index:
        """`index.json`.

        Raises:
            FormatError: When it is missing or damaged.
        """
        if INDEX_NAME not in self._spans:
            raise FormatError(f"{self.file}: is a damaged oci-archive: it has no file {INDEX_NAME}")
        return Index.parse(self._small(INDEX_NAME), f"{self.file}: {INDEX_NAME}")

    def has(self, digest: Digest) -> bool:
        """As `Blobs.has`."""
        return _name(digest) in self._spans

    def open(self, digest: Digest) -> BinaryIO:
        """As `Blobs.open`; reading to the end raises DigestMismatchError when the bytes are others."""
        return io.BufferedReader(VerifiedReader(self._stream(self._span(digest)), digest), CHUNK_BYTES)

    def size(self, digest: Digest) -> int:
        """As `Blobs.size`."""
        return self._span(digest)[1]

    def add(
        self, chunks: Iterable[bytes], *, expected: Digest | None = None, size: int | None = None  # noqa: ARG002
    ) -> Digest:
        """Refuse: an archive is written once.

        Raises:
            StoreError: Always.
        """
        raise StoreError(f"{self.file}: cannot add to an archive")

    def path(self, digest: Digest) -> Path | None:  # noqa: ARG002
        """None: the bytes lie inside the archive."""
        return None

    def extent(self, digest: Digest) -> Extent:
        """As `ImageStore.extent`."""
        start, size = self._span(digest)
        return Extent(file=self.file, start=start, size=size)

    def _span(self, digest: Digest) -> _Span:
        span = self._spans.get(_name(digest))
        if span is None:
            raise lacking(self.where, digest)
        return span

    def _small(self, name: str) -> bytes:
        with self._stream(self._spans[name]) as stream:
            return stream.read(MOST_BYTES + 1)

    def _stream(self, span: _Span) -> BinaryIO:
        try:
            stream = self.file.open("rb")
        except OSError as fault:
            raise refusal(fault, f'read "{self.file}"') from fault
        return cast("BinaryIO", io.BufferedReader(_Part(stream, *span), CHUNK_BYTES))


def open_images(path: Path) -> ImageStore:
    """The image layout in the folder, or the oci-archive in the file, at `path`.

    Raises:
        UsageError: When there is neither.
        FormatError: When it is damaged.
        StoreError: When it cannot be read.
    """
    return OciArchive.at(path) if path.is_file() else Layout.at(path)


class _Part(io.RawIOBase):
    """Some bytes of a file, which is closed with it."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._stream = stream
        self._rest = size
        stream.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._stream.read(min(len(view), self._rest))
        self._rest -= len(chunk)
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _name(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.hex}"


def _spans(file: Path) -> dict[str, _Span]:
    """Where the parts of an image layout lie; everything else in the archive is passed over."""
    spans: dict[str, _Span] = {}
    entries = 0
    try:
        with file.open("rb") as stream:
            for header in islice(tar_headers(stream), _MOST_ENTRIES + 1):
                entries += 1
                name = header.name.removeprefix("./")
                if header.kind in _FILES and _PART.fullmatch(name) and not _is_sparse(header):
                    spans[name] = (stream.tell(), header.size)
    except FormatError as fault:
        if entries:
            raise FormatError(f"{file}: {fault.message}") from fault
        hint = "unpack it first: gunzip, zstd -d" if _is_packed(file) else None
        raise UsageError(f"{file}: cannot read as an uncompressed tar", hint=hint) from fault
    except OSError as fault:
        raise refusal(fault, f'read "{file}"') from fault
    if entries > _MOST_ENTRIES:
        raise LimitError(f"{file}: cannot read more than {_MOST_ENTRIES} entries")
    return spans


def _is_sparse(header: TarHeader) -> bool:
    return any(key.startswith("GNU.sparse.") for key in header.records)


def _is_packed(file: Path) -> bool:
    with file.open("rb") as stream:
        magic = stream.read(4)
    return magic.startswith((b"\x1f\x8b", b"\xfd7zX", b"BZh")) or magic == b"\x28\xb5\x2f\xfd"
