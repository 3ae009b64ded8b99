"""Packages and indexes that are made to take time or memory are read or refused like any others.

No time is measured: where one of these claims fails, its test does not end, or the machine's memory does.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator

import pytest

from bareboat.base.epoch import LATEST, format_rfc3339, parse_rfc2822, parse_rfc3339
from bareboat.base.errors import FormatError, LimitError
from bareboat.debian.deb import read_deb
from bareboat.debian.index import PackageIndex
from bareboat.debian.inflate import Limits, inflated
from bareboat.debian.relation import parse_relations
from bareboat.debian.tar import TarReader
from tests.makers import deb
from tests.makers.layers import file, make_raw_tar


def test_a_field_of_many_alternatives_is_one_group() -> None:
    (group,) = parse_relations("a|" * 200_000 + "a", "Depends")
    assert len(group.alternatives) == 200_001


@pytest.mark.parametrize("text", ["a |", "a | ", "a|b|\n", "a, b |"])
def test_an_alternative_that_is_missing_is_told(text: str) -> None:
    with pytest.raises(FormatError, match="expected a package name"):
        parse_relations(text, "Depends")


@pytest.mark.parametrize(
    ("compression", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_many_streams_without_content_are_read_one_after_the_other(
    compression: str, compress: Callable[[bytes], bytes]
) -> None:
    data = compress(b"") * 30_000 + compress(b"the end")
    assert b"".join(inflated([data], compression, "x", Limits())) == b"the end"


@pytest.mark.parametrize("text", [" Package: a\n", "Package: c\n\n Package: a\n", "\n\t\n\tPackage: a\n"])
def test_a_stanza_that_begins_as_if_it_went_on_is_refused(text: str) -> None:
    """What is kept of an index leaves out what nobody can read: the two would have other packages."""
    with pytest.raises(FormatError, match="does not name its package"):
        PackageIndex.parse(text.encode(), "Packages")


def extended_headers(kind: bytes) -> Iterator[bytes]:
    """Headers with ever new records and no entry behind them, without an end."""
    header = bytearray(make_raw_tar([file("x", records={"k0000000": "v" * 400})])[:1024])
    header[156:157] = kind
    number = 0
    while True:
        number += 1
        header[512 + 4 : 512 + 12] = b"%08d" % number
        header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
        yield bytes(header)


@pytest.mark.parametrize("kind", [b"x", b"g"])
def test_extended_headers_of_one_entry_have_an_end_together(kind: bytes) -> None:
    with pytest.raises(LimitError, match="cannot read tar headers of more than 1048576 bytes"):
        TarReader(extended_headers(kind), "x").next_entry()


def test_a_path_that_linux_could_not_have_is_refused() -> None:
    data = deb.make_deb("a", entries=[deb.file("a/" * 200_000 + "f")], parents=False, compression="none")
    with pytest.raises(LimitError, match="is longer than Linux allows"), read_deb(io.BytesIO(data), "x.deb") as package:
        list(package.members())


def test_the_names_of_folders_are_not_endless() -> None:
    """Each of these paths stands in two thousand folders that no other one has."""
    entries = [deb.file(f"{number}/" + "a/" * 2000 + "f") for number in range(64)]
    data = deb.make_deb("a", entries=entries, parents=False, compression="none", tar_format=tarfile.PAX_FORMAT)
    with pytest.raises(LimitError, match="the names of its folders"), read_deb(io.BytesIO(data), "x.deb") as package:
        list(package.members())


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_rfc3339, "9999-12-31T23:59:59-23:59"),
        (parse_rfc3339, "0001-01-01T00:00:00+23:59"),
        (parse_rfc2822, "Fri, 31 Dec 9999 23:59:59 -2359"),
    ],
)
def test_a_date_that_cannot_be_written_again_is_none(read: Callable[[str], int], text: str) -> None:
    with pytest.raises(FormatError, match="cannot read a"):
        read(text)


def test_the_last_date_is_one() -> None:
    assert format_rfc3339(parse_rfc3339("9999-12-31T23:59:59Z")) == format_rfc3339(LATEST)
