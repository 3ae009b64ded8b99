"""A digest is a type: only well-formed ones exist."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest, sha256
from bareboat.base.errors import FormatError


@given(st.binary(max_size=200), st.sampled_from(["sha256", "sha512"]))
def test_text_of_a_digest_reads_as_the_same_digest(data: bytes, algorithm: str) -> None:
    digest = Digest.of(data, algorithm)

    assert Digest.parse(str(digest)) == digest
    assert digest.hex == hashlib.new(algorithm, data).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        "sha256:abc",
        "md5:" + "a" * 32,
        "sha256:" + "A" * 64,
        "sha256:" + "g" * 64,
        "sha512:" + "a" * 64,
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="as a digest"):
        Digest.parse(text)


def test_bare_hexadecimal_is_read_as_debian_writes_it() -> None:
    assert sha256("ab" * 32) == Digest.parse("sha256:" + "ab" * 32)
