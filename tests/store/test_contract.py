"""What every store promises, asked of the one on the disk and of its twin in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, InternalError, NotFoundError
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.memory import MemoryStore

DATA = b"the bytes of a package" * 100
SHA256 = Digest.of(DATA)
SHA512 = Digest.of(DATA, "sha512")
OTHER = Digest.of(b"other")

Store = DiskStore | MemoryStore


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return DiskStore(tmp_path / "cache") if request.param == "disk" else MemoryStore()


def in_pieces(data: bytes, size: int = 7) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def never() -> Iterator[bytes]:
    raise AssertionError("nobody may read this")
    yield b""


def test_bytes_come_back_under_their_sha256(store: Store) -> None:
    assert store.add(in_pieces(DATA)) == SHA256
    assert (store.has(SHA256), store.size(SHA256), read(store, SHA256)) == (True, len(DATA), DATA)


def test_bytes_come_back_under_the_digest_by_which_they_were_expected(store: Store) -> None:
    assert store.add(in_pieces(DATA), expected=SHA512) == SHA256
    assert (store.has(SHA512), store.size(SHA512), read(store, SHA512), read(store, SHA256)) == (
        True,
        len(DATA),
        DATA,
        DATA,
    )


@pytest.mark.parametrize("expected", [SHA256, SHA512], ids=["sha256", "sha512"])
@pytest.mark.parametrize("size", [None, len(DATA)], ids=["no size", "size"])
def test_expected_bytes_that_are_here_are_not_read_again(store: Store, expected: Digest, size: int | None) -> None:
    store.add([DATA], expected=expected)
    assert store.add(never(), expected=expected, size=size) == SHA256


def test_no_bytes_at_all_are_bytes_too(store: Store) -> None:
    assert store.add([]) == Digest.of(b"")
    assert read(store, Digest.of(b"")) == b""


@pytest.mark.parametrize(
    ("expected", "size", "message"),
    [
        (OTHER, None, f"cannot accept as {OTHER}: the bytes that came have {SHA256}"),
        (
            Digest.of(b"", "sha512"),
            None,
            f"cannot accept as {Digest.of(b'', 'sha512')}: the bytes that came have {SHA512}",
        ),
        (SHA256, len(DATA) + 1, f"cannot accept as {SHA256}: 2200 bytes came, 2201 were promised"),
        (SHA256, len(DATA) - 1, f"cannot accept as {SHA256}: more than the promised 2199 bytes came"),
        (None, 3, "cannot accept these bytes: more than the promised 3 bytes came"),
    ],
)
def test_other_bytes_than_promised_are_not_kept(
    store: Store, expected: Digest | None, size: int | None, message: str
) -> None:
    with pytest.raises(DigestMismatchError) as caught:
        store.add(in_pieces(DATA), expected=expected, size=size)
    assert caught.value.message == message
    assert not store.has(SHA256)
    assert expected is None or not store.has(expected)


def test_a_wrong_size_is_noticed_even_when_the_digest_is_here(store: Store) -> None:
    store.add([DATA])
    with pytest.raises(DigestMismatchError):
        store.add([DATA], expected=SHA256, size=1)
    assert read(store, SHA256) == DATA


def test_a_surplus_is_noticed_before_the_rest_is_read(store: Store) -> None:
    def endless() -> Iterator[bytes]:
        yield b"12345"
        yield from never()

    with pytest.raises(DigestMismatchError):
        store.add(endless(), size=4)


def test_a_source_that_fails_leaves_nothing(store: Store) -> None:
    def breaking() -> Iterator[bytes]:
        yield DATA
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"):
        store.add(breaking(), expected=SHA256)
    assert not store.has(SHA256)


@pytest.mark.parametrize(
    "ask", [lambda store: store.open(OTHER), lambda store: store.size(OTHER)], ids=["open", "size"]
)
def test_what_is_not_here_is_not_found(store: Store, ask: Callable[[Store], object]) -> None:
    assert not store.has(OTHER)
    assert store.path(OTHER) is None
    with pytest.raises(NotFoundError, match=f"cannot find {OTHER}"):
        ask(store)


def test_records_are_told_apart_by_kind_and_key(store: Store) -> None:
    store.put("tree", SHA256, b"one")
    store.put("layer", SHA256, b"two")
    store.put("tree", SHA512, b"three")
    store.put("tree", SHA256, b"four")
    keys = [("tree", SHA256), ("layer", SHA256), ("tree", SHA512), ("layer", OTHER)]
    assert [store.get(*key) for key in keys] == [b"four", b"two", b"three", None]


@pytest.mark.parametrize("kind", ["", "..", "a/b", "Tree", "a--b", "tree\n"])
def test_a_kind_of_records_is_a_plain_word(store: Store, kind: str) -> None:
    with pytest.raises(InternalError, match="is not a plain word"):
        store.put(kind, SHA256, b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(pieces=st.lists(st.binary(max_size=200), max_size=8))
def test_how_bytes_are_cut_makes_no_difference(store: Store, pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert store.add(pieces, expected=Digest.of(data, "sha512"), size=len(data)) == Digest.of(data)
    assert read(store, Digest.of(data)) == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(data=st.binary(max_size=300))
def test_a_record_comes_back_as_it_was(store: Store, data: bytes) -> None:
    store.put("law", Digest.of(data), data)
    assert store.get("law", Digest.of(data)) == data
