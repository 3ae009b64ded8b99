"""A package becomes its contribution once, and is found again by what determines it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, NotFoundError, StaleLockError
from bareboat.base.path import ImagePath
from bareboat.make.contribute import contribute
from bareboat.make.contribution import Contribution, Treatment, pack_kept, unpack_kept
from bareboat.make.part import PackagePart, ProgramPart
from bareboat.make.prune import Pruning
from bareboat.make.tree import File
from bareboat.store.memory import MemoryStore
from tests.makers.bench import Bench
from tests.makers.deb import MTIME, file, hardlink, symlink
from tests.makers.elf import make_elf, make_library
from tests.makers.tree import dump

PLAIN = Treatment()
COPYRIGHT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Expat\n"


class Unopened(MemoryStore):
    """A store that gives no package away any more once `closed` names it."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: set[Digest] = set()

    def open(self, digest: Digest) -> BinaryIO:
        assert digest not in self.closed, "a package was opened"
        return super().open(digest)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def content(contribution: Contribution, path: str) -> bytes:
    (found,) = [entry for entry in contribution.entries if entry.path == path]
    assert isinstance(found, File)
    return found.content


def test_a_package_brings_its_files_and_what_scanners_read_of_it() -> None:
    bench = Bench()
    package = bench.package("hello", files={"/usr/bin/hello": "hi", "/usr/share/doc/hello/copyright": COPYRIGHT})

    found = contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)

    assert dump(found.entries) == [
        "0755 0:0 usr/",
        "0755 0:0 usr/bin/",
        "0755 0:0 usr/bin/hello 2 bytes",
        "0755 0:0 usr/share/",
        "0755 0:0 usr/share/doc/",
        "0755 0:0 usr/share/doc/hello/",
        "0644 0:0 usr/share/doc/hello/copyright 100 bytes",
        "0644 0:0 var/lib/dpkg/status.d/hello 178 bytes",
        "0644 0:0 var/lib/dpkg/status.d/hello.md5sums 112 bytes",
    ]
    assert (found.package, found.moment, found.licences) == ("hello", MTIME, ("MIT",))
    assert {entry.mtime for entry in found.entries} == {MTIME}


def test_checksums_are_those_of_what_is_there() -> None:
    """Pruned and replaced files are not listed, moved ones where they are, shared ones still."""
    bench = Bench()
    package = bench.package(
        "pack",
        files={
            "/lib/moved": b"1", "/usr/share/man/x": b"2", "/etc/replaced": b"3", "/etc/shared": b"4", "/opt/x": b"5",
        },
    )
    treatment = Treatment(
        pruning=Pruning(drop=("opt/**",)), exclude=(ImagePath("etc/replaced"),), shared=(ImagePath("etc/shared"),)
    )

    found = contribute(PackagePart(package=package, treatment=treatment), bench.workshop)

    sums = content(found, "var/lib/dpkg/status.d/pack.md5sums").decode()
    assert sums == f"{md5(b'4')}  etc/shared\n{md5(b'1')}  usr/lib/moved\n"
    assert found.saved == {"drop": 1, "man": 1, "replaced": 1, "shared": 1}


def test_a_package_without_checksums_gets_none() -> None:
    bench = Bench()

    found = contribute(PackagePart(package=bench.package("pack", md5sums=False), treatment=PLAIN), bench.workshop)

    assert dump(found.entries) == ["0644 0:0 var/lib/dpkg/status.d/pack 177 bytes"]


def test_scripts_that_nothing_models_are_named() -> None:
    bench = Bench()

    package = bench.package("pack", scripts={"postinst": "#!/bin/sh\nmake-things\n"})
    found = contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)

    assert found.warnings == ('pack: what its postinst does is not modelled: "make-things"',)


def test_what_was_made_before_is_the_same_and_needs_no_package() -> None:
    store = Unopened()
    bench = Bench(store=store)
    package = bench.package(
        "pack",
        entries=[
            file("usr/lib/libx.so.1", make_elf(make_library("libx.so.1"))), file("etc/ld.so.conf", b"/opt\n"),
            hardlink("usr/lib/b", "usr/lib/libx.so.1"), symlink("usr/lib/c", "b"),
            file("usr/x", b"", xattrs={"user.a": b"\xff"}),
        ],
    )
    cold = contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)
    store.closed = {package.sha256}

    assert contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop) == cold
    assert content(cold, "etc/ld.so.conf") == b"/opt\n"


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, merged_usr=False),
        replace(PLAIN, compression="zstd-9"),
        replace(PLAIN, exclude=(ImagePath("a"),)),
        replace(PLAIN, shared=(ImagePath("a"),)),
        replace(PLAIN, relocate=((ImagePath("a"), ImagePath("b")),)),
        replace(PLAIN, pruning=Pruning(rules=())),
        replace(PLAIN, pruning=Pruning(keep=("a",))),
        replace(PLAIN, pruning=Pruning(drop=("a",))),
        replace(PLAIN, pruning=Pruning(allowed=("setuid",))),
    ],
)
def test_another_treatment_has_another_key(other: Treatment) -> None:
    one = Digest.of(b"package")

    assert other.key(one) != PLAIN.key(one)
    assert PLAIN.key(Digest.of(b"other")) != PLAIN.key(one)


