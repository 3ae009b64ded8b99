"""Judging a whole image: every descriptor keeps its promise, down to the tars and what they make together.

OCI image specification 1.1; the documents are judged by `oci.validate`, the tars by `oci.validate_layer`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from bareboat.base.digest import Digest
from bareboat.base.errors import BareboatError, NotFoundError
from bareboat.base.problem import Place, Problem, Problems
from bareboat.oci import media
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.oci.payload import unpacked
from bareboat.oci.received import MOST_BYTES
from bareboat.oci.validate import validate_config, validate_index, validate_manifest
from bareboat.oci.validate_layer import Kinds, validate_layer_tar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

OpenBlob = Callable[[Digest], BinaryIO | None]
"""Gives the bytes of a digest, or None when they are not there; the stream is closed by who asked.

Not there may also be said by raising NotFoundError, so that the `open` of a store will do.
"""

_T = TypeVar("_T")
_Validate = Callable[[bytes, str], tuple[Problem, ...]]

_MOST_DEPTH = 8
_MOST_LAYERS = 500  # Linux's overlayfs takes no more
_CHUNK_BYTES = 256 * 1024


def validate_image(root: Descriptor, open_blob: OpenBlob, where: str = "image") -> tuple[Problem, ...]:
    """Every fault of the index or manifest `root` and of all that it leads to.

    The layers are read as streams; documents are held in memory, at most 4 MiB each.
    """
    walk = _Walk(open_blob)
    walk.entry(root, where, 0)
    return walk.problems.found


class _Walk:
    def __init__(self, open_blob: OpenBlob) -> None:
        self.problems = Problems()
        self._open_blob = open_blob
        # What was judged, however many lead to it: a few small indexes can name each other billions of times.
        self._indexes: set[Descriptor] = set()
        self._manifests: dict[Descriptor, ImageConfig | None] = {}

    def entry(self, descriptor: Descriptor, where: str, depth: int) -> None:
        # image-index.md: "An encountered `mediaType` that is unknown to the implementation MUST be ignored."
        place = f"{where}: {descriptor.platform}" if descriptor.platform is not None else where
        thing = Descriptor(media_type=descriptor.media_type, digest=descriptor.digest, size=descriptor.size)
        if descriptor.media_type in media.INDEXES:
            if thing not in self._indexes:
                self._indexes.add(thing)
                self._index(descriptor, place, depth)
        elif descriptor.media_type in media.MANIFESTS:
            if thing not in self._manifests:
                self._manifests[thing] = self._manifest(descriptor, place)
            self._check_platform(descriptor, self._manifests[thing], place)

    def _index(self, descriptor: Descriptor, where: str, depth: int) -> None:
        data = self._document(descriptor, where)
        if data is None:
            return
        if depth >= _MOST_DEPTH:
            self._add(where, f"indexes are nested more than {_MOST_DEPTH} deep")
            return
        index = self._judged(validate_index, Index.parse, data, where)
        if index is not None:
            self._check_type(descriptor, index.media_type, where)
            for entry in index.manifests:
                self.entry(entry, where, depth + 1)

    def _manifest(self, descriptor: Descriptor, where: str) -> ImageConfig | None:
        """Judge a manifest and all that it leads to; its configuration, when that can be read."""
        data = self._document(descriptor, where)
        manifest = None if data is None else self._judged(validate_manifest, Manifest.parse, data, where)
        if manifest is None:
            return None
        self._check_type(descriptor, manifest.media_type, where)
        config = self._config(manifest, f"{where}: config")
        if len(manifest.layers) > _MOST_LAYERS:
            self._add(where, f"has {len(manifest.layers)} layers, at most {_MOST_LAYERS} can be judged")
            return config
        kinds: Kinds = MappingProxyType({})
        for position, layer in enumerate(manifest.layers):
            diff_id = config.diff_ids[position] if config is not None and position < len(config.diff_ids) else None
            kinds = self._layer(layer, diff_id, kinds, f"{where}: layers[{position}]")
        return config

    def _config(self, manifest: Manifest, where: str) -> ImageConfig | None:
        data = self._document(manifest.config, where)
        if data is None or manifest.config.media_type not in media.CONFIGS:
            return None
        validate = partial(validate_config, layers=len(manifest.layers))
        return self._judged(validate, ImageConfig.parse, data, where)

    def _check_platform(self, descriptor: Descriptor, config: ImageConfig | None, where: str) -> None:
        said = descriptor.platform
        if config is not None and said is not None and not said.runs_on(config.platform):
            self._add(f"{where}: config", f'is for "{config.platform}", the index says "{said}"')

    def _layer(self, layer: Descriptor, diff_id: Digest | None, below: Kinds, where: str) -> Kinds:
        compression = media.compression_of(layer.media_type)
        stream = self._open(layer, where)
        if stream is None:
            return below
        with stream, self._reported(where):
            packed = _Counted(stream, layer.digest.algorithm)
            packed_stream = _buffered(packed)
            if compression is not None:
                plain = _Counted(unpacked(packed_stream, compression), "sha256")
                report = validate_layer_tar(_buffered(plain), where, below=below)
                self._gather(report.problems)
                below = report.kinds
                # A tar that could not be read to its end is reported so, not as one with another digest.
                if not report.problems and diff_id is not None and plain.digest != diff_id:
                    self._add(where, f"its tar has {plain.digest}, diff_ids has {diff_id}")
            _drain(packed_stream)
            self._check_blob(layer, packed, where)
        return below

    def _document(self, descriptor: Descriptor, where: str) -> bytes | None:
        stream = self._open(descriptor, where)
        if stream is None:
            return None
        data = None
        with stream, self._reported(where):
            data = stream.read(MOST_BYTES + 1)
        if data is None:
            return None
        if len(data) > MOST_BYTES:
            self._add(where, f"has more than {MOST_BYTES} bytes")
            return None
        # descriptor.md: "If the length of the retrieved content does not match the specified length,
        # the content SHOULD NOT be trusted."
        if len(data) != descriptor.size:
            self._add(where, f"has {len(data)} bytes, its descriptor says {descriptor.size}")
        elif Digest.of(data, descriptor.digest.algorithm) != descriptor.digest:
            self._add(where, f"its bytes do not have {descriptor.digest}")
        return data

    def _open(self, descriptor: Descriptor, where: str) -> BinaryIO | None:
        try:
            stream = self._open_blob(descriptor.digest)
        except NotFoundError:
            stream = None
        if stream is None:
            self._add(where, f"{descriptor.digest} is not here")
        return stream

    def _check_blob(self, descriptor: Descriptor, seen: _Counted, where: str) -> None:
        if seen.count != descriptor.size:
            self._add(where, f"has {seen.count} bytes, its descriptor says {descriptor.size}")
        elif seen.digest != descriptor.digest:
            self._add(where, f"its bytes do not have {descriptor.digest}")

    def _check_type(self, descriptor: Descriptor, media_type: str, where: str) -> None:
        if descriptor.media_type != media_type:
            self._add(where, f'its mediaType is "{media_type}", its descriptor says "{descriptor.media_type}"')

    @contextmanager
    def _reported(self, where: str) -> Iterator[None]:
        """A place that verifies what it gives (`store.layout`) raises; here that is one fault among others."""
        try:
            yield
        except BareboatError as fault:
            self._add(where, fault.message)

    def _judged(self, validate: _Validate, parse: Callable[[bytes, str], _T], data: bytes, where: str) -> _T | None:
        """The parsed document, or None when its faults, which are gathered, do not allow that."""
        problems = validate(data, where)
        self._gather(problems)
        try:
            return parse(data, where)
        except BareboatError as fault:
            if not problems:
                self._add(where, fault.message.removeprefix(f"{where}: "))
            return None

    def _gather(self, problems: tuple[Problem, ...]) -> None:
        for problem in problems:
            self.problems.add(problem.place, problem.message, problem.hint)

    def _add(self, where: str, message: str) -> None:
        self.problems.add(Place(where), message)


class _Counted(io.RawIOBase):
    """A stream that counts and hashes what is read through it."""

    def __init__(self, stream: BinaryIO, algorithm: str) -> None:
        super().__init__()
        self.count = 0
        self._stream = stream
        self._algorithm = algorithm
        self._hash = hashlib.new(algorithm)

    @property
    def digest(self) -> Digest:
        return Digest(self._algorithm, self._hash.hexdigest())

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._stream.read(len(view))
        self.count += len(chunk)
        self._hash.update(chunk)
        view[: len(chunk)] = chunk
        return len(chunk)


def _drain(stream: BinaryIO) -> None:
    while stream.read(_CHUNK_BYTES):
        pass


def _buffered(stream: io.RawIOBase) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(stream, _CHUNK_BYTES))
