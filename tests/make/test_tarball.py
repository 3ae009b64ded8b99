"""What we write as tar, others read: Python's tarfile, GNU tar, and our own strict reader."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import InternalError
from bareboat.base.path import ImagePath
from bareboat.make.tarball import BLOCK, END, entry_bytes, header
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink, file_of
from bareboat.oci.tar_headers import TarHeader, tar_headers

ORIGIN = "package:test"


def archive(*entries: AnyEntry) -> bytes:
    return b"".join(piece for entry in entries for piece in entry_bytes(entry)) + END


def read_back(*entries: AnyEntry) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive(*entries)), errorlevel=2) as found:
        return found.getmembers()


def folder(path: str) -> Directory:
    return Directory(path=ImagePath(path), mode=0o755, origin=ORIGIN)


def link(path: str, target: str) -> Symlink:
    return Symlink(path=ImagePath(path), mode=0o777, target=target, origin=ORIGIN)


LONG_PATHS = [
    "a",
    "a" * 100,
    "a" * 101,
    "/".join(["a" * 50] * 3),
    "/".join(["a" * 100, "b" * 100]),
    f"{'a' * 155}/{'b' * 100}",
    f"{'a' * 156}/{'b' * 100}",
    f"{'a' * 155}/{'b' * 101}",
    "/".join(["a" * 60] * 5),
    "c" * 255,
    "dir/" * 99 + "e",
    "usr/share/Főtanúsítvány.crt",
    "ü" * 49 + "aü",
]


@pytest.mark.parametrize("path", LONG_PATHS, ids=len)
def test_names_of_every_length_come_back(path: str) -> None:
    found = read_back(folder(path), file_of(path, b"data", origin=ORIGIN), link(path, path))

    assert [item.name for item in found] == [path, path, path]
    assert found[2].linkname == path


@pytest.mark.parametrize("length", range(95, 110))
@pytest.mark.parametrize("above", [0, 50, 54, 55, 56, 154, 155, 156])
def test_a_folder_never_has_an_empty_name(length: int, above: int) -> None:
    """POSIX splits at a slash; the one that ends a folder must not be it."""
    path = "/".join(["p" * above, "n" * length]).lstrip("/")

    block = header(folder(path))[-BLOCK:]

    assert block[0] != 0
    assert [item.name for item in read_back(folder(path))] == [path]


def test_ordinary_entries_need_no_extended_header() -> None:
    path = "/".join(["a" * 100, "b" * 100])

    assert len(header(file_of(path, b"", origin=ORIGIN))) == BLOCK


def test_owners_are_numbers_and_names_are_empty() -> None:
    (found,) = read_back(file_of("a", b"x", origin=ORIGIN, mode=0o4711, uid=65532, gid=50, mtime=Epoch(1_700_000_000)))

    assert (found.uid, found.gid, found.uname, found.gname) == (65532, 50, "", "")
    assert (found.mode, found.mtime, found.size) == (0o4711, 1_700_000_000, 1)


@pytest.mark.parametrize("uid", [0, 2097151, 2097152, 2**32 - 2])
def test_owners_of_every_size_come_back(uid: int) -> None:
    (found,) = read_back(file_of("a", b"", origin=ORIGIN, uid=uid, gid=uid))

    assert (found.uid, found.gid) == (uid, uid)


@pytest.mark.parametrize("mtime", [0, 8**11 - 1, 8**11, 253_402_300_799])
def test_times_of_every_size_come_back(mtime: int) -> None:
    (found,) = read_back(file_of("a", b"", origin=ORIGIN, mtime=Epoch(mtime)))

    assert found.mtime == mtime


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 2**40])
def test_sizes_beyond_octal_are_said_in_an_extended_header(size: int) -> None:
    file = File(path=ImagePath("a"), mode=0o644, origin=ORIGIN, size=size, digest=Digest.of(b""))

    with tarfile.open(fileobj=io.BytesIO(header(file)), mode="r|") as found:
        first = found.next()

    assert first is not None
    assert first.size == size


def test_extended_attributes_are_those_of_star() -> None:
    capability = bytes.fromhex("0100000200200000000000000000000000000000")
    base = file_of("a", b"", origin=ORIGIN)
    file = File(
        path=base.path, mode=base.mode, origin=ORIGIN, size=0, digest=base.digest,
        xattrs=(("security.capability", capability), ("user.text", b"two\nlines=x")),
    )  # fmt: skip

    (found,) = read_back(file)

    assert {key: value.encode("utf-8", "surrogateescape") for key, value in found.pax_headers.items()} == {
        "SCHILY.xattr.security.capability": capability,
        "SCHILY.xattr.user.text": b"two\nlines=x",
    }


@pytest.mark.parametrize(("kind", "letter"), [("char", b"3"), ("block", b"4"), ("fifo", b"6")])
def test_devices_come_back(kind: str, letter: bytes) -> None:
    node = Device(path=ImagePath("dev/x"), mode=0o666, origin=ORIGIN, kind=kind, major=4095, minor=1048575)

    (found,) = read_back(node)

    assert (found.type, found.devmajor, found.devminor, found.mode) == (letter, 4095, 1048575, 0o666)


def test_a_hard_link_names_its_file_and_has_no_content() -> None:
    other = Hardlink(path=ImagePath("b"), mode=0o755, origin=ORIGIN, target=ImagePath("a"))

    found = read_back(file_of("a", b"xyz", origin=ORIGIN), other)

    assert [(item.name, item.type, item.linkname, item.size) for item in found] == [
        ("a", b"0", "", 3), ("b", b"1", "a", 0),
    ]  # fmt: skip


def test_links_may_be_used_by_everybody_whatever_their_mode() -> None:
    odd = Symlink(path=ImagePath("a"), mode=0o600, target="b", origin=ORIGIN)

    assert read_back(odd)[0].mode == 0o777


def test_content_of_another_size_than_said_is_our_fault() -> None:
    with pytest.raises(InternalError, match='"/a" has 2 bytes, not 3'):
        list(entry_bytes(file_of("a", b"abc", origin=ORIGIN), lambda file: b"ab"))


def test_numbers_that_fit_nowhere_are_our_fault() -> None:
    with pytest.raises(InternalError, match="2097152 does not fit into a tar header"):
        header(Device(path=ImagePath("x"), mode=0, origin=ORIGIN, kind="char", major=2097152))


# A law: what goes in comes out, in our own strict reader.

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..")
)
PATHS = st.lists(NAMES, min_size=1, max_size=6).map("/".join)


@dataclass(frozen=True)
class Said:
    name: str
    kind: str
    size: int
    link: str

    @classmethod
    def of(cls, found: TarHeader) -> Said:
        return cls(found.name, found.kind, found.size, found.link)


@st.composite
def entries(draw: st.DrawFn) -> tuple[AnyEntry, Said]:
    path = draw(PATHS)
    kind = draw(st.sampled_from("0125"))
    data = draw(st.binary(max_size=1200)) if kind == "0" else b""
    target = draw(PATHS) if kind in "12" else ""
    uid = draw(st.integers(0, 2**32 - 2))
    place = ImagePath(path)
    made: AnyEntry
    match kind:
        case "0":
            made = file_of(path, data, origin=ORIGIN, uid=uid)
        case "1":
            made = Hardlink(path=place, mode=0o644, origin=ORIGIN, target=ImagePath(target))
        case "2":
            made = link(path, target)
        case _:
            made = folder(path)
    return made, Said(f"{path}/" if kind == "5" else path, kind, len(data), target)


@given(st.lists(entries(), max_size=5))
def test_a_strict_reader_gets_what_was_written(several: list[tuple[AnyEntry, Said]]) -> None:
    data = archive(*(made for made, _ in several))

    assert len(data) % BLOCK == 0
    assert [Said.of(found) for found in tar_headers(io.BytesIO(data))] == [said for _, said in several]


@given(st.lists(entries(), max_size=5))
def test_archives_are_the_sum_of_their_entries(several: list[tuple[AnyEntry, Said]]) -> None:
    """What makes members reusable: a stretch of tar does not depend on what stands before it."""
    alone = [archive(made).removesuffix(END) for made, _ in several]

    assert archive(*(made for made, _ in several)) == b"".join(alone) + END
