"""What servers, archives and machines may say to take time or memory, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.errors import FormatError, LimitError, UsageError
from bareboat.store.answer import looks_like_html
from bareboat.store.apt_proxy import proxies_of
from bareboat.store.apt_sources import deb822_sources, machine_sources
from bareboat.store.archived import OciArchive
from bareboat.store.npm import registry_from
from tests.makers.layers import file, make_raw_tar


def test_a_page_of_comments_alone_is_no_page() -> None:
    """Where each comment could end at any of many ends, all ways would be tried."""
    assert not looks_like_html(b"<!---->" * 72)
    assert looks_like_html(b"<!-- a --> <!-- b -->\n<html>")


def test_a_setting_of_many_beginnings_is_kept_as_it_is() -> None:
    url = "https://mirror.example/" + "${" * 200_000
    assert registry_from({}, [f"registry={url}"]).url == url + "/"
    assert registry_from({"A": "b"}, ["registry=https://mirror.example/${${A}"]).url == "https://mirror.example/${b/"


def test_a_comment_or_a_text_without_an_end_ends_with_the_file() -> None:
    said = 'Acquire::http::Proxy "http://127.0.0.1:3142";\n'
    for rest in ("/*" * 100_000, '"' + '\\"' * 100_000, '"' + "\\"):
        assert proxies_of(said + rest) == {"http": "http://127.0.0.1:3142"}


def test_a_field_of_many_lines_is_one_text() -> None:
    (source,) = deb822_sources("Types: deb\nSigned-By:\n" + " x\n" * 50_000)
    assert source.signed_by == "\n".join(["x"] * 50_000)


def test_a_list_of_mirrors_whose_name_no_file_can_have_lists_none(tmp_path: Path) -> None:
    apt = tmp_path / "etc/apt"
    apt.mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text("ID=debian\n", encoding="utf-8")
    (apt / "sources.list").write_text("deb mirror+file:/etc/%00 trixie main\n", encoding="utf-8")
    assert [source.urls for source in machine_sources(tmp_path)] == [()]


def extended(count: int) -> bytes:
    """A tar with one entry behind `count` extended headers."""
    whole = make_raw_tar([file("oci-layout", records={"comment": "c" * 100})])
    return whole[:1024] * count + whole[1024:]


def test_many_extended_headers_before_an_entry_are_no_depth(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(extended(5_000))
    with pytest.raises(FormatError, match=r"imageLayoutVersion|cannot read as JSON"):
        OciArchive.at(tmp_path / "x.tar")


def test_an_extended_header_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    header = bytearray(extended(1)[:512])
    header[124:136] = b"77777777777\0"
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    with (tmp_path / "x.tar").open("wb") as stream:
        stream.write(header)
        stream.truncate(8 << 30)  # a file of holes
    with pytest.raises((LimitError, UsageError), match=r"x\.tar"):
        OciArchive.at(tmp_path / "x.tar")
