"""deb(5), and what hostile packages try."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.base.errors import BareboatError, FormatError, InternalError, LimitError, UnsafePathError
from bareboat.base.path import ImagePath
from bareboat.debian.deb import Deb, Kind, Member, read_deb
from bareboat.debian.inflate import Limits
from tests.makers.deb import (
    MTIME,
    Entry,
    ar,
    compress,
    device,
    directory,
    file,
    hardlink,
    make_deb,
    raw_deb,
    symlink,
    tar,
)
from tests.makers.refusal import is_read_or_refused_at

CONTROL = tar([file("control", b"Package: a\n")])


def opened(data: bytes, limits: Limits | None = None) -> Deb:
    return read_deb(io.BytesIO(data), "a.deb", limits or Limits())


def dump(data: bytes) -> list[str]:
    """One line a member."""
    lines = []
    for member in opened(data).members():
        said = f" -> {member.target}" if member.target else f" {member.read()!r}" if member.kind is Kind.file else ""
        lines.append(f"{member.kind} {member.mode:04o} /{member.path}{said}")
    return lines


def hostile(*entries: Entry) -> bytes:
    return make_deb("a", entries=entries, parents=False, compression="none", md5sums=False)


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", "zst", "none"])
def test_every_compression_holds_the_same_members(compression: str) -> None:
    data = make_deb("a", files={"/usr/bin/x": "hi"}, entries=[symlink("usr/y", "bin/x")], compression=compression)
    assert dump(data) == [
        "directory 0755 /",
        "directory 0755 /usr",
        "directory 0755 /usr/bin",
        "file 0755 /usr/bin/x b'hi'",
        "symlink 0777 /usr/y -> bin/x",
    ]


def test_every_kind_of_member_with_all_that_is_said_about_it() -> None:
    entries = [
        directory("d", mode=0o1777, uid=1, gid=2, mtime=3),
        file("d/f", b"\0\xff", mode=0o4755, uid=65534, gid=50, xattrs={"security.capability": b"\1\xff"}),
        symlink("d/s", "../../up"),
        hardlink("d/h", "d/f"),
        hardlink("d/h2", "d/h"),
        device("d/c", "char", 5, 1),
        device("d/b", "block", 8, 0, mode=0o660),
        device("d/p", "fifo"),
    ]
    data = make_deb("a", entries=entries, parents=False)
    assert list(opened(data).members()) == [
        Member(path=ImagePath("d"), kind=Kind.directory, mode=0o1777, uid=1, gid=2, mtime=3),
        Member(
            path=ImagePath("d/f"), kind=Kind.file, mode=0o4755, uid=65534, gid=50, mtime=MTIME, size=2,
            xattrs=(("security.capability", b"\1\xff"),),
        ),
        Member(path=ImagePath("d/s"), kind=Kind.symlink, mode=0o777, mtime=MTIME, target="../../up"),
        Member(path=ImagePath("d/h"), kind=Kind.hardlink, mode=0o644, mtime=MTIME, target="d/f"),
        Member(path=ImagePath("d/h2"), kind=Kind.hardlink, mode=0o644, mtime=MTIME, target="d/h"),
        Member(path=ImagePath("d/c"), kind=Kind.char, mode=0o666, mtime=MTIME, major=5, minor=1),
        Member(path=ImagePath("d/b"), kind=Kind.block, mode=0o660, mtime=MTIME, major=8, minor=0),
        Member(path=ImagePath("d/p"), kind=Kind.fifo, mode=0o666, mtime=MTIME),
    ]  # fmt: skip


def test_the_control_archive_is_kept_as_it_came() -> None:
    deb = opened(
        make_deb(
            "a", files={"/etc/a": "x"}, scripts={"postinst": "#!/bin/sh\n", "prerm": b"\xff"},
            conffiles=["/etc/a", "remove-on-upgrade /etc/b"],
            triggers="interest x\n", control_extra={"X-Odd": "yes"},
        )
    )  # fmt: skip
    assert deb.control.startswith(b"Package: a\nVersion: 1.0\n")
    assert b"X-Odd: yes\n" in deb.control
    assert deb.md5sums == b"9dd4e461268c8034f5c8564e155c67a6  etc/a\n"
    assert dict(deb.scripts) == {"postinst": b"#!/bin/sh\n", "prerm": b"\xff"}
    assert (deb.triggers, deb.conffiles) == (b"interest x\n", (ImagePath("etc/a"),))


def test_what_the_control_archive_does_not_have_is_none_or_empty() -> None:
    deb = opened(make_deb("a", md5sums=False))
    assert (deb.md5sums, dict(deb.scripts), deb.triggers, deb.conffiles) == (None, {}, None, ())


@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_in_every_format(tar_format: int) -> None:
    name = "usr/" + "/".join(["a" * 60] * 3)
    entries = [file(name, b"x"), *([symlink("l", "t" * 99)] if tar_format == tarfile.USTAR_FORMAT else [])]
    entries += [] if tar_format == tarfile.USTAR_FORMAT else [symlink("l", "t" * 300), hardlink("h", name)]
    data = make_deb("a", entries=entries, tar_format=tar_format)
    found = {member.path: member.target for member in opened(data).members()}
    assert name in found
    assert found["l"] in ("t" * 99, "t" * 300)
    assert found.get("h", name) == name


def test_numbers_too_big_for_octal() -> None:
    data = make_deb("a", entries=[replace(file("f"), uid=1 << 30, mtime=1 << 40)])
    member = list(opened(data).members())[-1]
    assert (member.uid, member.mtime) == (1 << 30, 1 << 40)


def test_content_may_be_left_unread_or_read_in_pieces() -> None:
    big = bytes(range(256)) * (1 << 14)
    data = make_deb("a", entries=[file("a", big), file("b", big), file("c", b"c")])
    sizes = {}
    for member in opened(data).members():
        if member.path != "a":
            pieces = [len(piece) for piece in member.chunks()]
            sizes[member.path] = sum(pieces)
            assert max(pieces, default=0) <= 1 << 20
    assert sizes == {"": 0, "b": len(big), "c": 1}


def test_content_that_is_read_too_late_or_twice_is_our_own_fault() -> None:
    members = opened(make_deb("a", entries=[file("a", b"a"), file("b", b"b")], parents=False)).members()
    first = next(members)
    second = next(members)
    with pytest.raises(InternalError, match="after the next entry was asked for"):
        first.read()
    assert second.read() == b"b"
    with pytest.raises(InternalError, match="read twice"):
        second.read()


def test_a_context_ends_the_reading_and_leaves_the_stream_open() -> None:
    stream = io.BytesIO(make_deb("a", files={"/x": "x"}))
    with read_deb(stream, "a.deb") as deb:
        members = deb.members()
        next(members)
    assert list(members) == []
    assert not stream.closed


def test_a_directory_may_come_twice() -> None:
    assert dump(hostile(directory("usr"), directory("usr"))) == ["directory 0755 /usr"] * 2


def test_members_with_an_underscore_are_passed_over_and_later_ones_too() -> None:
    data = ar([
        ("debian-binary", b"2.1\nmore\n"), ("_sig", b"odd"), ("control.tar", CONTROL), ("_gpg", b""),
        ("data.tar/", tar([file("x", b"x")])), ("later", b"x"),
    ])  # fmt: skip
    assert dump(data) == ["file 0644 /x b'x'"]


@pytest.mark.parametrize(
    ("entries", "error", "message"),
    [
        ([Entry("../x")], UnsafePathError, 'a.deb: "../x" would leave the image'),
        ([Entry("./a/../../x")], UnsafePathError, 'a.deb: "./a/../../x" would leave the image'),
        ([Entry("/etc/passwd")], UnsafePathError, 'a.deb: "/etc/passwd" is an absolute path'),
        ([Entry("./\udcff")], UnsafePathError, "a.deb: './\\udcff' is not valid UTF-8"),
        ([symlink("l", "\udcff")], UnsafePathError, "a.deb: \"l\" is a link to '\\udcff', which is no path"),
        ([file("a", b"1"), file("a", b"2")], FormatError, 'a.deb: the package has "a" twice'),
        ([file("a"), directory("a")], FormatError, 'a.deb: the package has "a" twice'),
        ([directory("a"), symlink("a", "b")], FormatError, 'a.deb: the package has "a" twice'),
        ([symlink("a", "/etc"), file("a/b")], UnsafePathError,
         'a.deb: "a/b" leads through "a", a symlink of the same package'),
        ([symlink("a", "/etc"), file("a/b/c")], UnsafePathError,
         'a.deb: "a/b/c" leads through "a", a symlink of the same package'),
        ([symlink("a", "/etc"), directory("a/b")], UnsafePathError,
         'a.deb: "a/b" leads through "a", a symlink of the same package'),
        ([file("a/b"), symlink("a", "/etc")], FormatError, 'a.deb: "a" is a folder and a symlink at once'),
        ([file("a"), file("a/b")], UnsafePathError, 'a.deb: "a/b" leads through "a", a file of the same package'),
        ([Entry(".", type=tarfile.SYMTYPE, link="x")], FormatError, 'a.deb: "" is a folder and a symlink at once'),
        ([hardlink("a", "b")], FormatError, 'a.deb: "a" is a hard link to "b", which is no earlier file'),
        ([hardlink("a", "b"), file("b")], FormatError, 'a.deb: "a" is a hard link to "b", which is no earlier file'),
        ([directory("b"), hardlink("a", "b")], FormatError,
         'a.deb: "a" is a hard link to "b", which is no earlier file'),
        ([symlink("b", "/etc/shadow"), hardlink("a", "b")], FormatError,
         'a.deb: "a" is a hard link to "b", which is no earlier file'),
        ([Entry("./a", type=tarfile.LNKTYPE, link="../b")], UnsafePathError,
         'a.deb: hard link "a": "../b" would leave the image'),
        ([Entry("./a", type=tarfile.LNKTYPE, link="/b")], UnsafePathError,
         'a.deb: hard link "a": "/b" is an absolute path'),
    ],
)  # fmt: skip
def test_a_hostile_path_is_refused(entries: Sequence[Entry], error: type[BareboatError], message: str) -> None:
    with pytest.raises(error) as caught:
        dump(hostile(*entries))
    assert (type(caught.value), caught.value.message) == (error, message)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "a.deb: cannot read as a Debian package: it is not of format 2"),
        ([("debian-binary", b"3.0\n")], "a.deb: cannot read as a Debian package: it is not of format 2"),
        ([("control.tar", CONTROL)], "a.deb: cannot read as a Debian package: it is not of format 2"),
        ([("debian-binary", b"2.0\n")], 'a.deb: expected "control.tar", the package goes on with ""'),
        ([("debian-binary", b"2.0\n"), ("data.tar", CONTROL)],
         'a.deb: expected "control.tar", the package goes on with "data.tar"'),
        ([("debian-binary", b"2.0\n"), ("control.tar", CONTROL), ("control.tar", CONTROL)],
         'a.deb: expected "data.tar", the package goes on with "control.tar"'),
        ([("debian-binary", b"2.0\n"), ("control.tar.rar", CONTROL)],
         'a.deb: expected "control.tar", the package goes on with "control.tar.rar"'),
        ([("debian-binary", b"2.0\n"), ("control.tar", CONTROL)],
         'a.deb: expected "data.tar", the package goes on with ""'),
        ([("debian-binary", b"2.0\n"), ("control.tar", tar([]))], "a.deb: the package has no control file"),
        ([("debian-binary", b"2.0\n"), ("control.tar", tar([file("control"), file("control")]))],
         'a.deb: control.tar has "control" twice'),
        ([("debian-binary", b"2.0\n"), ("control.tar", tar([symlink("control", "/etc/shadow")]))],
         'a.deb: control.tar has "control", which is no file'),
        ([("debian-binary", b"2.0\n"), ("control.tar", CONTROL), ("data.tar", tar([])), ("data.tar", tar([]))],
         'a.deb: the package has a second "data.tar"'),
    ],
)  # fmt: skip
def test_a_package_that_is_put_together_wrongly_is_refused(members: list[tuple[str, bytes]], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        dump(ar(members))
    assert caught.value.message == message


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", "zst", "none"])
def test_a_package_that_ends_too_early_is_refused_wherever_it_was_cut(compression: str) -> None:
    data = make_deb("a", files={"/usr/bin/x": b"some content" * 99}, compression=compression)
    for length in range(0, len(data) - 1, max(1, len(data) // 97)):
        with pytest.raises(FormatError):
            dump(data[:length])


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", "zst"])
def test_compressed_bytes_may_be_several_streams_but_no_rubbish(compression: str) -> None:
    content = tar([file("x", b"x" * 2000)])
    halves = compress(content[:700], compression) + compress(content[700:], compression)
    members = [("debian-binary", b"2.0\n"), ("control.tar", CONTROL)]
    assert dump(ar([*members, (f"data.tar.{compression}", halves)])) == [f"file 0644 /x {b'x' * 2000!r}"]
    with pytest.raises(FormatError):
        dump(ar([*members, (f"data.tar.{compression}", halves + b"rubbish!")]))


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", "zst"])
def test_a_bomb_is_stopped_by_its_size_and_by_its_ratio(compression: str) -> None:
    data = make_deb("a", entries=[file("zeros", bytes(24 << 20))], compression=compression)
    with pytest.raises(LimitError, match="cannot unpack more than 1048576 bytes"):
        drain(data, Limits(max_bytes=1 << 20))
    with pytest.raises(LimitError, match="more than 10 times its size comes out"):
        drain(data, Limits(max_ratio=10, free_bytes=1 << 20))


def drain(data: bytes, limits: Limits) -> int:
    return sum(len(piece) for member in opened(data, limits).members() for piece in member.chunks())


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_package_is_read_or_refused(data: st.DataObject) -> None:
    whole = make_deb("a", files={"/usr/bin/x": b"hi", "/etc/" + "y" * 120: b"z"}, compression="none")
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(min_size=1, max_size=8)) + whole[place + 1 :]
    assert is_read_or_refused_at("a.deb: ", lambda: dump(damaged))


@given(st.binary(max_size=300))
def test_any_bytes_are_no_package(data: bytes) -> None:
    with pytest.raises(FormatError):
        dump(b"!<arch>\n" + data)


def test_raw_archives_can_be_made_for_tests_of_their_own() -> None:
    assert dump(raw_deb(control=CONTROL, data=tar([directory("x")]))) == ["directory 0755 /x"]
