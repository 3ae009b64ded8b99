"""Layers that any reader, however strict, unpacks to the same files, and those that only some do."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.path import ImagePath
from bareboat.oci.validate_layer import Kinds, LayerReport, validate_layer_tar
from tests.makers.image import make_tar

FOLDER, FILE, LINK, SYMLINK = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE
Entry = tuple[str, bytes, str, bytes]


def folder(name: str) -> Entry:
    return name, FOLDER, "", b""


def file(name: str, data: bytes = b"") -> Entry:
    return name, FILE, "", data


def tar_of(entries: Sequence[Entry]) -> bytes:
    """The entries exactly as named: the standard library would take slashes away."""
    stream = b""
    for name, kind, link, data in entries:
        info = tarfile.TarInfo("x" * len(name))
        info.type, info.linkname, info.size = kind, link, len(data)
        header = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
        header[0:100] = name.encode("utf-8", "surrogateescape").ljust(100, b"\0")
        header[148:156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * 32)
        stream += bytes(header) + data + bytes(-len(data) % 512)
    return stream + bytes(1024)


def judge(data: bytes, below: Kinds | None = None) -> LayerReport:
    return validate_layer_tar(io.BytesIO(data), below=below)


def said(report: LayerReport) -> list[str]:
    return [str(problem) for problem in report.problems]


def test_a_plain_layer_is_well_and_sorted() -> None:
    report = judge(make_tar({"usr/bin/x": b"y" * 1000, "etc/x": b"", "lib": b"-> usr/lib", "usr/lib/": b""}), below={})
    assert report.problems == ()
    assert (report.entries, report.is_sorted) == (7, True)
    assert dict(report.kinds) == {
        "etc": "5", "etc/x": "0", "lib": "2", "usr": "5", "usr/bin": "5", "usr/bin/x": "0", "usr/lib": "5",
    }


FAULTS: list[tuple[str, list[Entry], list[str]]] = [
    ("dotted throughout", [folder("./"), folder("./a/"), file("./a/b")], []),
    ("root in short", [folder("."), folder("a"), file("a/b")], []),
    ("absolute", [file("/a")], ['path: "/a" is an absolute path']),
    ("climbing", [file("a/../../b")], ['path: "a/../../b" would leave the image']),
    ("not utf-8", [file("\udcff")], [r"path: '\udcff' is not valid UTF-8"]),
    ("mixed", [folder("./a/"), file("b")], ['"b" begins with "./" or not, unlike the entries before it']),
    ("long way round", [folder("a"), file("a//b")], ['"a/b" is written as "a//b"']),
    ("file with a slash", [file("a/")], ['"a" is written as "a/"']),
    ("twice", [file("a"), file("a")], ['"a" is there twice']),
    ("twice, spelled otherwise", [folder("a"), folder("a/")], ['"a" is there twice']),
    ("parent last", [file("a/b"), folder("a")], ['"a" stands behind what it holds']),
    ("below a file", [file("a"), file("a/b")], ['"a/b" stands in "a", which is no folder']),
    ("below a link", [("a", SYMLINK, "c", b""), file("a/b")], ['"a/b" stands in "a", which is no folder']),
    ("sparse", [("a", b"S", "", b"")], ['"a" has the type "S", which not every reader knows']),
    ("vendor's own", [("a", b"Z", "", b"")], ['"a" has the type "Z", which not every reader knows']),
    ("hard link", [file("a"), ("b", LINK, "a", b"")], []),
    (
        "hard link before its file",
        [("a", LINK, "b", b""), file("b")],
        ['"a" is a hard link to "b", which is no file before it in this layer'],
    ),
    ("hard link out", [("a", LINK, "../b", b"")], ['"a": "../b" would leave the image']),
    ("link to nowhere", [("a", SYMLINK, "", b"")], ['"a" is a link to nowhere']),
    ("whiteout with contents", [file(".wh.a", b"x")], ['".wh.a" is a whiteout and must be an empty file']),
    ("root as file", [file(".")], ['"." must be a folder']),
]


@pytest.mark.parametrize(("entries", "expected"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_faults(entries: list[Entry], expected: list[str]) -> None:
    assert said(judge(tar_of(entries))) == [f"layer: {message}" for message in expected]


WHOLE = tar_of([file("a", b"x" * 600)])
BROKEN = [
    pytest.param(b"", "it ends too early", id="nothing"),
    pytest.param(WHOLE[:700], "it ends too early", id="cut in contents"),
    pytest.param(WHOLE[:-1024], "it ends too early", id="no end"),
    pytest.param(WHOLE[:-512], "it ends too early", id="half an end"),
    pytest.param(b"x" * 2048, "a header has a number that is not octal", id="no header"),
    pytest.param(b"b" + WHOLE[1:], "a header has a wrong checksum", id="damaged name"),
    pytest.param(WHOLE + WHOLE, "entries stand behind its end, readers would miss them", id="two tars in a row"),
    pytest.param(WHOLE[:-512] + WHOLE, "a block of zeros stands between entries, readers would stop there", id="gap"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_a_broken_tar_says_how(data: bytes, message: str) -> None:
    """Two tars in a row are what members that end their archive would make: most readers stop at the first end."""
    assert said(judge(data)) == [f"layer: cannot read as tar: {message}"]


def test_any_padding_behind_the_end_is_well() -> None:
    assert judge(WHOLE + bytes(10240)).problems == ()


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_links_are_read_in_both_dialects(style: int) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=style) as archive:
        for name, kind in ((f"{'d' * 150}", FOLDER), (f"{'d' * 150}/{'ä' * 100}", SYMLINK)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "t" * 200 if kind == SYMLINK else ""
            archive.addfile(info)
    report = judge(stream.getvalue(), below={})
    assert said(report) == []
    assert dict(report.kinds) == {"d" * 150: "5", f"{'d' * 150}/{'ä' * 100}": "2"}


def test_an_extended_header_beyond_the_limit_is_refused() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = b"x", 2**40
    assert said(judge(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))) == [
        "layer: cannot read as tar: extended headers have 1099511627776 bytes"
    ]


@pytest.mark.parametrize("record", [b"5 a=b\n", b"99 a=b\n", b"x", b"6 ab\n\n", b"0 a=b\n", b"6 a=bc"])
def test_a_broken_extended_header_is_refused(record: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = b"x", len(record)
    data = info.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512) + WHOLE
    assert said(judge(data))[0].startswith("layer: cannot read as tar: an extended header has a record")


def test_order_is_reported_but_no_fault() -> None:
    assert judge(tar_of([file("b"), file("a")])).is_sorted is False
    assert judge(tar_of([file("b"), file("a")])).problems == ()


BELOW = {ImagePath("a"): "5", ImagePath("a/b"): "5", ImagePath("a/b/c"): "0", ImagePath("l"): "2"}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([], ["a", "a/b", "a/b/c", "l"], id="nothing changes"),
        pytest.param([file("a/d")], ["a", "a/b", "a/b/c", "a/d", "l"], id="into a folder below"),
        pytest.param([file("a/.wh.b")], ["a", "l"], id="whiteout"),
        pytest.param([folder("a"), file("a/.wh..wh..opq"), file("a/n")], ["a", "a/n", "l"], id="opaque whiteout"),
        pytest.param([folder("a"), file("a/n"), file("a/.wh..wh..opq")], ["a", "a/n", "l"], id="opaque whiteout last"),
        pytest.param([file("a/b")], ["a", "a/b", "l"], id="a file where a folder was"),
        pytest.param([file(".wh.l")], ["a", "a/b", "a/b/c"], id="whiteout at the root"),
    ],
)
def test_a_layer_is_put_upon_those_below(entries: list[Entry], expected: list[str]) -> None:
    report = judge(tar_of(entries), below=BELOW)
    assert said(report) == []
    assert sorted(report.kinds) == expected


def test_a_layer_may_not_write_through_a_link_or_into_nothing_below_it() -> None:
    report = judge(tar_of([file("l/x"), file("n/x")]), below=BELOW)
    assert said(report) == [
        'layer: "l/x" stands in "l", which is no folder',
        'layer: "n/x" stands in "n", which no entry before it makes',
    ]


@given(st.binary(max_size=2000) | st.binary(max_size=40).map(lambda noise: noise + WHOLE[len(noise) :]))
def test_any_bytes_are_judged(data: bytes) -> None:
    judge(data)


paths = st.from_regex(r"[a-c]{1,2}(/[d-f]{1,2}){0,2}", fullmatch=True)


@given(st.dictionaries(paths, st.binary(max_size=3), max_size=6))
def test_what_the_maker_makes_has_no_fault(files: dict[str, bytes]) -> None:
    plain = {path: data for path, data in files.items() if not any(other.startswith(path + "/") for other in files)}
    assert judge(make_tar(plain), below={}).problems == ()
