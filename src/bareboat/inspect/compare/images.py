"""Two images, compared to the last byte: every difference with its place, causes before their consequences.

A layer that differs changes its digest in the manifest, that of the manifest in the index, and its diff id in the
configuration: these are not told again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice

from bareboat.base.digest import Digest
from bareboat.inspect.compare.difference import Comparison, Difference, Kind, Part
from bareboat.inspect.compare.documents import document_differences
from bareboat.inspect.compare.layers import layer_differences
from bareboat.inspect.compare.members import Packed
from bareboat.inspect.origins import layer_origins
from bareboat.inspect.received import Received, receive
from bareboat.oci import media
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.store.blobs import Blobs

MOST_DIFFERENCES = 20
"""How many are told people of one image: the first is the one that helps."""

_MOST_DEPTH = 8

_Numbered = tuple[int, Descriptor, str]
"""A layer with its number, counted from one, and its history line."""


class Comparer:
    """Compares images of two places; what was found to be the same once is not read again.

    Every byte of both sides is read, whatever the digests say.
    Of two images, `most` differences are told; None tells all.
    """

    def __init__(self, one: Blobs, other: Blobs, *, most: int | None = MOST_DIFFERENCES) -> None:
        self._one = one
        self._other = other
        self._most = most
        self._same: set[tuple[Digest, Digest]] = set()

    def compare(self, one: Descriptor, other: Descriptor) -> Comparison:
        """The differences of two indexes or two manifests.

        Raises:
            StoreError: When this machine refuses.
        """
        with closing(self._whole(one, other)) as differences:
            found = tuple(differences if self._most is None else islice(differences, self._most + 1))
        told = found[: self._most]
        return Comparison(differences=told, more=len(found) > len(told))

    def _whole(self, one: Descriptor, other: Descriptor) -> Generator[Difference, None, None]:
        found = self._images(one, other, 0)
        first = next(found, None)
        if first is not None:
            yield from chain([first], found)
        elif one.digest != other.digest:  # the same bytes under digests of two kinds
            part = Part(kind=_kind(one))
            yield Difference(part=part, field="digest", one=str(one.digest), other=str(other.digest))

    def _images(self, one: Descriptor, other: Descriptor, depth: int) -> Iterator[Difference]:
        if one.media_type in media.INDEXES and other.media_type in media.INDEXES and depth < _MOST_DEPTH:
            return self._indexes(one, other, depth)
        if one.media_type in media.MANIFESTS and other.media_type in media.MANIFESTS:
            return self._once(one, other, lambda: self._manifests(one, other, _platform(one)))
        difference = Difference(
            part=Part(kind=_kind(one), platform=_platform(one)), field="media type",
            one=one.media_type, other=other.media_type,
        )  # fmt: skip
        return iter([difference] if one.media_type != other.media_type or depth >= _MOST_DEPTH else [])

    def _indexes(self, one: Descriptor, other: Descriptor, depth: int) -> Iterator[Difference]:
        part = Part(kind="index")
        left = receive(self._one, one, Index.parse)
        right = receive(self._other, other, Index.parse)
        told: set[str] = set()
        if left.value is not None and right.value is not None:
            ours, theirs = _by_platform(left.value), _by_platform(right.value)
            for key, (position, mine) in ours.items():
                pointer = f"/manifests/{position}"
                if key not in theirs:
                    told.add("/manifests")
                    yield Difference(part=part, path=pointer, field="platform", one=_platform(mine), other=None)
                    continue
                yield from self._images(mine, theirs[key][1], depth + 1)
                if mine.digest != theirs[key][1].digest and theirs[key][0] == position:
                    told |= {f"{pointer}/digest", f"{pointer}/size"}
            for key, (position, yours) in theirs.items():
                if key not in ours:
                    told.add("/manifests")
                    pointer = f"/manifests/{position}"
                    yield Difference(part=part, path=pointer, field="platform", one=None, other=_platform(yours))
        yield from _documents(left, right, part, told)

    def _manifests(self, one: Descriptor, other: Descriptor, platform: str) -> Iterator[Difference]:
        part = Part(kind="manifest", platform=platform)
        left = receive(self._one, one, Manifest.parse)
        right = receive(self._other, other, Manifest.parse)
        told: set[str] = set()
        if left.value is not None and right.value is not None:
            mine, yours = left.value, right.value
            configs = receive(self._one, mine.config, ImageConfig.parse), receive(
                self._other, yours.config, ImageConfig.parse
            )
            ours, theirs = _layers(mine, configs[0].value), _layers(yours, configs[1].value)
            if len(ours) != len(theirs):
                names = ["; ".join([str(len(layers)), *_names(layers)]) for layers in (ours, theirs)]
                yield Difference(part=part, path="/layers", field="layers", one=names[0], other=names[1])
                told |= {"/layers", "/rootfs/diff_ids", "/history"}
            for (number, layer, about), again in _pairs(ours, theirs):
                at = Part(kind="layer", platform=platform, layer=number, about=about)
                packed = Packed(blobs=self._one, descriptor=layer), Packed(blobs=self._other, descriptor=again)
                yield from self._once(layer, again, lambda: layer_differences(packed[0], packed[1], at))  # noqa: B023
                if layer.digest != again.digest:
                    told |= {f"/layers/{number - 1}/{key}" for key in ("digest", "size")}
                    told.add(f"/rootfs/diff_ids/{number - 1}")
            yield from _documents(*configs, Part(kind="config", platform=platform), told)
            if mine.config.digest != yours.config.digest:
                told |= {"/config/digest", "/config/size"}
        yield from _documents(left, right, part, told)

    def _once(
        self, one: Descriptor, other: Descriptor, differences: Callable[[], Iterator[Difference]]
    ) -> Iterator[Difference]:
        """`differences`, unless there were none before."""
        key = one.digest, other.digest
        if key in self._same:
            return
        is_same = True
        for difference in differences():
            is_same = False
            yield difference
        if is_same:
            self._same.add(key)


def _documents(left: Received[object], right: Received[object], part: Part, told: set[str]) -> Iterator[Difference]:
    if left.fault is not None or right.fault is not None:
        yield Difference(part=part, field="damage", one=left.fault, other=right.fault)
    yield from document_differences(left.data, right.data, part, told=told)


def _by_platform(index: Index) -> dict[tuple[str, int], tuple[int, Descriptor]]:
    """The manifests with their positions, by platform and how often that came before."""
    found: dict[tuple[str, int], tuple[int, Descriptor]] = {}
    seen: Counter[str] = Counter()
    for position, manifest in enumerate(index.manifests):
        platform = _platform(manifest)
        found[platform, seen[platform]] = position, manifest
        seen[platform] += 1
    return found


def _layers(manifest: Manifest, config: ImageConfig | None) -> tuple[_Numbered, ...]:
    abouts = [origin.about for origin in layer_origins(config, manifest)] if config is not None else []
    abouts = abouts or [""] * len(manifest.layers)
    return tuple((number, *pair) for number, pair in enumerate(zip(manifest.layers, abouts, strict=True), 1))


def _pairs(ours: Sequence[_Numbered], theirs: Sequence[_Numbered]) -> Iterator[tuple[_Numbered, Descriptor]]:
    """Layers that belong together: by their place where both sides have as many, else by their history line."""
    if len(ours) == len(theirs):
        yield from ((mine, yours[1]) for mine, yours in zip(ours, theirs, strict=True))
        return
    named = {about: layer for _, layer, about in theirs if about}
    yield from ((mine, named[mine[2]]) for mine in ours if mine[2] in named)


def _names(layers: Sequence[_Numbered]) -> list[str]:
    return [about or layer.digest.short for _, layer, about in layers]


def _platform(descriptor: Descriptor) -> str:
    return str(descriptor.platform or "")


def _kind(descriptor: Descriptor) -> Kind:
    return "index" if descriptor.media_type in media.INDEXES else "manifest"
