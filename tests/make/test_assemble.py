"""Layers of whole orders: what stands in which, in which order, and what is found again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import permutations

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.make.order import Order
from tests.makers.bench import (
    ACCOUNTS,
    DISTRO,
    Bench,
    assemble,
    dump_tar,
    make_file,
    make_stage,
    short,
)
from tests.makers.deb import MTIME, directory, file, hardlink
from tests.makers.elf import make_elf, make_library

APPLETS = b"text\0[\0[[\0ash\0cat\0sh\0\0"
STATUS = "var/lib/dpkg/status.d"


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def lines(bench: Bench, order: Order, *, debug: bool = False) -> list[list[str]]:
    """Every layer in lines, without what scanners read."""
    layers = bench.layers(order, debug=debug)
    return [[line for line in bench.lines(layer) if not line.startswith(STATUS)] for layer in layers]


# What a layer holds.


def test_a_layer_has_folders_first_then_packages_by_name_then_what_was_generated() -> None:
    bench = Bench()
    order = bench.order(
        make_stage(
            "static", bench.base_files(), bench.package("zebra", files={"/usr/bin/a": "z"}),
            bench.package("ant", files={"/usr/bin/z": "a"}), files=[make_file("/a", text="x")], accounts=ACCOUNTS,
            effects=["accounts"],
        )
    )  # fmt: skip

    (layer,) = bench.layers(order)

    found = dump_tar(bench.tar(layer))
    assert [line.partition(" ")[0] for line in found] == [
        *("etc/", "home/", "home/nonroot/", "usr/", "usr/bin/", "usr/lib/", "usr/sbin/", "var/", "var/lib/"),
        *("var/lib/dpkg/", "var/lib/dpkg/status.d/"),
        *("usr/bin/z", f"{STATUS}/ant", f"{STATUS}/ant.md5sums"),
        *("bin", "lib", "sbin", f"{STATUS}/base-files", f"{STATUS}/base-files.md5sums"),
        *("usr/bin/a", f"{STATUS}/zebra", f"{STATUS}/zebra.md5sums"),
        *("a", "etc/group", "etc/passwd"),
    ]
    assert "home/nonroot/ 0700 65532:65532" in found


def test_the_order_of_a_lock_does_not_matter() -> None:
    bench = Bench()
    packages = [bench.base_files(), bench.package("b", files={"/x/b": "b"}), bench.package("a", files={"/x/a": "a"})]

    digests = set()
    for several in permutations(packages):
        order = bench.order(make_stage("static", *several))
        digests.add(bench.layers(order)[0].digest)

    assert len(digests) == 1


def test_a_stage_is_a_layer_with_every_parent_of_what_it_writes() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.base_files()),
        make_stage("base", bench.package("libc6", files={"/lib/libc.so.6": "c"})),
    )

    below, above = bench.layers(order)

    assert dump_tar(bench.tar(above))[:3] == ["usr/ 0755 0:0", "usr/lib/ 0755 0:0", "var/ 0755 0:0"]
    assert lines(bench, order)[1] == [f"usr/lib/libc.so.6 0644 0:0 {short('c')}"]
    assert (below.about, above.about) == ("static", "base")
    assert above.packages == ("libc6 1.0",)


def test_a_folder_of_a_layer_below_keeps_its_mode_above() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.base_files(directory("srv", mode=0o1777))),
        make_stage("base", bench.package("other", entries=[directory("srv"), file("srv/x", b"")])),
    )

    assert lines(bench, order)[1] == ["srv/ 1777 0:0", f"srv/x 0644 0:0 {short('')}"]


def test_a_file_of_the_configuration_is_written_in_place_of_that_of_a_package() -> None:
    bench = Bench()
    package = bench.package("netbase", files={"/etc/services": b"theirs", "/etc/protocols": b"p"})
    order = bench.order(make_stage("static", package, files=[make_file("/etc/services", text="ours")]))

    (layer,) = bench.layers(order)

    assert bench.contents(layer)["etc/services"] == b"ours"
    assert bench.contents(layer)[f"{STATUS}/netbase.md5sums"].decode() == f"{md5(b'p')}  etc/protocols\n"
    assert layer.saved == {"replaced": 6}


def test_checksums_of_a_package_below_follow_what_is_put_over_its_files() -> None:
    bench = Bench()
    package = bench.package("netbase", files={"/etc/services": b"theirs", "/etc/protocols": b"p"})
    order = bench.order(
        make_stage("static", package), make_stage("app", files=[make_file("/etc/services", text="ours")])
    )

    above = bench.layers(order)[1]

    assert bench.contents(above) == {
        "etc/services": b"ours", f"{STATUS}/netbase.md5sums": f"{md5(b'p')}  etc/protocols\n".encode(),
    }  # fmt: skip


def test_a_name_of_a_file_outlives_another_name_that_is_replaced() -> None:
    bench = Bench()
    package = bench.package("pack", entries=[file("a", b"old"), hardlink("b", "a")])
    order = bench.order(make_stage("static", package, files=[make_file("/a", text="new")]))

    assert lines(bench, order) == [[f"b 0644 0:0 {short('old')}", f"a 0644 0:0 {short('new')}"]]


def test_a_shared_file_is_written_once_and_both_packages_list_it() -> None:
    bench = Bench()
    one, two = (bench.package(name, files={"/etc/same": b"s"}) for name in ("one", "two"))
    order = bench.order(make_stage("static", one, two))

    (layer,) = bench.layers(order)

    assert lines(bench, order) == [[f"etc/same 0644 0:0 {short('s')}"]]
    for name in ("one", "two"):
        assert bench.contents(layer)[f"{STATUS}/{name}.md5sums"].decode() == f"{md5(b's')}  etc/same\n"


def test_a_shared_file_of_a_layer_below_is_not_written_again() -> None:
    bench = Bench()
    one, two = (bench.package(name, files={"/etc/same": b"s"}) for name in ("one", "two"))
    order = bench.order(make_stage("static", one), make_stage("base", two))

    assert lines(bench, order) == [[f"etc/same 0644 0:0 {short('s')}"], []]


def test_an_upstream_file_that_the_configuration_replaces_is_not_written_twice() -> None:
    bench = Bench()
    node = bench.program("nodejs", {"nodejs/bin/node": b"theirs", "nodejs/LICENSE": b"l"})
    order = bench.order(make_stage("static", upstream=[node], files=[make_file("/nodejs/bin/node", text="ours")]))

    assert lines(bench, order) == [
        [f"nodejs/LICENSE 0755 0:0 {short('l')}", f"nodejs/bin/node 0644 0:0 {short('ours')}"]
    ]


def test_effects_do_not_replace_what_the_configuration_says_here_or_below() -> None:
    bench = Bench()
    order = bench.order(
        make_stage(
            "static", bench.base_files(), files=[make_file("/etc/passwd", text="mine")], effects=["accounts"],
            accounts=ACCOUNTS,
        ),
        make_stage("app", files=[make_file("/b", text="b")]),
    )  # fmt: skip

    first, second = bench.layers(order)

    assert bench.contents(first)["etc/passwd"] == b"mine"
    assert bench.contents(second) == {"b": b"b"}


def test_effects_see_everything_below_and_are_written_again_only_when_they_change() -> None:
    bench = Bench()
    one = make_library("libone.so.1")
    two = make_library("libtwo.so.1")
    order = bench.order(
        make_stage(
            "static", bench.base_files(), bench.package("one", files={"/usr/lib/libone.so.1": make_elf(one)}),
            effects=["ldcache", "nsswitch"],
        ),
        make_stage("base", bench.package("two", files={"/usr/lib/libtwo.so.1": make_elf(two)})),
        make_stage("app", bench.package("three", files={"/usr/bin/three": b"3"})),
    )  # fmt: skip

    made = [sorted(path for path in bench.contents(layer) if path.startswith("etc/")) for layer in bench.layers(order)]

    assert made == [["etc/ld.so.cache", "etc/nsswitch.conf"], ["etc/ld.so.cache"], []]


def test_what_the_configuration_takes_away_is_in_no_layer() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.package("pack", files={"/etc/a/b": b"", "/etc/ab": b""}), effects=["nsswitch"]),
        make_stage(
            "app",
            files=[
                make_file("/etc/a", remove=True), make_file("/etc/nsswitch.conf", remove=True),
                make_file("/etc/ab", remove=True, architectures=("arm64",)),
            ],
        ),
    )  # fmt: skip

    assert lines(bench, order) == [[f"etc/ab 0644 0:0 {short('')}"], []]


def test_a_debug_stage_cannot_take_away_what_is_below() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.package("pack", files={"/etc/a": b""})),
        debug=[make_stage("static:debug", files=[make_file("/etc/a", remove=True)])],
    )

    with pytest.raises(BuildError, match='image: cannot take "/etc/a" away: package:pack has it'):
        assemble(order, bench.workshop)


def test_files_are_for_their_architectures() -> None:
    bench = Bench()
    files = [make_file("/a", text=arch, architectures=(arch,)) for arch in ("amd64", "arm64")]

    for arch in ("amd64", "arm64"):
        assert lines(bench, bench.order(make_stage("static", files=files), arch=arch)) == [
            [f"a 0644 0:0 {short(arch)}"]
        ]


def test_busybox_moves_to_its_folder_in_debug_variants() -> None:
    bench = Bench()
    busybox = bench.package("busybox-static", files={"/bin/busybox": APPLETS})
    order = bench.order(
        make_stage("static", bench.base_files()), debug=[make_stage("static:debug", busybox, effects=["busybox"])]
    )

    assert lines(bench, order, debug=True)[1] == [
        f"busybox/busybox 0755 0:0 {short(APPLETS)}",
        *(f"busybox/{name} -> /busybox/busybox" for name in ("[", "[[", "ash", "cat", "sh")),
    ]


def test_rules_and_words_of_the_image_hold_in_every_layer() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.package("one", files={"/usr/share/man/a": b"1", "/opt/a": b"1"})),
        make_stage("base", bench.package("two", files={"/usr/share/man/b": b"1", "/opt/b": b"1"})),
        keep=("man",), drop=("two:/opt/**",),
    )  # fmt: skip

    assert lines(bench, order) == [
        [f"opt/a 0644 0:0 {short('1')}", f"usr/share/man/a 0644 0:0 {short('1')}"],
        [f"usr/share/man/b 0644 0:0 {short('1')}"],
    ]


def test_everything_of_a_layer_is_as_old_as_its_newest_package_or_as_the_configuration_says() -> None:
    bench = Bench()
    stages = (
        make_stage("static", bench.package("a", entries=[file("a", mtime=MTIME + 7)])),
        make_stage("app", bench.package("b", entries=[file("b", mtime=MTIME)]), files=[make_file("/c", text="")]),
    )

    moments = [layer.moment for layer in bench.layers(bench.order(*stages))]
    created = [layer.moment for layer in bench.layers(bench.order(*stages, created=Epoch(5)))]

    assert (moments, created) == ([MTIME + 7, MTIME + 7], [5, 5])


def test_licences_warnings_and_savings_are_gathered() -> None:
    bench = Bench()
    machine = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: "
    packages = [
        bench.package(
            name, files={f"/usr/share/doc/{name}/copyright": f"{machine}{licence}\n", f"/usr/share/man/{name}": b"12"},
            scripts={"postinst": f"#!/bin/sh\nmake-{name}\n"},
        )
        for name, licence in (("a", "Expat"), ("b", "Zlib"))
    ]  # fmt: skip

    (layer,) = bench.layers(bench.order(make_stage("static", *packages)))

    assert (layer.licences, layer.saved) == (("MIT", "Zlib"), {"man": 4})
    assert layer.warnings == tuple(f'{n}: what its postinst does is not modelled: "make-{n}"' for n in "ab")


def test_usr_need_not_be_merged_where_the_distro_does_not() -> None:
    bench = Bench()
    order = bench.order(
        make_stage("static", bench.package("one", files={"/lib/x": b""})), distro=replace(DISTRO, merged_usr=False)
    )

    assert lines(bench, order) == [[f"lib/x 0644 0:0 {short('')}"]]
