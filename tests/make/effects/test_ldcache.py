"""The loader's cache: which libraries are in it, and in which order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.epoch import ZERO
from bareboat.base.platform import ARCHITECTURES, Architecture, architecture
from bareboat.make.effects import ldcache
from bareboat.make.effects.ldcache_conf import library_folders
from bareboat.make.effects.ldcache_file import Library, cache_file, version_key
from bareboat.make.elf import ElfFacts
from bareboat.make.tree import Tree
from tests.makers.elf import make_library
from tests.makers.ldcache import Record, read_cache
from tests.makers.tree import contents, links, make_tree

AMD64 = architecture("amd64")
GNU = "usr/lib/x86_64-linux-gnu"
MERGED = {"lib": "-> usr/lib", "usr/lib": None, GNU: None}
FLOATS = {"arm": 0x05000400, "riscv64": 0x5, "loong64": 0x43}  # e_flags of Debian's libraries there


def _library(soname: str | None, arch: Architecture = AMD64) -> ElfFacts:
    return make_library(
        soname, bits=arch.elf_bits, little_endian=arch.little_endian, machine=arch.elf_machine,
        flags=FLOATS.get(arch.oci, 0),
    )


def _records(tree: Tree, arch: Architecture = AMD64) -> list[Record]:
    made = ldcache.entries(tree, arch, moment=ZERO)
    return read_cache(contents(made)["etc/ld.so.cache"])[0]


def _found(paths: dict[str, object], arch: Architecture = AMD64) -> list[str]:
    """`soname path` of every record of a tree with merged /usr."""
    return [f"{record.soname} {record.path}" for record in _records(make_tree({**MERGED, **paths}), arch)]


@pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)
def test_every_architecture_has_its_flags_folder_and_byte_order(arch: Architecture) -> None:
    tree = make_tree({"lib": "-> usr/lib", f"usr/lib/{arch.gnu}/libz.so.1": _library("libz.so.1", arch)})
    made = contents(ldcache.entries(tree, arch, moment=ZERO))["etc/ld.so.cache"]
    assert made[28] == (2 if arch.little_endian else 3)
    assert read_cache(made) == (
        [Record("libz.so.1", f"/lib/{arch.gnu}/libz.so.1", arch.cache_flags)], "bareboat",
    )


@pytest.mark.parametrize(
    ("arch", "facts", "flags"),
    [
        ("amd64", make_library("libx.so.1", bits=32, machine=3), 0x0003),
        ("amd64", make_library("libx.so.1", bits=32, machine=62), 0x0803),
        ("amd64", make_library("libx.so.1", bits=64, machine=183), None),
        ("amd64", make_library("libx.so.1", little_endian=False), None),
        ("arm64", make_library("libx.so.1", machine=62), None),
        ("arm", make_library("libx.so.1", bits=32, machine=40, flags=0x05000400), 0x0903),
        ("arm", make_library("libx.so.1", bits=32, machine=40, flags=0x05000200), None),
        ("arm", make_library("libx.so.1", bits=32, machine=40, flags=0x05000000), 0x0003),
        ("riscv64", make_library("libx.so.1", machine=243, flags=0x5), 0x1003),
        ("riscv64", make_library("libx.so.1", machine=243, flags=0x1), None),
        ("loong64", make_library("libx.so.1", machine=258, flags=0x41), None),
    ],
)
def test_only_libraries_that_a_loader_could_load_are_listed(arch: str, facts: ElfFacts, flags: int | None) -> None:
    records = _records(make_tree({"usr/lib/libx.so.1": facts}), architecture(arch))
    assert [record.flags for record in records] == ([] if flags is None else [flags])


def test_a_library_is_listed_by_its_soname_with_the_link_that_serves_it() -> None:
    assert _found({f"{GNU}/libz.so.1": "-> libz.so.1.3", f"{GNU}/libz.so.1.3": _library("libz.so.1")}) == [
        "libz.so.1 /lib/x86_64-linux-gnu/libz.so.1"
    ]


def test_a_missing_soname_link_is_made() -> None:
    tree = make_tree({**MERGED, f"{GNU}/libz.so.1.3": _library("libz.so.1"), f"{GNU}/libz.so": "-> libz.so.1.3"})
    assert links(ldcache.entries(tree, AMD64, moment=ZERO)) == {f"{GNU}/libz.so.1": "libz.so.1.3"}


@pytest.mark.parametrize(
    ("paths", "made"),
    [
        ({"libz.so.1": "-> libz.so.1.3"}, {}),
        ({"libz.so.1": "-> ./libz.so.1.3"}, {}),
        ({"libz.so.1": "-> libz.so.1.2"}, {f"{GNU}/libz.so.1": "libz.so.1.3"}),
        ({"libz.so.1": "-> nowhere"}, {f"{GNU}/libz.so.1": "libz.so.1.3"}),
        ({"libz.so.1": _library("libz.so.1")}, {}),
    ],
)
def test_a_soname_link_is_turned_to_the_newest_but_no_file_is_replaced(
    paths: dict[str, object], made: dict[str, str]
) -> None:
    files = {"libz.so.1.2": _library("libz.so.1"), "libz.so.1.3": _library("libz.so.1"), **paths}
    tree = make_tree({**MERGED, **{f"{GNU}/{name}": what for name, what in files.items()}})
    assert links(ldcache.entries(tree, AMD64, moment=ZERO)) == made


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ({"libz.so": "-> libz.so.1", "libz.so.1": _library("libz.so.1")}, ["libz.so.1", "libz.so"]),
        ({"libplain.so": _library(None)}, ["libplain.so"]),
        ({"ld-linux-x86-64.so.2": _library("ld-linux-x86-64.so.2")}, ["ld-linux-x86-64.so.2"]),
        ({"ld64.so.1": _library("ld64.so.1")}, ["ld64.so.1"]),
        ({"plugin.so": _library("plugin.so")}, []),
        ({"libz.a": _library("libz.so.1")}, []),
        ({"libz.so.1.dpkg-new": _library("libz.so.1")}, []),
        ({"libc.so": b"/* GNU ld script */"}, []),
        ({"libz.so.1": "-> nowhere"}, []),
        ({"libz.so.1": None}, []),
        ({"libdir.so": "-> ."}, []),
        ({"libevil.so.1": _library("../../../etc/passwd")}, ["libevil.so.1"]),
        ({"libdots.so.1": _library("..")}, ["libdots.so.1"]),
        ({"libhard.so.1": f"= {GNU}/real", "real": _library("libhard.so.1")}, ["libhard.so.1"]),
        ({"libother.so.1": "-> libz.so.1", "libz.so.1": _library("libz.so.1")}, ["libz.so.1"]),
    ],
)
def test_what_counts_as_a_library_is_decided_as_ldconfig_does(paths: dict[str, object], found: list[str]) -> None:
    wanted = [f"{name} /lib/x86_64-linux-gnu/{name}" for name in found]
    assert _found({f"{GNU}/{name}": what for name, what in paths.items()}) == wanted


CONF = {
    "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n# none\n\n/opt/lib/  # ours\n",
    "etc/ld.so.conf.d/b.conf": b"/usr/local/lib\n/opt/missing\nhwcap 0 nosegneg\n",
    "etc/ld.so.conf.d/a.conf": b"include more/[xy].conf\n/usr/lib/x86_64-linux-gnu\n",
    "etc/ld.so.conf.d/.hidden.conf": b"/hidden\n",
    "etc/ld.so.conf.d/note.txt": b"/note\n",
    "etc/ld.so.conf.d/more/x.conf": b"/x=libc6\ninclude /etc/ld.so.conf\n",
    **dict.fromkeys(["hidden", "note", "x", "opt/lib", "usr/local/lib"]),
}


def test_folders_come_in_the_order_of_the_configuration_then_those_built_in() -> None:
    assert library_folders(make_tree({**MERGED, **CONF}), AMD64) == (
        "x", "usr/lib/x86_64-linux-gnu", "usr/local/lib", "opt/lib", "lib",
    )


def test_without_a_configuration_debians_folders_are_built_in() -> None:
    split = make_tree(dict.fromkeys(["lib", "lib/x86_64-linux-gnu", "usr/lib", GNU]))
    assert library_folders(split, AMD64) == ("lib/x86_64-linux-gnu", GNU, "lib", "usr/lib")
    assert library_folders(make_tree(MERGED), AMD64) == ("lib/x86_64-linux-gnu", "lib")
    assert library_folders(Tree(), AMD64) == ()


def test_of_the_same_soname_the_first_folder_comes_first() -> None:
    paths = {**CONF, "opt/lib/libz.so.1": _library("libz.so.1"), "usr/local/lib/libz.so.1": _library("libz.so.1")}
    assert _found(paths) == ["libz.so.1 /usr/local/lib/libz.so.1", "libz.so.1 /opt/lib/libz.so.1"]


def test_faster_builds_stand_before_the_plain_one() -> None:
    tree = make_tree({
        **MERGED,
        f"{GNU}/libz.so.1": _library("libz.so.1"),
        f"{GNU}/glibc-hwcaps/x86-64-v3/libz.so.1.3": _library("libz.so.1"),
        f"{GNU}/glibc-hwcaps/x86-64-v2/libz.so.1": "-> libz.so.1.3",
        f"{GNU}/glibc-hwcaps/x86-64-v2/libz.so.1.3": _library("libz.so.1"),
        f"{GNU}/glibc-hwcaps/x86-64-v4": None,
    })
    folder = "/lib/x86_64-linux-gnu"
    assert _records(tree) == [
        Record("libz.so.1", f"{folder}/glibc-hwcaps/x86-64-v2/libz.so.1.3", 0x303, "x86-64-v2"),
        Record("libz.so.1", f"{folder}/glibc-hwcaps/x86-64-v3/libz.so.1.3", 0x303, "x86-64-v3"),
        Record("libz.so.1", f"{folder}/libz.so.1", 0x303),
    ]
    assert links(ldcache.entries(tree, AMD64, moment=ZERO)) == {}


def test_an_image_without_libraries_has_an_empty_cache() -> None:
    assert _records(Tree()) == []


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("libz.so.1.2", "libz.so.1.10"),
        ("libz.so.9", "libz.so.10"),
        ("libz.so", "libz.so.1"),
        ("liba.so.9", "libb.so.1"),
        ("libx.so.1", "libx1.so.1"),  # a digit is higher than anything else
        ("libZ.so.1", "libz.so.1"),
        ("libx-a.so", "libx-2.so"),
    ],
)
def test_names_are_compared_as_glibc_compares_them(lower: str, higher: str) -> None:
    assert version_key(lower) < version_key(higher)


def test_leading_zeros_do_not_count() -> None:
    assert version_key("libx.so.01") == version_key("libx.so.1")


SONAMES = st.from_regex(r"lib[a-c]{0,2}[0-9]{0,2}\.so(\.[0-9]{1,2}){0,2}", fullmatch=True)
LIBRARIES = st.lists(
    st.builds(
        Library, SONAMES, SONAMES.map(lambda name: f"/lib/{name}"), st.sampled_from([0x3, 0x303, 0x803]),
        st.none() | st.sampled_from(["v2", "v3"]),
    ),
    max_size=12,
)


@given(libraries=LIBRARIES, little_endian=st.booleans(), generator=st.text("abc ", max_size=9))
def test_every_library_that_was_written_is_read(
    libraries: list[Library], little_endian: bool, generator: str
) -> None:
    records, who = read_cache(cache_file(libraries, little_endian=little_endian, generator=generator))
    wanted = [Record(one.soname, one.path, one.flags, one.level) for one in libraries]
    assert who == generator
    assert sorted(map(repr, records)) == sorted(map(repr, wanted))
    keys = [version_key(record.soname) for record in records]
    assert keys == sorted(keys, reverse=True)


def test_names_that_glibc_takes_for_equal_have_one_order() -> None:
    two = [Library("lib0.so", "/lib/lib0.so", 3), Library("lib00.so", "/lib/lib00.so", 3)]

    assert cache_file(two, little_endian=True) == cache_file(two[::-1], little_endian=True)


@given(libraries=LIBRARIES, seed=st.integers())
def test_a_text_that_ends_another_is_not_written_twice(libraries: list[Library], seed: int) -> None:
    unique = list({(one.soname, one.level): one for one in libraries}.values())
    shuffled = random.Random(seed).sample(unique, len(unique))
    assert cache_file(shuffled, little_endian=True) == cache_file(unique, little_endian=True)
    one = Library("libz.so.1", "/lib/libz.so.1", 0x303)
    assert cache_file([one], little_endian=True).count(b"libz.so.1") == 1
