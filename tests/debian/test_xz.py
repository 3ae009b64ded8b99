"""Both libraries for xz are read alike: the same bytes, the same refusals, the same bounds."""

from __future__ import annotations

import lzma
import sys
from types import ModuleType

import compress_utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.debian.xz import Xz, XzError, _library, xz

LIBRARIES = pytest.mark.parametrize("library", [None, compress_utils], ids=["lzma", "compress-utils"])


def plain(library: ModuleType | None, data: bytes, bite: int, most: int = 1 << 20) -> tuple[bytes, bytes]:
    """What one stream comes to, and what follows it in the last bite."""
    inner, given, taken = Xz(library), b"", 0
    while not inner.eof:
        fresh = data[taken : taken + bite] if inner.needs_input else b""
        assert fresh or not inner.needs_input, "the stream ends too early"
        taken += len(fresh)
        piece = inner.decompress(fresh, most)
        assert len(piece) <= most
        given += piece
    return given, inner.unused_data


def test_the_quicker_library_is_used_where_it_is_installed() -> None:
    assert xz()._library is compress_utils


def test_the_standard_library_is_used_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compress_utils", None)  # whoever imports it gets an ImportError
    _library.cache_clear()
    try:
        assert xz()._library is None
    finally:
        _library.cache_clear()


@LIBRARIES
@given(content=st.binary(max_size=3000), bite=st.integers(1, 400), most=st.integers(1, 5000), check=st.sampled_from(
    [lzma.CHECK_NONE, lzma.CHECK_CRC32, lzma.CHECK_CRC64, lzma.CHECK_SHA256],
))  # fmt: skip
def test_what_was_compressed_comes_out_again(
    library: ModuleType | None, content: bytes, bite: int, most: int, check: int
) -> None:
    data = lzma.compress(content, check=check)
    found, rest = plain(library, data + b"behind", bite, most)
    assert found == content
    assert b"behind".startswith(rest)


@LIBRARIES
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no xz at all, and long enough to see it", r"not"),
        (lzma.compress(b"of another format", format=lzma.FORMAT_ALONE), r"not"),
        (lzma.compress(bytes(5000))[:40] + bytes(200), r"[Cc]orrupt input data"),
        (lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]), r"[Mm]emory"),
    ],
    ids=["text", "lzma", "damaged", "a dictionary of a gigabyte"],
)
def test_what_is_not_sound_is_refused_in_words(library: ModuleType | None, data: bytes, words: str) -> None:
    with pytest.raises(XzError, match=words):
        plain(library, data, len(data))


@LIBRARIES
def test_one_flipped_bit_is_noticed_wherever_it_is(library: ModuleType | None) -> None:
    data = lzma.compress(b"".join(b"%d" % number for number in range(300)))
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 4
        with pytest.raises((XzError, AssertionError)):
            plain(library, bytes(flipped), 64)
