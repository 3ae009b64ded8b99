"""The little of DER that trust stores ask for, X.690."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.make.effects.der import Value, check_nesting, der, read_der

TAGS = st.integers(0, 255).filter(lambda tag: tag & 0x1F != 0x1F)


@given(tag=TAGS, content=st.binary(max_size=300))
def test_what_was_written_is_read(tag: int, content: bytes) -> None:
    data = der(tag, content)
    assert read_der(data) == Value(tag, content, data)


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x04\x00"), (127, b"\x04\x7f"), (128, b"\x04\x81\x80"), (256, b"\x04\x82\x01\x00"),
        (65536, b"\x04\x83\x01\x00\x00"),
    ],
)
def test_a_length_takes_the_fewest_octets(size: int, head: bytes) -> None:
    assert der(4, bytes(size)) == head + bytes(size)


@given(parts=st.lists(st.tuples(TAGS, st.binary(max_size=9)), max_size=5))
def test_parts_of_a_sequence_come_in_order(parts: list[tuple[int, bytes]]) -> None:
    sequence = read_der(der(0x30, b"".join(der(tag, content) for tag, content in parts)))
    assert [(part.tag, part.content) for part in sequence.parts()] == parts


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x30", b"\x1f\x01\x00", b"\x30\x01", b"\x30\x80\x00\x00", b"\x30\x85\0\0\0\0\0", b"\x30\x82\x01",
        b"\x04\0\0",
    ],
)
def test_what_is_not_one_value_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="cannot read as DER"):
        read_der(data)


@given(data=st.binary(max_size=60))
def test_hostile_bytes_raise_format_errors_only(data: bytes) -> None:
    try:
        read_der(data).parts()
    except FormatError:
        return


def _nested(depth: int, content: bytes = b"") -> bytes:
    for _ in range(depth):
        content = der(0x30, content)
    return content


def test_nesting_has_a_limit() -> None:
    check_nesting(_nested(30))
    with pytest.raises(FormatError, match="nested too deeply"):
        check_nesting(_nested(40))


def test_a_broken_value_deep_inside_is_found() -> None:
    with pytest.raises(FormatError, match="it ends too early"):
        check_nesting(_nested(5, b"\x30\x05"))
