"""From the bytes of an image to what rules look at: its documents, and the facts of its layers put over one another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, NotFoundError
from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.base.problem import Place, Problem
from bareboat.debian.status import Md5Line, parse_md5sums
from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.installed import sound_packages
from bareboat.inspect.layer_facts import layer_facts
from bareboat.inspect.layer_record import LayerFacts
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.manifest import Manifest
from bareboat.oci.validate import validate_config, validate_manifest
from bareboat.store.blobs import Blobs, Records
from bareboat.store.changeset import OPAQUE, WHITEOUT, Content, Filesystem
from bareboat.store.entry import LayerEntry
from bareboat.store.images import read_document
from bareboat.store.layer_tar import Change
from bareboat.store.walk import walk

_T = TypeVar("_T")

_Keys = tuple[tuple[Digest, Digest], ...]
"""Layers by their digests as stored and as unpacked, base first."""

_MOST_GROUNDS = 4  # filesystems of the lower layers that are remembered
_MOST_LAYERS = 8  # as many as the images of one catalogue share while they are read one after the other
_MOST_LISTS = 128  # of the files of packages: images of one base have most of them in common
_LONGEST_LIST = 128 << 10  # bytes of one that is remembered: a stranger's image may have as many long ones as it likes
_READERS = 2


class AboardReader:
    """Reads images whose blobs are in one place; remembers the layers that it read last, for images share them.

    Args:
        blobs: Where the images are.
        records: Where the facts of layers are remembered for other runs.
        made_kind: The kind of records that a build of ours left, where they are to be believed too.
    """

    def __init__(self, blobs: Blobs, records: Records | None = None, *, made_kind: str | None = None) -> None:
        self._blobs = blobs
        self._records = records
        self._made_kind = made_kind
        self._layers: OrderedDict[Digest, LayerFacts] = OrderedDict()
        self._last: tuple[tuple[Digest, ...], Files] | None = None
        self._grounds: OrderedDict[_Keys, Filesystem] = OrderedDict()
        self._known_sums = lru_cache(_MOST_LISTS)(parse_md5sums)

    def read(self, descriptor: Descriptor) -> Aboard:
        """The image whose manifest `descriptor` promises, named after its digest.

        Raises:
            NotFoundError: When a blob is not there.
            DigestMismatchError: When a blob is not what was promised.
            FormatError: When something is damaged so that no container could be started from it.
            StoreError: When this machine refuses.
        """
        manifest_data = read_document(self._blobs, descriptor)
        manifest = Manifest.parse(manifest_data, f"manifest {descriptor.digest.short}")
        config_data = read_document(self._blobs, manifest.config)
        config = ImageConfig.parse(config_data, f"config {manifest.config.digest.short}")
        if len(config.diff_ids) != len(manifest.layers):
            raise FormatError(
                f"config {manifest.config.digest.short}: has {len(config.diff_ids)} layers, "
                f"the manifest {len(manifest.layers)}: they must be the same"
            )
        faults = [
            *validate_manifest(manifest_data, "manifest"),
            *validate_config(config_data, "config", layers=len(manifest.layers)),
        ]
        key = (*(layer.digest for layer in manifest.layers), *config.diff_ids)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._put_together(manifest, config))
        _, files = self._last
        return Aboard.of(
            files,
            name=descriptor.digest.short,
            config=config,
            annotations=MappingProxyType(dict(manifest.annotations)),
            faults=tuple(faults),
        )

    def _put_together(self, manifest: Manifest, config: ImageConfig) -> Files:
        """What the layers come to; images that differ in their documents alone have it in common."""
        faults: list[Problem] = []
        layers = self._read_layers(manifest, config)
        filesystem = self._filesystem(manifest, config, layers)
        whiteouts: dict[ImagePath, None] = {}
        for number, facts in enumerate(layers):
            whiteouts |= dict.fromkeys(_hidden(facts.changes))
            place = Place(f"layers[{number}]")
            faults += [Problem(place, message) for message in facts.problems]
        entries, contents = filesystem.result()
        texts = _of_files(contents, layers, lambda facts: facts.contents)
        packages, damaged = sound_packages(_Texts(entries, texts), self._read_sums)
        return Files(
            entries=MappingProxyType(entries),
            elves=_of_files(contents, layers, lambda facts: facts.elves),
            unsound=_of_files(contents, layers, lambda facts: facts.unsound),
            scripts=_of_files(contents, layers, lambda facts: facts.scripts),
            texts=texts,
            packages=packages,
            md5s=_of_files(contents, layers, lambda facts: facts.md5s),
            private_keys=frozenset(
                path for path, (layer, offset) in contents.items() if offset in layers[layer].private_keys
            ),
            damaged=damaged,
            whiteouts=tuple(whiteouts),
            faults=tuple(faults),
        )

    def _read_sums(self, data: bytes, where: str) -> tuple[Md5Line, ...]:
        return (self._known_sums if len(data) <= _LONGEST_LIST else parse_md5sums)(data, where)

    def _filesystem(self, manifest: Manifest, config: ImageConfig, layers: list[LayerFacts]) -> Filesystem:
        """All layers over one another; images of one base have the lower ones in common, which are put once."""
        keys = tuple(zip((layer.digest for layer in manifest.layers), config.diff_ids, strict=True))
        known = next((count for count in range(len(keys), 0, -1) if keys[:count] in self._grounds), 0)
        filesystem = self._grounds[keys[:known]].copy() if known else Filesystem()
        for number in range(known, len(keys)):
            if number == len(keys) - 1:
                self._stand(keys[:number], filesystem.copy())
            with _at(number, manifest.layers[number]):
                filesystem.put(layers[number].changes)
        self._stand(keys, filesystem)
        return filesystem

    def _stand(self, keys: _Keys, filesystem: Filesystem) -> None:
        """Remember what the layers `keys` come to, to stand on."""
        self._grounds[keys] = filesystem
        self._grounds.move_to_end(keys)
        while len(self._grounds) > _MOST_GROUNDS:
            self._grounds.popitem(last=False)

    def _read_layers(self, manifest: Manifest, config: ImageConfig) -> list[LayerFacts]:
        """The facts of every layer, base first; some are read at a time, for unpacking lets other threads run."""
        numbered = range(len(manifest.layers))
        with ThreadPoolExecutor(_READERS) as pool:
            layers = list(pool.map(self._read_layer, numbered, manifest.layers, config.diff_ids))
        for layer, facts in zip(manifest.layers, layers, strict=True):
            self._layers[layer.digest] = facts
            self._layers.move_to_end(layer.digest)
        while len(self._layers) > _MOST_LAYERS:
            self._layers.popitem(last=False)
        return layers

    def _read_layer(self, number: int, layer: Descriptor, diff_id: Digest) -> LayerFacts:
        known = self._layers.get(layer.digest)
        if known is not None and known.diff_id == diff_id:
            return known.at(number)
        with _at(number, layer):
            return layer_facts(
                self._blobs, layer, diff_id, self._records, made_kind=self._made_kind, position=number
            )


class _Texts:
    """The small files of an image, for what reads packages."""

    def __init__(self, entries: Mapping[ImagePath, LayerEntry], texts: Mapping[ImagePath, bytes]) -> None:
        self._entries = entries
        self._texts = texts

    @property
    def entries(self) -> Mapping[ImagePath, LayerEntry]:
        return self._entries

    def read(self, path: ImagePath, *, most_bytes: int | None = None) -> bytes:  # noqa: ARG002  they are small
        if path in self._texts:
            return self._texts[path]
        entry = self._entries.get(path)
        if entry is not None and not entry.size:
            return b""
        if entry is not None:
            raise LimitError(f'cannot read "/{path}": it has {entry.size} bytes')
        raise NotFoundError(f'cannot find "/{path}" in the image')

    def real_path(self, path: str) -> ImagePath | None:
        return walk(self._entries, path).path


def _of_files(
    contents: Mapping[ImagePath, Content],
    layers: list[LayerFacts],
    facts: Callable[[LayerFacts], Mapping[int, _T]],
) -> Mapping[ImagePath, _T]:
    """One kind of facts by path; every name of a file has them."""
    kinds = [facts(layer) for layer in layers]
    return MappingProxyType(
        {path: kinds[layer][offset] for path, (layer, offset) in contents.items() if offset in kinds[layer]}
    )


def _hidden(changes: tuple[Change, ...]) -> Iterator[ImagePath]:
    """What the whiteouts of a layer hide; for all that is in a folder, the folder."""
    for change in changes:
        if WHITEOUT not in change.entry.path:
            continue
        name, folder = name_of(change.entry.path), parent_of(change.entry.path)
        if name == OPAQUE:
            yield folder
        elif name.startswith(WHITEOUT):
            hidden = name.removeprefix(WHITEOUT)
            yield ImagePath(f"{folder}/{hidden}" if folder else hidden)


@contextmanager
def _at(number: int, layer: Descriptor) -> Iterator[None]:
    """Put the layer before every error about its bytes."""
    try:
        yield
    except (FormatError, DigestMismatchError) as fault:
        where = f"layer {number + 1} ({layer.digest.short})"
        raise type(fault)(f"{where}: {fault.message}", hint=fault.hint) from fault
