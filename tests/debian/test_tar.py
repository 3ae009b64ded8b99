"""The strictness of the tar reader; that it agrees with others is asked in `tests/oracles`."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.errors import FormatError, LimitError
from bareboat.debian.tar import TarEntry, TarReader
from tests.makers.deb import Entry, directory, file, tar
from tests.makers.refusal import is_read_or_refused_at


def entries(data: bytes, piece: int = 1 << 20) -> list[tuple[TarEntry, bytes]]:
    reader = TarReader((data[start : start + piece] for start in range(0, len(data), piece)), "data.tar")
    found = []
    while (entry := reader.next_entry()) is not None:
        found.append((entry, b"".join(reader.chunks())))
    return found


def changed(data: bytes, start: int, new: bytes) -> bytes:
    """A header with a field changed and its checksum made right again."""
    header = bytearray(data[:512])
    header[start : start + len(new)] = new
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[512:]


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return tar([Entry("pax", records, type=kind)])[: 512 + -(-len(records) // 512) * 512] + tar([file("a", b"hi")])


def record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n".encode()
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length += 1
    return str(length).encode() + body


@given(st.integers(1, 3000), st.binary(max_size=3000), st.text("ab/é", min_size=1, max_size=150))
def test_the_cut_of_the_pieces_does_not_matter(piece: int, content: bytes, name: str) -> None:
    data = tar([directory("d"), file(name, content), file("z", content)])
    assert entries(data, piece) == entries(data)
    assert [content for _, content in entries(data)][1:] == [content, content]


def test_pax_records_win_over_the_header() -> None:
    said = record("path", "./long") + record("mtime", "12.75") + record("uid", "7") + record("gid", "8")
    ((entry, content),) = entries(pax(said + record("SCHILY.xattr.user.b", "2") + record("SCHILY.xattr.user.a", "1")))
    assert entry == TarEntry(
        name="./long", type="0", mode=0o644, uid=7, gid=8, size=2, mtime=12, link="",
        xattrs=(("user.a", b"1"), ("user.b", b"2")),
    )  # fmt: skip
    assert content == b"hi"


def test_global_pax_records_hold_for_all_that_follow() -> None:
    ((entry, _),) = entries(pax(record("mtime", "5"), tarfile.XGLTYPE))
    assert entry.mtime == 5


def test_a_regular_file_whose_name_ends_in_a_slash_is_a_folder() -> None:
    assert [entry.type for entry, _ in entries(tar([Entry("old/")]))] == ["5"]


def test_the_prefix_of_ustar_is_part_of_the_name() -> None:
    name = "p" * 90 + "/" + "n" * 90
    assert [entry.name for entry, _ in entries(tar([Entry(name)], tar_format=tarfile.USTAR_FORMAT))] == [name]


@pytest.mark.parametrize("end", [b"", bytes(512), bytes(1024), bytes(20 * 512)])
def test_zeros_may_follow_the_end(end: bytes) -> None:
    assert len(entries(tar([file("a")])[:512] + bytes(512) + end)) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the archive ends too early"),
        (tar([file("a", b"x" * 600)])[:1100], "the archive ends too early"),
        (tar([file("a")])[:512], "the archive ends too early"),
        (b"x" * 512, "cannot read the tar archive: a header has a number that is not octal"),
        (b"y" + tar([file("a")])[1:], "cannot read the tar archive: a header has the wrong checksum"),
        (tar([file("a")])[:512] + b"x" * 512, "cannot read the tar archive: a header has a number that is not octal"),
        (tar([file("a")]) + b"x", "cannot read the tar archive: something follows its end"),
        (tar([file("a")]) + tar([file("b")]), "cannot read the tar archive: something follows its end"),
        (changed(tar([file("a")]), 156, b"S"), 'cannot read the tar archive: the type "S" is not allowed in a package'),
        (changed(tar([file("a")]), 124, b"0000000001 2"),
         "cannot read the tar archive: a header has a number that is not octal"),
        (changed(tar([file("a")]), 124, b"\xff" * 12),
         "cannot read the tar archive: a header has a number that is not octal"),
        (changed(tar([directory("a")]), 124, b"00000000007\0"),
         'cannot read the tar archive: "./a/" has content though it is no file'),
        (changed(tar([file("a")]), 156, b"L") + bytes(512),
         "cannot read the tar archive: it ends after the header of a long name"),
        (pax(record("GNU.sparse.major", "1")),
         'cannot read the tar archive: "./a" is sparse, which is not allowed in a package'),
        (pax(b"99 path=x\n"), "cannot read the tar archive: a pax header is not sound"),
        (pax(b"0 =\n"), "cannot read the tar archive: a pax header is not sound"),
        (pax(b"x path=y\n"), "cannot read the tar archive: a pax header has a number that cannot be read"),
        (pax(b"9 path=xyz"), "cannot read the tar archive: a pax header is not sound"),
        (pax(record("uid", "-1")), "cannot read the tar archive: a pax header has a number that cannot be read"),
        (pax(record("size", "9" * 19)), "cannot read the tar archive: a pax header has a number that cannot be read"),
    ],
)  # fmt: skip
def test_a_damaged_archive_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        entries(data)
    assert caught.value.message == f"data.tar: {message}"


def test_a_header_that_is_no_header_is_not_the_end_of_the_archive() -> None:
    """The standard library's reader stops here without a word, and loses what follows."""
    data = tar([file("a")])[:512] + b"\1" + tar([file("b")])[1:]
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|") as archive:
        assert archive.getnames() == ["./a"]
    with pytest.raises(FormatError, match="wrong checksum"):
        entries(data)


def test_names_are_not_endless() -> None:
    header = changed(tar([file("a")]), 124, b"77777777777\0")
    with pytest.raises(LimitError, match="cannot read tar headers of more than 1048576 bytes"):
        entries(changed(header, 156, b"x"))


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert is_read_or_refused_at("data.tar: ", lambda: entries(data))
    assert is_read_or_refused_at("data.tar: ", lambda: entries(pax(data)))
