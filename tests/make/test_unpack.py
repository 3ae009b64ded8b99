"""A .deb becomes entries: merged, pruned, moved, its hard links settled; hostile ones end in one sentence."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from bareboat.base.epoch import LATEST
from bareboat.base.errors import BareboatError
from bareboat.base.path import ImagePath
from bareboat.make.contribution import Treatment
from bareboat.make.prune import Pruning
from bareboat.make.tree import File, Hardlink
from bareboat.make.unpack import Unpacked, unpack
from tests.makers.deb import MTIME, Entry, device, directory, file, hardlink, make_deb, symlink
from tests.makers.elf import make_elf, make_library
from tests.makers.tree import dump

PLAIN = Treatment()
UNSOUND = "cannot read as ELF: its class or byte order is unknown"


def unpacked(*entries: Entry, treatment: Treatment = PLAIN, parents: bool = False) -> Unpacked:
    deb = make_deb("pack", entries=entries, parents=parents)
    return unpack(lambda: io.BytesIO(deb), "pack", treatment)


def keeping(*words: str) -> Treatment:
    return Treatment(pruning=Pruning(allowed=words))


def dropping(*globs: str) -> Treatment:
    return Treatment(pruning=Pruning(drop=globs))


def test_entries_are_sorted_and_keep_what_the_package_says() -> None:
    found = unpacked(
        directory("usr", mode=0o750, uid=3, gid=4), file("usr/b", b"two", mode=0o600, uid=1, gid=2),
        symlink("usr/a", "b"),
    )

    assert dump(found.entries) == ["0750 3:4 usr/", "0777 0:0 usr/a -> b", "0600 1:2 usr/b 3 bytes"]
    assert found.contents == {"usr/b": b"two"}
    assert found.moment == MTIME
    assert {entry.origin for entry in found.entries} == {"package:pack"}


def test_paths_below_root_folders_move_into_a_merged_usr() -> None:
    found = unpacked(
        directory("lib"), directory("lib/x"), file("lib/x/a", b"a"), file("bin/sh", b"s"), file("sbin/init", b""),
        file("library/b", b""), symlink("lib64", "usr/lib64"),
    )

    assert dump(found.entries) == [
        "0777 0:0 lib64 -> usr/lib64",
        "0644 0:0 library/b 0 bytes",
        "0644 0:0 usr/bin/sh 1 bytes",
        "0755 0:0 usr/lib/x/",
        "0644 0:0 usr/lib/x/a 1 bytes",
        "0644 0:0 usr/sbin/init 0 bytes",
    ]
    assert found.moved[ImagePath("lib/x/a")] == "usr/lib/x/a"


def test_paths_stay_where_usr_is_not_merged() -> None:
    found = unpacked(directory("lib"), file("lib/a", b"a"), treatment=Treatment(merged_usr=False))

    assert dump(found.entries) == ["0755 0:0 lib/", "0644 0:0 lib/a 1 bytes"]
    assert found.moved == {}


def test_folders_that_become_one_are_one() -> None:
    found = unpacked(directory("lib/x"), directory("usr/lib/x"), file("usr/lib/x/a", b""), file("lib/x/b", b""))

    assert dump(found.entries) == [
        "0755 0:0 usr/lib/x/",
        "0644 0:0 usr/lib/x/a 0 bytes",
        "0644 0:0 usr/lib/x/b 0 bytes",
    ]


def test_a_single_file_moves_after_usr_was_merged() -> None:
    move = ((ImagePath("usr/bin/busybox"), ImagePath("busybox/busybox")),)

    found = unpacked(file("bin/busybox", b"b"), treatment=Treatment(relocate=move))

    assert dump(found.entries) == ["0644 0:0 busybox/busybox 1 bytes"]
    assert found.moved == {"bin/busybox": "busybox/busybox"}


def test_dropped_bytes_are_counted_by_rule() -> None:
    treatment = replace(
        dropping("opt/**"), exclude=(ImagePath("etc/os-release"),), shared=(ImagePath("etc/same"),)
    )

    found = unpacked(
        file("usr/share/man/man1/a.1", b"12345"), file("usr/share/man/man1/b.1", b"12"), file("opt/x", b"1"),
        file("etc/os-release", b"1234"), file("etc/same", b"123"), file("etc/own", b""), treatment=treatment,
    )

    assert found.saved == {"drop": 1, "man": 7, "replaced": 4, "shared": 3}
    assert dump(found.entries) == ["0644 0:0 etc/own 0 bytes"]


def test_the_moment_is_that_of_what_stays() -> None:
    found = unpacked(file("usr/share/man/x", b"", mtime=MTIME + 5), file("usr/a", b"", mtime=MTIME - 5))

    assert found.moment == MTIME - 5


# Hard links.


def test_the_first_name_by_path_is_the_file() -> None:
    found = unpacked(file("usr/m", b"data", mode=0o755), hardlink("usr/z", "usr/m"), hardlink("usr/a", "usr/z"))

    assert dump(found.entries) == ["0755 0:0 usr/a 4 bytes", "0755 0:0 usr/m = usr/a", "0755 0:0 usr/z = usr/a"]
    assert found.contents == {"usr/a": b"data"}


def test_every_name_is_as_the_file_was_whatever_the_header_of_a_link_says() -> None:
    found = unpacked(
        file("usr/m", b"data", mode=0o755, uid=7, gid=8, mtime=MTIME - 9, xattrs={"user.x": b"1"}),
        hardlink("usr/a", "usr/m", mode=0o600),
    )

    first, second = found.entries
    assert isinstance(first, File)
    assert isinstance(second, Hardlink)
    assert (first.mode, first.uid, first.gid, first.mtime) == (0o755, 7, 8, MTIME - 9)
    assert first.xattrs == (("user.x", b"1"),)
    assert (second.mode, second.uid, second.gid, second.mtime) == (0o755, 7, 8, MTIME - 9)


def test_a_link_outlives_a_file_that_is_dropped() -> None:
    found = unpacked(
        file("usr/share/man/x", b"data", mode=0o755), hardlink("usr/b", "usr/share/man/x"),
        hardlink("usr/a", "usr/b"),
    )

    assert dump(found.entries) == ["0755 0:0 usr/a 4 bytes", "0755 0:0 usr/b = usr/a"]
    assert found.contents == {"usr/a": b"data"}


def test_a_link_outlives_a_file_that_something_else_replaces() -> None:
    treatment = Treatment(exclude=(ImagePath("usr/a"),))

    found = unpacked(file("usr/a", b"old"), hardlink("usr/b", "usr/a"), treatment=treatment)

    assert (dump(found.entries), found.contents) == (["0644 0:0 usr/b 3 bytes"], {"usr/b": b"old"})


def test_links_follow_their_file_into_a_merged_usr() -> None:
    found = unpacked(file("bin/perl", b"p", mode=0o755), hardlink("usr/bin/perl5", "bin/perl"))

    assert dump(found.entries) == ["0755 0:0 usr/bin/perl 1 bytes", "0755 0:0 usr/bin/perl5 = usr/bin/perl"]


# ELF.


def test_facts_of_elf_files_are_read() -> None:
    library = make_library("libx.so.1")

    (found,) = unpacked(file("usr/lib/libx.so.1", make_elf(library))).entries

    assert isinstance(found, File)
    assert found.elf == library


def test_an_unsound_elf_file_that_nothing_loads_is_told_and_does_no_harm() -> None:
    found = unpacked(file("usr/share/samples/broken", b"\x7fELF"))

    assert [entry.elf for entry in found.entries if isinstance(entry, File)] == [None]
    assert found.warnings == (f"pack: /usr/share/samples/broken: {UNSOUND}",)


@pytest.mark.parametrize(
    "path", ["usr/lib/libx.so.1", "lib/libx.so", "usr/lib/x86_64-linux-gnu/libx-1.so.2.3", "lib64/ld.so.2"]
)
def test_an_unsound_library_where_the_loader_looks_ends_the_build(path: str) -> None:
    with pytest.raises(BareboatError, match=UNSOUND):
        unpacked(file(path, b"\x7fELF"))


# What is refused.

SETUID_HINT = "write `keep: [setuid]` if the image needs it, or `drop: [/usr/bin/su]`"
DEVICE_HINT = "write `keep: [devices]` if the image needs it, or `drop: [/dev/null]`"


@pytest.mark.parametrize(
    ("entries", "message", "hint"),
    [
        ([Entry("../escape", b"x")], 'pack: "../escape" would leave the image', None),
        ([Entry("./usr/../../escape", b"x")], 'pack: "./usr/../../escape" would leave the image', None),
        ([Entry("/etc/passwd", b"x")], 'pack: "/etc/passwd" is an absolute path', None),
        (
            [symlink("usr/out", "../../etc/shadow")],
            'pack: "/usr/out" is a link to "../../etc/shadow", outside of the image', None,
        ),
        ([symlink("out", "a/../..")], 'pack: "/out" is a link to "a/../..", outside of the image', None),
        ([device("dev/null")], 'pack: "/dev/null" is a device node', DEVICE_HINT),
        ([device("dev/null", "block")], 'pack: "/dev/null" is a device node', DEVICE_HINT),
        ([device("dev/null", "fifo")], 'pack: "/dev/null" is a FIFO', DEVICE_HINT),
        ([file("usr/bin/su", b"", mode=0o4755)], 'pack: "/usr/bin/su" runs as its owner (mode 4755)', SETUID_HINT),
        ([file("usr/bin/su", b"", mode=0o2755)], 'pack: "/usr/bin/su" runs as its owner (mode 2755)', SETUID_HINT),
        (
            [file("usr/share/man/su", b"", mode=0o4755), hardlink("usr/bin/su", "usr/share/man/su", mode=0o755)],
            'pack: "/usr/bin/su" runs as its owner (mode 4755)', SETUID_HINT,
        ),
        ([file("usr/a", b"1"), file("usr/a", b"2")], 'pack: the package has "usr/a" twice', None),
        (
            [file("lib/a", b"1"), file("usr/lib/a", b"1")],
            'pack: "/lib/a" and "/usr/lib/a" are both "/usr/lib/a" in the image', None,
        ),
        (
            [directory("lib/a"), symlink("usr/lib/a", "b")],
            'pack: "/lib/a" and "/usr/lib/a" are both "/usr/lib/a" in the image', None,
        ),
        (
            [symlink("usr/link", "/etc"), file("usr/link/passwd", b"x")],
            'pack: "usr/link/passwd" leads through "usr/link", a symlink of the same package', None,
        ),
        (
            [hardlink("usr/a", "etc/passwd")],
            'pack: "usr/a" is a hard link to "etc/passwd", which is no earlier file', None,
        ),
        ([file("usr/a", uid=2**32 - 1)], 'pack: "/usr/a" belongs to 4294967295:0, whom no system knows', None),
        ([file("usr/a", mtime=LATEST + 1)], 'pack: "/usr/a" is from a time that has no date (253402300800 s)', None),
        (
            [file("usr/bomb", bytes(70 << 20))],
            "pack: data.tar.xz: cannot unpack: more than 1000 times its size comes out", None,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_hostile_package_ends_in_one_sentence(entries: list[Entry], message: str, hint: str | None) -> None:
    with pytest.raises(BareboatError) as refused:
        unpacked(*entries)

    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_what_was_asked_for_is_let_in() -> None:
    found = unpacked(
        device("dev/null"), file("usr/bin/su", b"", mode=0o4755), treatment=keeping("devices", "setuid")
    )

    assert dump(found.entries) == ["0666 0:0 dev/null char", "4755 0:0 usr/bin/su 0 bytes"]


@pytest.mark.parametrize("entry", [device("opt/x"), symlink("opt/x", "../.."), file("opt/x", b"", mode=0o4755)])
def test_what_is_dropped_is_not_refused(entry: Entry) -> None:
    assert unpacked(entry, treatment=dropping("opt/**")).entries == ()


def test_folders_may_pass_their_group_on() -> None:
    assert dump(unpacked(directory("var/mail", mode=0o2775)).entries) == ["2775 0:0 var/mail/"]


def test_a_file_that_nobody_may_run_is_no_setgid_program() -> None:
    assert dump(unpacked(file("var/lock", b"", mode=0o2644)).entries) == ["2644 0:0 var/lock 0 bytes"]
