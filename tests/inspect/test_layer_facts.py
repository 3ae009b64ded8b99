"""What is taken from a layer, and that a record gives it back."""

from __future__ import annotations

import tempfile

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.inspect.layer_facts import facts_of, layer_facts
from bareboat.inspect.layer_record import LayerFacts, facts_from, record_of
from bareboat.make.contents import holds_key, is_read, may_hold_key
from bareboat.oci.descriptor import Descriptor
from bareboat.store.memory import MemoryStore
from tests.makers.aboard import make_program, make_shared
from tests.makers.elf import make_elf
from tests.makers.layers import Item, file, folder, hard_link, make_raw_tar, symlink

PROGRAM = make_program("libmast.so.1", kind="EXEC")
STATUS = "var/lib/dpkg/status.d"


def facts(*items: Item) -> LayerFacts:
    tar = make_raw_tar(items)
    with tempfile.TemporaryFile() as plain:
        plain.write(tar)
        plain.flush()
        return facts_of(plain, Digest.of(tar))


def by_path(taken: LayerFacts, values: object) -> dict[str, object]:
    paths = {change.offset: str(change.entry.path) for change in taken.changes}
    assert isinstance(values, dict)
    return {paths[offset]: value for offset, value in values.items()}


EVERYTHING = (
    folder("etc", mode=0o750, uid=1, gid=2, mtime=3),
    file("etc/passwd", b"root:x:0:0::/root:/\n", records={"SCHILY.xattr.user.a": "b\u00e9"}),
    file("etc/key.pem", b"-----BEGIN PRIVATE KEY-----\n"),
    file("usr/bin/sail", make_elf(PROGRAM), mode=0o755),
    file("usr/bin/broken", b"\x7fELF\x02\x01\x01" + bytes(200)),
    file("usr/bin/script", b"#! /bin/sh -e\t\nexit\n", mode=0o755),
    file("usr/bin/odd", b"#!\xff\xfe", mode=0o755),
    symlink("usr/bin/link", "sail"),
    hard_link("usr/bin/hard", "usr/bin/sail"),
    file(f"{STATUS}/sail.md5sums", b"00000000000000000000000000000000  bin/sail\n"),
    file(".wh.gone"),
    file("etc/passwd", b"again"),
)


def test_facts_are_those_of_the_files() -> None:
    taken = facts(*EVERYTHING)

    assert by_path(taken, taken.elves) == {"usr/bin/sail": PROGRAM}
    assert by_path(taken, taken.unsound) == {"usr/bin/broken": "cannot read as ELF: its type 0 is unknown"}
    assert by_path(taken, taken.scripts) == {"usr/bin/script": "/bin/sh -e", "usr/bin/odd": "\\xff\\xfe"}
    assert sorted(by_path(taken, taken.contents)) == ["etc/passwd", f"{STATUS}/sail.md5sums"]
    assert list(by_path(taken, taken.md5s)) == ["usr/bin/sail"]
    assert list(by_path(taken, dict.fromkeys(taken.private_keys))) == ["etc/key.pem"]
    assert [message for message in taken.problems if "twice" in message] == ['"etc/passwd" is there twice']


def test_a_record_gives_the_facts_back() -> None:
    taken = facts(*EVERYTHING)

    assert facts_from(record_of(taken)) == taken


def test_facts_are_the_same_wherever_the_layer_is() -> None:
    taken = facts(*EVERYTHING)

    third = taken.at(2)

    assert {change.entry.layer for change in third.changes} == {2}
    assert third == facts_from(record_of(taken), 2)
    assert record_of(third) == record_of(taken)
    assert third.at(0) == taken
    assert taken.at(0) is taken


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"diff-id": 3}', b"\xff", b'{"diff-id":"sha256:0"}'])
def test_a_damaged_record_is_none(damage: bytes) -> None:
    assert facts_from(damage) is None


def test_a_large_file_is_mapped_and_read_alike() -> None:
    """A few programs are larger than what one wants in memory; where they stand in the tar is no multiple of a page."""
    padding = bytes(5 << 20)
    taken = facts(file("first", b"x"), file("usr/bin/sail", make_elf(PROGRAM) + padding, mode=0o755))

    assert by_path(taken, taken.elves) == {"usr/bin/sail": PROGRAM}


def test_a_large_unsound_file_is_told_too() -> None:
    taken = facts(file("x", b"\x7fELF" + bytes(5 << 20)))

    assert by_path(taken, taken.unsound) == {"x": "cannot read as ELF: its class or byte order is unknown"}


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("etc/passwd", 10, True),
        ("etc/ld.so.conf.d/x86_64-linux-gnu.conf", 10, True),
        ("etc/ld.so.conf.d/notes.txt", 10, False),
        ("usr/lib/x86_64-linux-gnu/gconv/gconv-modules.d/extra.conf", 10, True),
        ("usr/lib/jvm/java-21-openjdk-amd64/lib/jvm.cfg", 10, True),
        ("var/lib/dpkg/status.d/libc6.md5sums", 10, True),
        ("var/lib/dpkg/status", 10, True),
        ("etc/passwd", 5 << 20, False),
    ],
)
def test_small_files_that_rules_read_are_kept(path: str, size: int, expected: bool) -> None:
    assert is_read(path, size) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"-----BEGIN PRIVATE KEY-----", True),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----", True),
        (b"note\n-----BEGIN OPENSSH PRIVATE KEY-----", True),
        (b"-----BEGIN PUBLIC KEY-----", False),
        (b"-----BEGIN CERTIFICATE-----", False),
        (b"PRIVATE KEY", False),
    ],
)
def test_private_keys_are_known_by_their_label(text: bytes, expected: bool) -> None:
    """RFC 7468, 10 and 11, and the names that OpenSSL and OpenSSH put before the two words."""
    assert holds_key(text) is expected


def test_keys_are_looked_for_where_people_keep_them() -> None:
    assert [path for path in ("etc/a", "root/.ssh/id", "home/x/y", "usr/share/doc/key") if may_hold_key(path, 9)] == [  # type: ignore[arg-type]
        "etc/a", "root/.ssh/id", "home/x/y",
    ]  # fmt: skip


def test_a_layer_that_was_read_before_is_not_asked_for_again() -> None:
    tar = make_raw_tar([file("usr/bin/sail", make_elf(make_shared("libx.so.1")))])
    blobs, records = MemoryStore(), MemoryStore()
    layer = Descriptor.of("application/vnd.oci.image.layer.v1.tar", tar)
    blobs.add([tar])

    fresh = layer_facts(blobs, layer, Digest.of(tar), records)

    assert layer_facts(MemoryStore(), layer, Digest.of(tar), records) == fresh


def test_what_is_no_layer_is_refused() -> None:
    layer = Descriptor.of("application/vnd.in-toto+json", b"{}")

    with pytest.raises(FormatError, match="is no filesystem layer"):
        layer_facts(MemoryStore(), layer, Digest.of(b"{}"))
