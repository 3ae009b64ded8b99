"""Files of packages and records of the store that are made to take time or memory."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from bareboat.base.errors import FormatError, LimitError
from bareboat.base.path import ImagePath
from bareboat.base.platform import architecture
from bareboat.make.contribution import Contribution
from bareboat.make.effects.der import der
from bareboat.make.effects.ldcache_conf import library_folders
from bareboat.make.effects.scripts import unmodelled
from bareboat.make.elf import read_elf
from bareboat.make.layer import Layer
from bareboat.make.recorded import blobs_named
from bareboat.make.substitute import Words
from bareboat.make.tree import Directory, Tree, file_of

AMD64 = architecture("amd64")


def test_sections_without_an_end_are_lines_like_others() -> None:
    """For each of many beginnings its end would be looked for to the end of the script."""
    begins = b"# Automatically added by dh_python3\n" * 20_000
    end = b"# End automatically added section\n"
    assert unmodelled("x", {"postinst": begins}) == ()
    assert unmodelled("x", {"postinst": begins + b" " + end + b"run\n"}) == (
        'x: what its postinst does is not modelled: "run"',
    )
    assert unmodelled("x", {"postinst": begins + b"run\n" + end + begins + b"exit 0\n"}) == ()


def test_a_text_of_many_beginnings_of_words_is_kept_as_it_is() -> None:
    words = Words(architecture=AMD64, versions={})
    assert words.fill("${arch}" + "${" * 200_000, "here") == "amd64" + "${" * 200_000


def test_an_elf_file_of_many_segments_is_refused() -> None:
    count = 2_000
    header = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
    with pytest.raises(LimitError, match="more than 1024 segments"):
        read_elf(b"\x7fELF\2\1\1" + bytes(9) + header + bytes(56 * count), "x")


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    "read",
    [
        Layer.from_bytes,
        lambda data: Contribution.from_bytes(data, {}),
        lambda data: blobs_named("layer", data),
        lambda data: blobs_named("contribution", data),
    ],
)
def test_a_record_that_is_nested_deeply_is_none(read: Callable[[bytes], object]) -> None:
    for record in (DEEP, b'{"facts": ' + DEEP):
        with pytest.raises(FormatError, match="cannot read the record"):
            read(record)


def configured(**files: str) -> Tree:
    entries = [file_of("etc/ld.so.conf", files.pop("conf").encode(), origin="x")]
    entries += [file_of(f"etc/{name}", text.encode(), origin="x") for name, text in files.items()]
    return Tree.of([*entries, Directory(path=ImagePath("opt"), mode=0o755, origin="x")])


def test_files_of_the_loader_that_include_each_other_have_an_end() -> None:
    chain = {f"n{number}": f"include n{number + 1}\n" for number in range(2_000)}
    with pytest.raises(LimitError, match="more than 16 levels deep"):
        library_folders(configured(conf="include n0", **chain), AMD64)
    assert library_folders(configured(conf="include a\n/opt\n", a="include ld.so.conf a\n"), AMD64) == ("opt",)


@pytest.mark.parametrize("text", ["include " + "a*b " * 2_000, "/opt\n" * 2_000, "include " + "*a" * 5_000])
def test_a_loader_that_is_told_more_than_any_has_folders_is_refused(text: str) -> None:
    with pytest.raises(LimitError, match="names more than 1000 folders, or one of more than 4096 bytes"):
        library_folders(configured(conf=text), AMD64)


def test_a_pattern_of_many_stars_matches_nothing() -> None:
    assert library_folders(configured(conf="include " + "*a" * 100 + "b\n/opt"), AMD64) == ("opt",)


def test_a_value_of_many_parts_is_taken_apart() -> None:
    """What follows each part would be copied."""
    from bareboat.make.effects.der import read_der

    assert len(read_der(der(0x30, b"\x05\x00" * 200_000)).parts()) == 200_000
