"""Images that are made to take time or memory are judged like any others.

No time is measured: where one of these claims fails, its test does not end, or the machine's memory does.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import pytest

from bareboat.base.errors import LimitError
from bareboat.base.path import ImagePath
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.tar_headers import tar_headers
from bareboat.oci.validate_image import validate_image
from bareboat.oci.validate_layer import LayerReport, validate_layer_tar
from bareboat.store.images import manifests_of
from bareboat.store.memory import MemoryStore
from tests.debian.test_hostile import extended_headers
from tests.makers.image import Made, make_image, make_index
from tests.makers.layers import Item, file, folder, make_raw_tar, whiteout


def nested(image: Made, levels: int, copies: int) -> Descriptor:
    """An index that names another one `copies` times, which does the same, down to the index of `image`."""
    descriptor = make_index([image], image.blobs)
    for _ in range(levels):
        index = Index(manifests=(descriptor,) * copies)
        image.blobs.add([index.to_bytes()])
        descriptor = index.descriptor()
    return descriptor


def test_indexes_that_name_each_other_again_and_again_are_judged_once() -> None:
    image = make_image()
    root = nested(image, levels=6, copies=200)
    assert validate_image(root, image.blobs.open) == ()
    assert manifests_of(image.blobs, root) == (image.descriptor,)


def test_a_manifest_for_two_platforms_is_judged_for_both() -> None:
    image = make_image()
    entries = (image.descriptor, image.descriptor.with_platform(Platform(architecture="s390x")))
    index = Index(manifests=entries)
    image.blobs.add([index.to_bytes()])
    (problem,) = validate_image(index.descriptor(), image.blobs.open)
    assert str(problem) == 'image: linux/s390x: config: is for "linux/amd64", the index says "linux/s390x"'


def test_an_image_of_more_layers_than_anything_can_mount_is_not_unpacked() -> None:
    image = make_image()
    manifest = replace(image.manifest, layers=image.manifest.layers * 501)
    image.blobs.add([manifest.to_bytes()])
    problems = [problem.message for problem in validate_image(manifest.descriptor(), image.blobs.open)]
    assert "has 501 layers, at most 500 can be judged" in problems


def judged(items: list[Item], below: LayerReport | None = None) -> LayerReport:
    return validate_layer_tar(io.BytesIO(make_raw_tar(items)), below=None if below is None else below.kinds)


def test_many_whiteouts_above_many_files_are_applied() -> None:
    base = judged([folder("etc"), *(file(f"etc/{number}") for number in range(4_000))])
    above = judged([whiteout(f"etc/{number}") for number in range(1, 8_000)], base)
    assert set(above.kinds) == {ImagePath("etc"), ImagePath("etc/0")}


def test_a_whiteout_takes_away_what_stands_in_folders_that_nobody_named() -> None:
    base = judged([file("a/b/c/d"), file("a/b/e"), file("a/bc")])
    assert set(judged([whiteout("a/b")], base).kinds) == {ImagePath("a/bc")}


@pytest.mark.parametrize("name", ["a/" * 100_000 + "f", "a" * 256])
def test_a_path_that_linux_could_not_have_is_a_fault(name: str) -> None:
    assert [problem.message.partition("…")[2] for problem in judged([file(name)]).problems] == [
        '" is longer than Linux allows'
    ]


def test_the_names_of_folders_and_the_faults_are_not_endless() -> None:
    deep = judged([file(f"{number}/" + "a/" * 2000 + "f") for number in range(70)])
    assert "the names of its folders have more than" in deep.problems[-1].message
    many = judged([file(f"../{number}") for number in range(1_100)])
    assert len(many.problems) == 1_001
    assert "layer: has more than 1000 faults, the others are not told" in map(str, many.problems)


class Endless(io.RawIOBase):
    """A tar of extended headers without an end."""

    def __init__(self) -> None:
        super().__init__()
        self._headers = extended_headers(b"x")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        buffer[:1024] = next(self._headers)
        return 1024


def test_extended_headers_of_one_entry_have_an_end_together() -> None:
    stream: BinaryIO = io.BufferedReader(Endless(), 1 << 16)  # type: ignore[assignment]
    with pytest.raises(LimitError, match="extended headers have"):
        next(tar_headers(stream))


def test_a_size_beyond_every_disk_is_refused() -> None:
    header = bytearray(make_raw_tar([file("x")]))
    header[124:136] = b"\x80" + b"\xff" * 11
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
    (problem,) = validate_layer_tar(io.BytesIO(bytes(header))).problems
    assert problem.message.startswith("cannot read as tar: an entry has ")


def test_a_store_forgets_nothing_of_a_nested_image() -> None:
    """What is named again is not followed again, and what is new is."""
    blobs = MemoryStore()
    first, second = make_image(blobs=blobs), make_image([{"etc/x": b"y"}], blobs=blobs)
    inner = Index(manifests=(second.descriptor,))
    outer = Index(manifests=(first.descriptor, inner.descriptor(), inner.descriptor()))
    for index in (inner, outer):
        blobs.add([index.to_bytes()])
    assert manifests_of(blobs, outer.descriptor()) == (first.descriptor, second.descriptor)
