"""The loader's cache is read as it was written, and a damaged one is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError
from bareboat.make.effects.ldcache_file import Library, cache_file, read_cache
from tests.makers import ldcache as independent

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
LIBRARIES = st.lists(
    st.builds(
        Library, soname=NAMES, path=NAMES, flags=st.sampled_from([0x0303, 0x0A03]),
        level=st.none() | st.sampled_from(["x86-64-v2", "x86-64-v3"]),
    ),
    max_size=8,
)
TWO = [Library("libmast.so.1", "/lib/libmast.so.1", 0x0303), Library("libmast.so.1", "/v3/libmast.so.1", 0x0303, "v3")]


@given(libraries=LIBRARIES, little_endian=st.booleans())
@example(libraries=TWO, little_endian=True)
@example(libraries=[], little_endian=False)
def test_what_was_written_is_read_as_another_reader_reads_it(libraries: list[Library], little_endian: bool) -> None:
    data = cache_file(libraries, little_endian=little_endian)
    found = read_cache(data, little_endian=little_endian)
    theirs, _ = independent.read_cache(data)
    assert found == tuple(Library(one.soname, one.path, one.flags, one.level) for one in theirs)
    assert sorted(found, key=repr) == sorted(libraries, key=repr)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ld.so-1.7.0\0" + bytes(100),
        cache_file(TWO, little_endian=False),
        cache_file(TWO, little_endian=True)[:60],
        cache_file(TWO, little_endian=True)[:-20],
    ],
)
def test_what_the_loader_would_not_read_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="cannot read as a cache of libraries"):
        read_cache(data, little_endian=True)


def test_a_cache_that_claims_too_much_is_refused() -> None:
    data = bytearray(cache_file(TWO, little_endian=True))
    struct.pack_into("<I", data, 20, 0xFFFFFFFF)
    with pytest.raises(FormatError, match="it ends before its 4294967295 records do"):
        read_cache(bytes(data), little_endian=True)


@given(changes=st.lists(st.tuples(st.integers(20, 400), st.integers(0, 255)), max_size=6), cut=st.integers(0, 400))
def test_hostile_caches_end_in_format_errors_at_worst(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(cache_file(TWO, little_endian=True))
    for place, value in changes:
        data[place % len(data)] = value
    assert _complaint(bytes(data[:cut])).startswith("cannot read as a cache of libraries")


def _complaint(data: bytes) -> str:
    """What is wrong with `data`, or the beginning of every complaint when nothing is."""
    try:
        read_cache(data, little_endian=True)
    except FormatError as fault:
        return fault.message
    return "cannot read as a cache of libraries"
