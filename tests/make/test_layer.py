"""Layers as records, and joined from members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.make.join import Stored, join
from bareboat.make.layer import Layer
from bareboat.make.members import add_member
from bareboat.make.tarball import END
from bareboat.make.workshop import Workshop
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.store.blobs import read
from bareboat.store.memory import MemoryStore
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


def holding(bench: Bench, digests: Iterable[Digest]) -> Workshop:
    """The workshop of `bench` with all its records, and these blobs alone."""
    blobs = MemoryStore()
    for digest in digests:
        blobs.add([read(bench.store, digest)])
    return replace(bench.workshop, blobs=blobs)


def test_members_that_were_joined_before_are_not_read_again() -> None:
    bench = Bench()
    members = [add_member(part, bench.workshop) for part in (b"a" * 5000, b"b" * 5000)]
    stored = join(members, bench.workshop)

    assert join(members, holding(bench, [stored.digest])) == stored


def test_what_was_joined_before_and_is_gone_is_joined_again() -> None:
    bench = Bench()
    members = [add_member(part, bench.workshop) for part in (b"a" * 5000, b"b" * 5000)]
    stored = join(members, bench.workshop)
    workshop = holding(bench, [member.digest for member in members])

    assert join(members, workshop) == stored
    assert workshop.blobs.has(stored.digest)


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b"7"])
def test_a_record_of_joined_members_that_is_none_is_refused(record: bytes) -> None:
    with pytest.raises(FormatError, match="the record of a joined layer"):
        Stored.from_bytes(record)
