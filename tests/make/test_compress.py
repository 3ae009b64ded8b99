"""Compression: known answers, members that can be joined, damage that is noticed."""

from __future__ import annotations

import gzip
import importlib
import io
from concurrent.futures import ThreadPoolExecutor

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import BuildError, FormatError, InternalError
from bareboat.make.compress import GZIP_LEVEL, TEXT_BYTES, TEXT_GZIP_LEVEL, compression, decompress
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked

FORMATS = ["gzip", "zstd"]

STREAMS = {"gzip": Compression.gzip, "zstd": Compression.zstd}


@pytest.mark.parametrize(("name", "suffix", "key"), [("gzip", "+gzip", "gzip-6-10"), ("zstd", "+zstd", "zstd-9")])
def test_a_compression_knows_its_media_type_and_what_determines_its_bytes(name: str, suffix: str, key: str) -> None:
    found = compression(name)

    assert (found.name, found.suffix, found.key) == (name, suffix, key)


@pytest.mark.parametrize("name", FORMATS)
def test_a_library_that_compresses_differently_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("bareboat.make.compress")
    for compress in ("_gzip_member", "_zstd_member"):
        kind = getattr(module, compress)
        monkeypatch.setattr(module, compress, lambda data, kind=kind: kind(data) + b"x")
    compression.cache_clear()
    try:
        with pytest.raises(BuildError, match=f"cannot compress with {name}: the installed library gives other bytes"):
            compression(name).compress(b"x")
    finally:
        compression.cache_clear()


TEXT = b"".join(b"%d %d\n" % (number, number * number) for number in range(200_000))


@pytest.mark.parametrize(
    ("data", "level"),
    [
        (TEXT[:TEXT_BYTES], TEXT_GZIP_LEVEL),
        (TEXT[: TEXT_BYTES + 1], GZIP_LEVEL),
        (TEXT[:5000] + b"\x7fELF" + TEXT[:5000], GZIP_LEVEL),
        (TEXT[:5000] + b"\x7fELEPHANT" + TEXT[:5000], TEXT_GZIP_LEVEL),
    ],
    ids=["the most that is small", "one byte more", "with a program", "with what is none"],
)
def test_small_members_without_programs_are_compressed_harder(data: bytes, level: int) -> None:
    assert compression("gzip").compress(data) == bytes(deflate.gzip_compress(data, level))
    assert len(deflate.gzip_compress(data, TEXT_GZIP_LEVEL)) < len(deflate.gzip_compress(data, GZIP_LEVEL))


def test_there_is_no_other_compression() -> None:
    with pytest.raises(InternalError, match='no compression is called "lzma"'):
        compression("lzma")


def test_gzip_headers_have_neither_time_nor_name() -> None:
    """RFC 1952, 2.3.1: "MTIME = 0 means no time stamp is available", FLG has no FNAME, OS is "unknown"."""
    head = compression("gzip").compress(b"x")[:10]

    assert (head[:4], head[4:8], head[9]) == (b"\x1f\x8b\x08\x00", bytes(4), 255)


def test_the_same_bytes_become_the_same_bytes_in_every_thread() -> None:
    data = bytes(range(256)) * 4000
    with ThreadPoolExecutor(4) as pool:
        for name in FORMATS:
            assert len(set(pool.map(compression(name).compress, [data] * 8))) == 1


@pytest.mark.parametrize("name", FORMATS)
@given(parts=st.lists(st.binary(max_size=3000), max_size=4))
def test_members_joined_are_one_stream(name: str, parts: list[bytes]) -> None:
    joined = b"".join(map(compression(name).compress, [*parts, b"end"]))

    assert unpacked(io.BytesIO(joined), STREAMS[name]).read() == b"".join(parts) + b"end"


@given(st.binary(max_size=3000))
def test_other_programs_read_our_gzip(data: bytes) -> None:
    assert gzip.decompress(compression("gzip").compress(data)) == data


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=3000))
def test_a_member_comes_back(name: str, data: bytes) -> None:
    assert decompress(name, compression(name).compress(data), len(data)) == data


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [99, 101])
def test_a_member_of_another_size_is_refused(name: str, size: int) -> None:
    with pytest.raises(FormatError):
        decompress(name, compression(name).compress(b"x" * 100), size)


@pytest.mark.parametrize("name", FORMATS)
@given(damaged=st.binary(max_size=60))
def test_damage_is_told_and_nothing_else(name: str, damaged: bytes) -> None:
    with pytest.raises(FormatError, match=f"cached {name} member"):
        decompress(name, damaged, 1 << 10)
