"""The quick way to decompress gzip gives what the standard library gives, whatever the members are like."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.oci.gzip_members import GzipMembers

MIB = 1 << 20


def member(data: bytes, *, level: int = 6, mtime: int = 0) -> bytes:
    return gzip.compress(data, level, mtime=mtime)


def unpacked(packed: bytes, *, step: int = 1 << 16) -> bytes:
    reader = GzipMembers(io.BytesIO(packed))
    return b"".join(iter(lambda: reader.read(step), b""))


@given(
    st.lists(
        st.tuples(st.binary(max_size=300), st.integers(0, 9), st.integers(0, 3), st.integers(0, 2)),
        min_size=1, max_size=6,
    ),
    st.integers(1, 400),
)
def test_it_is_what_the_standard_library_gives(
    members: list[tuple[bytes, int, int, int]], step: int
) -> None:
    """Members of the same contents, with other headers and zeros behind, are where a guess at their ends would fail."""
    packed = b"".join(
        member(data, level=level, mtime=mtime) + bytes(zeros) for data, level, mtime, zeros in members
    )

    assert unpacked(packed, step=step) == gzip.decompress(packed)


def test_members_of_the_same_content_with_zeros_between_are_all_read() -> None:
    """The last one ends as the first one does."""
    assert unpacked(member(b"content") + b"\0" + member(b"content")) == b"contentcontent"


def test_many_small_members_behind_a_large_one_are_read() -> None:
    """From the large one on zlib reads, and what follows each member is not copied."""
    packed = member(bytes(17 * MIB), level=1) + (member(b"") + b"\0") * 30_000 + member(b"the end")
    assert unpacked(packed).lstrip(b"\0") == b"the end"


@given(st.binary(max_size=200))
def test_what_is_no_gzip_is_refused_where_the_standard_library_does(data: bytes) -> None:
    try:
        expected = gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        with pytest.raises((EOFError, gzip.BadGzipFile, zlib.error)):
            unpacked(data)
    else:
        assert unpacked(data) == expected


@pytest.mark.parametrize(
    "sizes",
    [[10 * MIB], [MIB, 10 * MIB, 5], [3 * MIB] * 7, [0, 1, 0]],
    ids=["one that is too large", "large between small", "more than is held at once", "empty ones"],
)
def test_members_of_every_size(sizes: list[int]) -> None:
    noise = random.Random(7).randbytes(MIB)
    contents = [(noise * (size // MIB + 1))[:size] for size in sizes]
    packed = b"".join(member(data, level=1) for data in contents)

    assert unpacked(packed) == b"".join(contents)


def test_zeros_behind_a_member_are_passed_over_quickly() -> None:
    """GNU gzip takes them for the filling of a tape; there may be many."""
    assert unpacked(member(b"a") + bytes(3 * MIB) + member(b"b") + bytes(5)) == b"ab"


def test_a_member_that_holds_a_member_is_not_cut_there() -> None:
    """Its own trailer and the beginning of another, stored without compression, are only data."""
    inner = member(b"inner") * 3
    packed = member(inner, level=0) + member(b"last")

    assert unpacked(packed) == inner + b"last"


def test_small_members_are_decompressed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    real = deflate.gzip_decompress

    def counted(data: bytes, most: int) -> bytes:
        sizes.append(len(plain := real(data, most)))
        return plain

    monkeypatch.setattr(deflate, "gzip_decompress", counted)
    unpacked(member(b"a" * 1000) + member(b"b" * 2000))

    assert sizes == [1000, 2000]
