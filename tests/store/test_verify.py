from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError
from bareboat.store.verify import VerifiedReader, verified


def pieces() -> Iterator[bytes]:
    yield b"one "
    yield b""
    yield b"two"


@pytest.mark.parametrize("digest", [Digest.of(b"one two"), Digest.of(b"one two", "sha512"), None])
@pytest.mark.parametrize("size", [7, None])
def test_good_bytes_pass_as_they_are(digest: Digest | None, size: int | None) -> None:
    assert list(verified(pieces(), digest, size)) == list(pieces())


@pytest.mark.parametrize(
    ("digest", "size", "passed"),
    [(Digest.of(b""), 7, 3), (Digest.of(b""), None, 3), (Digest.of(b"one two"), 8, 3), (Digest.of(b"one two"), 5, 2)],
)
def test_bad_bytes_fail_at_the_surplus_or_at_the_end(digest: Digest, size: int | None, passed: int) -> None:
    seen: list[bytes] = []
    with pytest.raises(DigestMismatchError, match=f"cannot accept as {digest}"):
        seen.extend(verified(pieces(), digest, size))
    assert len(seen) == passed


def test_a_reader_that_stops_early_learns_nothing() -> None:
    assert next(verified(pieces(), Digest.of(b"other"))) == b"one "


def test_the_reader_tells_once_and_closes_what_is_below() -> None:
    told: list[str] = []
    stream = io.BytesIO(b"one two")
    with VerifiedReader(stream, Digest.of(b"other"), lambda: told.append("wrong")) as reader:
        assert reader.read(3) == b"one"
        with pytest.raises(DigestMismatchError):
            reader.readall()
    assert (told, stream.closed) == (["wrong"], True)
