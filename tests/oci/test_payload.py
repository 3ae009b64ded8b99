"""Layers in one piece or in many, and what is wrong with those that are neither."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from tests.makers.image import make_layer

DATA = bytes(range(256)) * 4000


@given(st.sampled_from(Compression), st.integers(1, 9), st.binary(min_size=1, max_size=500))
def test_members_and_frames_are_one_stream(compression: Compression, members: int, data: bytes) -> None:
    """RFC 1952, 2.2 and RFC 8878, 3: the pieces of a layer are compressed once and put one behind the other."""
    assert unpacked(io.BytesIO(make_layer(data, compression, members=members)), compression).read() == data


@pytest.mark.parametrize("compression", [Compression.gzip, Compression.zstd])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:-1], id="one byte short"),
        pytest.param(lambda data: b"x" + data, id="another format"),
        pytest.param(lambda data: data + b"garbage", id="garbage behind"),
    ],
)
def test_damage_is_a_format_error(compression: Compression, damage: object) -> None:
    assert callable(damage)
    packed = damage(make_layer(DATA, compression, members=3))
    with pytest.raises(FormatError, match=f"cannot read as {compression}: "):
        unpacked(io.BytesIO(packed), compression).read()


def test_a_changed_byte_fails_the_checksum_of_its_member() -> None:
    """RFC 1952, 2.3.1: every member ends in a CRC32; zstd frames need not have a checksum, their digest judges them."""
    packed = bytearray(make_layer(DATA, members=3))
    packed[-8] ^= 1
    with pytest.raises(FormatError, match="cannot read as gzip: "):
        unpacked(io.BytesIO(bytes(packed)), Compression.gzip).read()


def test_an_uncompressed_layer_is_given_as_it_is() -> None:
    assert unpacked(io.BytesIO(DATA), Compression.none).read() == DATA
