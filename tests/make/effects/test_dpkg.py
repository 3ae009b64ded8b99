"""What scanners read of an image's packages is true."""

from __future__ import annotations

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.base.path import ImagePath
from bareboat.make.effects.dpkg import status_entries
from tests.makers.tree import contents, dump

CONTROL = b"Package: libmast1\nVersion: 1.0-1\n"
SUMS = (
    b"00000000000000000000000000000001  bin/mast\n"
    b"00000000000000000000000000000002  usr/share/doc/libmast1/copyright\n"
    b"00000000000000000000000000000003  usr/share/man/man1/mast.1.gz\n"
)
STATUS = "var/lib/dpkg/status.d/libmast1"


def _made(md5sums: bytes | None, stays: list[str], moved: dict[str, str] | None = None) -> dict[str, bytes]:
    made = status_entries(
        "libmast1",
        control=CONTROL,
        md5sums=md5sums,
        stays=frozenset(ImagePath(path) for path in stays),
        moved={ImagePath(old): ImagePath(new) for old, new in (moved or {}).items()},
        moment=Epoch(7),
    )
    assert {(entry.mtime, entry.origin) for entry in made} == {(7, "effect:dpkg")}
    assert [line.split()[0] for line in dump(made)] == ["0644"] * len(made)
    return contents(made)


def test_the_control_file_is_kept_to_the_byte() -> None:
    assert _made(None, []) == {STATUS: CONTROL}


def test_only_files_that_stay_are_listed() -> None:
    made = _made(SUMS, ["bin/mast", "usr/share/doc/libmast1/copyright", "etc/other"])
    assert made[f"{STATUS}.md5sums"] == SUMS[: SUMS.index(b"00000000000000000000000000000003")]


def test_moved_files_are_listed_where_they_are() -> None:
    assert _made(SUMS, ["usr/bin/mast"], {"bin/mast": "usr/bin/mast"}) == {
        STATUS: CONTROL,
        f"{STATUS}.md5sums": b"00000000000000000000000000000001  usr/bin/mast\n",
    }


def test_a_package_of_which_no_file_stays_has_an_empty_list() -> None:
    assert _made(SUMS, [])[f"{STATUS}.md5sums"] == b""


def test_a_list_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(FormatError, match='libmast1: md5sums:1: cannot read "no list"'):
        _made(b"no list\n", [])
