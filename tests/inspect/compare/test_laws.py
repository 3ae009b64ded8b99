"""What holds of every comparison: the same is the same, and no byte is too small to be noticed."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.inspect.compare.bytes import first_difference_of
from bareboat.inspect.compare.difference import Comparison
from bareboat.inspect.compare.images import Comparer
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from tests.makers.image import Made
from tests.makers.layers import file, folder, hard_link, make_image_of, make_raw_tar, symlink

TAR = make_raw_tar([
    folder("etc"), file("etc/motd", b"one\ntwo\n", mtime=7, records={"SCHILY.xattr.user.a": "1"}),
    hard_link("etc/again", "etc/motd"), symlink("bin", "usr/bin"), file("n" * 150, b"\xff" * 600),
])  # fmt: skip


def compared(one: Made, other: Made) -> Comparison:
    return Comparer(one.blobs, other.blobs).compare(one.descriptor, other.descriptor)


def changed(data: bytes, place: float, flip: int) -> bytes:
    at = int(place * len(data))
    return data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]


PLACE = st.floats(min_value=0, max_value=1, exclude_max=True)
FLIP = st.integers(min_value=1, max_value=255)


@given(PLACE, FLIP)
@example(0.0, 1)
def test_every_changed_byte_of_a_tar_is_a_difference_from_both_sides(place: float, flip: int) -> None:
    one, other = make_image_of([TAR]), make_image_of([changed(TAR, place, flip)])

    forth, back = compared(one, other), compared(other, one)

    assert forth.differences[0].part.kind == back.differences[0].part.kind == "layer"


@given(PLACE, FLIP)
def test_every_changed_byte_of_a_compressed_layer_is_noticed(place: float, flip: int) -> None:
    image = make_image_of([TAR])
    layer = image.manifest.layers[0].digest
    damaged = make_image_of([TAR])
    damaged.blobs._blobs[layer] = changed(damaged.blobs._blobs[layer], place, flip)

    assert compared(damaged, image).differences[0].part.kind == "layer"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_first_difference_is_where_what_is_common_ends(one: bytes, other: bytes) -> None:
    offset = first_difference_of(one, other)

    assert one[:offset] == other[:offset]
    assert one == other or one[offset : offset + 1] != other[offset : offset + 1]


@pytest.mark.parametrize("level", [1, 9])
def test_the_member_that_was_compressed_otherwise_is_the_one_that_is_named(level: int) -> None:
    tar = make_raw_tar([file("x", b"".join(b"%d " % (number * number) for number in range(20_000)))])
    parts = [tar[start : start + 40_000] for start in range(0, len(tar), 40_000)]
    usual = [gzip.compress(part, 6, mtime=0) for part in parts]
    odd = [*usual[:2], gzip.compress(parts[2], level, mtime=0), *usual[3:]]
    one, other = (_of_layer(tar, b"".join(members)) for members in (usual, odd))

    (difference,) = compared(one, other).differences

    begin = len(usual[0]) + len(usual[1])
    place = f"gzip, member 3 of {len(parts)}"
    assert (difference.one or "").startswith(place)
    assert (difference.other or "").startswith(place)
    assert (difference.one or "").endswith(f"which begins at byte {begin} and holds the tar from byte 80000 on")
    assert begin <= (difference.offset or 0) < begin + len(usual[2])


def _of_layer(tar: bytes, packed: bytes) -> Made:
    """An image whose only layer is `packed`, which unpacks to `tar`."""
    image = make_image_of([tar])
    manifest = replace(image.manifest, layers=(Descriptor.of(Compression.gzip.layer_type, packed),))
    image.blobs.add([packed])
    image.blobs.add([manifest.to_bytes()])
    assert Digest.of(gzip.decompress(packed)) == Digest.of(tar)
    return replace(image, manifest=manifest, descriptor=manifest.descriptor(image.config.platform))
