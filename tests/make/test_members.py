"""Members: bounded stretches of tar that are together the whole."""

from __future__ import annotations

import pytest

from bareboat.base.errors import FormatError
from bareboat.make.compress import MEMBER_BYTES
from bareboat.make.entry_record import entry_fields, entry_of
from bareboat.make.members import add_members, stretches
from bareboat.make.tarball import BLOCK, entry_bytes, kept_content
from bareboat.make.tree import file_of
from bareboat.store.blobs import read
from tests.makers.bench import Bench

ORIGIN = "package:test"


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ([], []),
        ([0], [BLOCK]),
        ([MEMBER_BYTES - BLOCK], [MEMBER_BYTES]),
        ([MEMBER_BYTES - BLOCK, 0], [MEMBER_BYTES, BLOCK]),
        ([MEMBER_BYTES - BLOCK + 1], [MEMBER_BYTES, BLOCK]),
        ([2 * MEMBER_BYTES, 5, 5], [MEMBER_BYTES, MEMBER_BYTES, 5 * BLOCK]),
    ],
)
def test_no_member_is_larger_than_said_and_none_is_empty(sizes: list[int], lengths: list[int]) -> None:
    files = [file_of(f"f{number}", bytes(size), origin=ORIGIN) for number, size in enumerate(sizes)]

    pieces = list(stretches(files, kept_content))

    assert [len(piece) for piece in pieces] == lengths
    assert b"".join(pieces) == b"".join(part for file in files for part in entry_bytes(file))


def test_members_are_stored_compressed_with_both_sizes() -> None:
    bench = Bench()

    (member,) = add_members([file_of("a", b"x" * 1000, origin=ORIGIN)], bench.workshop)

    assert member.size == len(read(bench.store, member.digest))
    assert member.unpacked_size == 3 * BLOCK


@pytest.mark.parametrize(
    "record",
    [[], ["f"], ["x", "a", 0, 0, 0, 0, []], ["f", "a", 0, 0, 0, 0, [], 1, "md5:x", None], ["l", "a", 0, 0, 0, 0, []],
     ["f", "a", 0, 0, 0, 0, [], 0, f"sha256:{'0' * 64}", []], ["d", "a", 0, 0, 0, 0, [["n", "zz"]]]],
)  # fmt: skip
def test_a_record_that_stands_for_no_entry_is_refused(record: list[object]) -> None:
    with pytest.raises(FormatError, match="cannot read"):
        entry_of(record, ORIGIN, {})


def test_an_entry_comes_back_from_its_record_without_its_content() -> None:
    file = file_of("a", b"data", origin=ORIGIN, mode=0o755, uid=1, gid=2)

    assert entry_of(entry_fields(file), ORIGIN, {file.digest: b"data"}) == file
