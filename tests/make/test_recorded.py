"""Records name the blobs that they stand for."""

from __future__ import annotations

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.make.recorded import blobs_named

ONE, TWO, THREE = (Digest.of(data) for data in (b"1", b"2", b"3"))


def test_a_contribution_names_its_members_and_what_it_kept() -> None:
    record = f'{{"entries":[],"kept":"{THREE}","members":[["{ONE}",1,2],["{TWO}",1,2]]}}'.encode()
    assert blobs_named("contribution", record) == (ONE, TWO, THREE)
    assert blobs_named("contribution", b'{"kept":null,"members":[]}') == ()


def test_other_records_need_no_blob() -> None:
    assert blobs_named("packages-2", b"Package: hello") == ()


@pytest.mark.parametrize("kind", ["layer", "joined", "contribution"])
@pytest.mark.parametrize(
    "record", [b"", b"[]", b"{}", b"7", b'{"kept":7,"members":[]}', b'{"kept":null,"members":[7]}']
)
def test_what_is_no_record_of_its_kind_is_refused(kind: str, record: bytes) -> None:
    with pytest.raises(FormatError):
        blobs_named(kind, record)