def test_a_member_that_was_swept_is_made_again() -> None:
    bench = Bench()
    package = bench.package("pack", files={"/a": b"1"})
    cold = contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)
    swept = MemoryStore()
    swept.add([bench.store.open(package.sha256).read()])
    key = PLAIN.key(package.sha256)
    swept.put("contribution", key, bench.store.get("contribution", key) or b"")
    again = Bench(store=swept)

    assert contribute(PackagePart(package=package, treatment=PLAIN), again.workshop) == cold
    assert all(swept.has(member.digest) for member in cold.members)


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b"\xff", b'{"kept": 5}', b'{"kept": "sha256:x"}'])
def test_a_record_that_cannot_be_read_is_made_again(record: bytes) -> None:
    bench = Bench()
    package = bench.package("pack", files={"/a": b"1"})
    cold = contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)
    bench.store.put("contribution", PLAIN.key(package.sha256), record)

    assert contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop) == cold


def test_a_package_that_is_not_there_is_missed() -> None:
    bench = Bench()

    package = replace(bench.package("pack"), sha256=Digest.of(b"other"))
    with pytest.raises(NotFoundError):
        contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)


def test_bytes_that_are_no_package_are_refused() -> None:
    bench = Bench()

    with pytest.raises(FormatError, match="pack: "):
        contribute(PackagePart(package=bench.locked("pack", b"no package"), treatment=PLAIN), bench.workshop)


# Upstream programs.


def part(bench: Bench, files: dict[str, bytes], treatment: Treatment = PLAIN) -> ProgramPart:
    built = bench.program("nodejs", files)
    return ProgramPart(built=built, program=bench.programs["nodejs"], treatment=treatment)


def test_an_upstream_program_brings_its_files_and_their_folders() -> None:
    bench = Bench()
    library = make_library("libn.so")

    found = contribute(part(bench, {"/nodejs/bin/node": make_elf(library), "nodejs/LICENSE": b"MIT"}), bench.workshop)

    assert [line.rpartition(" ")[0] if "node " in line else line for line in dump(found.entries)] == [
        "0755 0:0 nodejs/",
        "0755 0:0 nodejs/LICENSE 3 bytes",
        "0755 0:0 nodejs/bin/",
        f"0755 0:0 nodejs/bin/node {len(make_elf(library))}",
    ]
    assert [entry.elf for entry in found.entries if isinstance(entry, File)] == [None, library]


def test_files_of_upstream_programs_can_be_left_out() -> None:
    bench = Bench()
    treatment = Treatment(pruning=Pruning(drop=("n/b",)), exclude=(ImagePath("n/c"),))

    found = contribute(part(bench, {"n/a": b"1", "n/b": b"2", "n/c": b"3"}, treatment), bench.workshop)

    assert (dump(found.entries), found.saved) == (["0755 0:0 n/", "0755 0:0 n/a 1 bytes"], {"drop": 1, "replaced": 1})


def test_an_upstream_program_is_determined_by_paths_and_modes_too() -> None:
    bench = Bench()
    made = part(bench, {"a": b"1"})
    (installed,) = made.program.files

    def moved(**changes: Any) -> ProgramPart:
        return replace(made, program=replace(made.program, files=(replace(installed, **changes),)))

    assert len({made.key, moved(path="b").key, moved(mode=0o644).key}) == 3


def test_a_lock_of_another_catalogue_is_stale() -> None:
    bench = Bench()
    made = part(bench, {"a": b"1"})

    with pytest.raises(StaleLockError, match='the lock has "a" of nodejs, which the catalogue does not have'):
        replace(made, program=replace(made.program, files=()))


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_kept_contents_come_back_by_digest(contents: list[bytes]) -> None:
    assert unpack_kept(pack_kept(contents)) == {Digest.of(data): data for data in contents}


def test_packages_are_closed_when_they_were_read() -> None:
    opened: list[io.BytesIO] = []

    class Counting(MemoryStore):
        def open(self, digest: Digest) -> BinaryIO:
            opened.append(io.BytesIO(self._bytes(digest)))
            return opened[-1]

    bench = Bench(store=Counting())
    package = bench.package("pack", entries=[file("usr/share/man/x"), hardlink("a", "usr/share/man/x")])

    contribute(PackagePart(package=package, treatment=PLAIN), bench.workshop)

    assert [stream.closed for stream in opened] == [True, True]
