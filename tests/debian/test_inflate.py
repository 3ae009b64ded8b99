from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.base.errors import FormatError, LimitError
from bareboat.debian.inflate import COMPRESSIONS, Limits, inflated
from tests.makers.deb import compress
from tests.makers.refusal import is_read_or_refused_at

FREE = Limits()


def plain(data: bytes, compression: str, limits: Limits = FREE, piece: int = 100) -> bytes:
    pieces = (data[start : start + piece] for start in range(0, len(data), piece))
    return b"".join(inflated(pieces, compression, "data.tar", limits))


@pytest.mark.parametrize("compression", COMPRESSIONS)
@settings(max_examples=30)
@given(content=st.binary(max_size=2000), times=st.integers(1, 3), piece=st.integers(1, 300))
def test_what_was_compressed_comes_out_again(compression: str, content: bytes, times: int, piece: int) -> None:
    assert plain(compress(content, compression) * times, compression, piece=piece) == content * times


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_pieces_are_bounded_though_little_goes_in(compression: str) -> None:
    content = bytes(5 << 20)
    sizes = [len(piece) for piece in inflated([compress(content, compression)], compression, "x", FREE)]
    assert sum(sizes) == len(content)
    assert not compression or max(sizes) <= 1 << 20


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_zeros_may_follow_a_stream_but_nothing_else(compression: str) -> None:
    data = compress(b"content", compression)
    assert plain(data + bytes(8), compression) == b"content"
    with pytest.raises(FormatError, match=r"data\.tar: cannot decompress: "):
        plain(data + b"something else", compression)


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
@pytest.mark.parametrize("part", [0, 1, -1])
def test_a_stream_that_ends_too_early_is_refused(compression: str, part: int) -> None:
    with pytest.raises(FormatError, match=r"data\.tar: the compressed bytes end too early"):
        plain(compress(b"content", compression)[:part], compression)


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
@given(data=st.binary(min_size=20, max_size=100))
def test_any_bytes_are_read_or_refused(compression: str, data: bytes) -> None:
    assert is_read_or_refused_at("data.tar: ", lambda: plain(data, compression))
    half = compress(data, compression)[:12]
    assert is_read_or_refused_at("data.tar: ", lambda: plain(half + data, compression))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_limit_is_kept_to_the_byte(compression: str) -> None:
    data = compress(bytes(1000), compression)
    assert len(plain(data, compression, Limits(max_bytes=1000))) == 1000
    with pytest.raises(LimitError, match=r"data\.tar: cannot unpack more than 999 bytes"):
        plain(data, compression, Limits(max_bytes=999))


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_a_ratio_counts_only_beyond_the_free_bytes(compression: str) -> None:
    data = compress(bytes(1 << 20), compression)
    assert len(plain(data, compression, Limits(max_ratio=2, free_bytes=1 << 20))) == 1 << 20
    with pytest.raises(LimitError, match=r"data\.tar: cannot unpack: more than 2 times its size comes out"):
        plain(data, compression, Limits(max_ratio=2, free_bytes=1 << 10))
