"""The reader finds what was written, and other people's bytes end in a FormatError at worst."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bareboat.base.canon import canonical
from bareboat.base.document import Document
from bareboat.base.errors import FormatError, LimitError
from bareboat.make.elf import ElfFacts, is_elf, read_elf
from bareboat.make.elf_notes import Dlopen, Priority
from tests.makers.elf import KINDS, make_elf, make_library, make_note

LIBRARY = ElfFacts(
    bits=64,
    little_endian=True,
    machine=62,
    flags=0,
    kind="DYN",
    interpreter="/lib64/ld-linux-x86-64.so.2",
    soname="libsail.so.1",
    needed=("libmast.so.2", "libc.so.6"),
    runpath=("$ORIGIN/../lib", "/opt/lib"),
    rpath=("/usr/lib/sail",),
    needs=(("libc.so.6", ("GLIBC_2.17", "GLIBC_2.34")), ("libmast.so.2", ("MAST_2",))),
    defines=("SAIL_1", "SAIL_1.1"),
    dlopen=(
        Dlopen(sonames=("libwind.so.3", "libwind.so.2"), priority=Priority.required),
        Dlopen(sonames=("libflag.so.1",), feature="flags", description="Shows flags"),
    ),
)

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0:"), min_size=1, max_size=20)
VERSIONS = st.frozensets(NAMES, min_size=1, max_size=4).map(lambda names: tuple(sorted(names)))
HINTS = st.builds(
    Dlopen,
    sonames=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    priority=st.sampled_from(Priority),
    feature=st.just("") | NAMES,
    description=st.just("") | NAMES,
)
FACTS = st.builds(
    ElfFacts,
    bits=st.sampled_from([32, 64]),
    little_endian=st.booleans(),
    machine=st.integers(0, 0xFFFF),
    flags=st.integers(0, 0xFFFFFFFF),
    kind=st.sampled_from(sorted(KINDS)),
    interpreter=st.none() | NAMES,
    soname=st.none() | NAMES,
    needed=st.lists(NAMES, max_size=4).map(tuple),
    runpath=st.lists(NAMES, max_size=4).map(tuple),
    rpath=st.lists(NAMES, max_size=4).map(tuple),
    needs=st.dictionaries(NAMES, VERSIONS, max_size=3).map(lambda needs: tuple(sorted(needs.items()))),
    defines=st.just(()) | VERSIONS,
    dlopen=st.lists(HINTS, max_size=2, unique=True).map(tuple),
)


@given(facts=FACTS, align=st.sampled_from([1, 4, 8]))
@example(facts=LIBRARY, align=4)
def test_every_fact_that_was_written_is_read(facts: ElfFacts, align: int) -> None:
    assert read_elf(make_elf(facts, align=align), "libsail.so.1") == facts


@given(facts=FACTS)
def test_facts_survive_their_document(facts: ElfFacts) -> None:
    document = Document.parse(canonical(facts.to_document()), "record")
    assert ElfFacts.from_document(document) == facts


@pytest.mark.parametrize("data", [b"", b"\x7fEL", b"#!/bin/sh\n", b"\x7fELG" + bytes(100)])
def test_what_has_no_magic_is_no_elf_file(data: bytes) -> None:
    assert (is_elf(data), read_elf(data, "x")) == (False, None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x7fELF", "libx.so: cannot read as ELF: its class or byte order is unknown"),
        (b"\x7fELF\3\1" + bytes(60), "libx.so: cannot read as ELF: its class or byte order is unknown"),
        (b"\x7fELF\2\3" + bytes(60), "libx.so: cannot read as ELF: its class or byte order is unknown"),
        (b"\x7fELF\2\1" + bytes(60), "libx.so: cannot read as ELF: its type 0 is unknown"),
        (b"\x7fELF\2\1" + bytes(10) + b"\3\0", "libx.so: cannot read as ELF: it ends too early"),
        (make_elf(replace(LIBRARY, dlopen=()))[:-1], "libx.so: cannot read as ELF: it ends too early"),
        (make_elf(LIBRARY)[:100], "libx.so: cannot read as ELF: it ends too early"),
    ],
)
def test_broken_files_are_named(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_elf(data, "libx.so")
    assert caught.value.message == message


def test_a_string_outside_of_the_file_is_refused() -> None:
    data = make_elf(replace(LIBRARY, runpath=(), rpath=()))
    tag = struct.pack("<QQ", 14, data.index(b"libsail.so.1") - data.index(b"\0libmast.so.2"))
    with pytest.raises(FormatError, match=r"the text at offset 0x[0-9a-f]+ has no end"):
        read_elf(data.replace(tag, struct.pack("<QQ", 14, 1 << 40)), "libx.so")


def test_a_chain_of_records_that_never_ends_is_refused() -> None:
    facts = replace(LIBRARY, needs=(("libc.so.6", ("A", "B")),))
    data = make_elf(facts)
    first = struct.pack("<IHHI", 0, 0, 2, data.index(b"A\0B\0") - data.index(b"\0libmast.so.2"))
    back = struct.pack("<I", (1 << 32) - 16)  # 16 bytes back, were the distance signed
    with pytest.raises(FormatError):
        read_elf(data.replace(first + struct.pack("<I", 16), first + back), "libx.so")
    long_list = replace(LIBRARY, needed=("libc.so.6",) * 20_000)
    with pytest.raises(LimitError, match="more than 16384 dynamic records"):
        read_elf(make_elf(long_list), "libx.so")


def test_weak_versions_are_not_insisted_on() -> None:
    data = make_elf(replace(LIBRARY, needs=(("libc.so.6", ("GLIBC_2.34",)),)))
    record = struct.pack("<IHH", 0, 0, 2)
    facts = read_elf(data.replace(record, struct.pack("<IHH", 0, 2, 2)), "libx.so")
    assert facts is not None
    assert facts.needs == (("libc.so.6", ()),)


@settings(max_examples=500)
@given(facts=FACTS, changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), data=st.data())
def test_hostile_bytes_raise_format_errors_only(
    facts: ElfFacts, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    content = bytearray(make_elf(facts))
    for position, value in changes:
        content[4 + position % (len(content) - 4)] = value
    end = data.draw(st.integers(4, len(content)))
    assert _complaint(bytes(content[:end])).startswith("hostile: cannot read as ELF: ")


@given(tail=st.binary(max_size=400))
def test_random_bytes_after_the_magic_raise_format_errors_only(tail: bytes) -> None:
    assert _complaint(b"\x7fELF" + tail).startswith("hostile: cannot read as ELF: ")


def _complaint(data: bytes) -> str:
    """What is wrong with `data`, or the beginning of every complaint when nothing is."""
    try:
        read_elf(data, "hostile")
    except FormatError as error:
        return error.message
    return "hostile: cannot read as ELF: "


SAIL = make_library("libsail.so.1")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'[{"soname": ["libwind.so.3"]}]', ("libwind.so.3",)),
        (b'[{"soname": ["libwind.so.3"], "priority": "urgent", "feature": 5}]\0\0\0', ("libwind.so.3",)),
        (b'[{"soname": ["libwind.so.3", 7, "", "a\\u0000b", "\\ud800"]}, "x", {"soname": []}, {}]', ("libwind.so.3",)),
        (b'{"soname": ["libwind.so.3"]}', None),
        (b"[" * 100_000, None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_what_a_note_says_is_taken_as_far_as_it_can_be_read(content: bytes, found: tuple[str, ...] | None) -> None:
    facts = read_elf(make_elf(SAIL, notes=make_note(content)), "libsail.so.1")
    assert facts is not None
    assert facts.dlopen == (() if found is None else (Dlopen(sonames=found, priority=Priority.recommended),))


@pytest.mark.parametrize(
    "notes",
    [
        make_note(b'[{"soname": ["libwind.so.3"]}]', owner=b"GNU\0"),
        make_note(b'[{"soname": ["libwind.so.3"]}]', kind=3),
        make_note(b'[{"soname": ["libwind.so.3"]}]')[:-4],
        make_note(b'[{"soname": ["libwind.so.3"]}]', order=">"),
        b"\xff" * 40,
    ],
)
def test_other_notes_and_broken_ones_are_passed_over(notes: bytes) -> None:
    assert read_elf(make_elf(SAIL, notes=notes), "libsail.so.1") == SAIL


def test_hints_are_found_among_other_notes() -> None:
    notes = make_note(b"\1\2\3", owner=b"GNU\0", kind=3) + make_note(b'[{"soname": ["libwind.so.3"]}]\0')
    assert read_elf(make_elf(SAIL, notes=notes), "x") == replace(SAIL, dlopen=(Dlopen(sonames=("libwind.so.3",)),))


def test_facts_of_an_earlier_format_have_no_hints() -> None:
    document = {key: value for key, value in SAIL.to_document().items() if key not in ("dlopen", "rpath")}
    assert ElfFacts.from_document(Document.parse(canonical(document), "record")) == SAIL
