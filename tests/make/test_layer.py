"""Layers as records, and joined from members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.make.join import join
from bareboat.make.layer import Layer
from bareboat.make.members import add_member
from bareboat.make.tarball import END
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from tests.makers.bench import Bench

LAYER = Layer(
    digest=Digest.of(b"packed"), size=6, diff_id=Digest.of(b"plain"), unpacked_size=5, compression="gzip",
    moment=Epoch(7), about="static", packages=("a 1.0",), saved={"man": 3}, warnings=("w",), licences=("MIT",),
    touched=("libc-bin:/usr/bin/*",),
)  # fmt: skip


def test_a_layer_comes_back_from_its_record() -> None:
    assert Layer.from_bytes(LAYER.to_bytes()) == LAYER


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b"7", LAYER.to_bytes().replace(b'["a 1.0"]', b"7")])
def test_a_record_that_is_none_is_refused(record: bytes) -> None:
    with pytest.raises(FormatError, match="cannot read the record of a layer"):
        Layer.from_bytes(record)


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
@given(parts=st.lists(st.binary(min_size=1, max_size=2000), max_size=4))
def test_a_layer_is_its_members_and_the_end_of_an_archive(compressed: str, parts: list[bytes]) -> None:
    bench = Bench(compressed)
    members = [add_member(part, bench.workshop) for part in parts]

    stored = join(members, bench.workshop)

    whole = b"".join(parts) + END
    with bench.store.open(stored.digest) as stream:
        assert unpacked(stream, Compression(compressed)).read() == whole
    assert (stored.diff_id, stored.unpacked_size) == (Digest.of(whole), len(whole))
    assert stored.size == bench.store.size(stored.digest)
