"""Makes ELF files from the facts that a reader should find in them: no code, no section headers, any machine.

    make_elf(ElfFacts(bits=64, little_endian=True, machine=62, flags=0, kind="DYN", soname="libx.so.1"))
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from bareboat.make.elf import ElfFacts
from bareboat.make.elf_notes import Dlopen

KINDS = {"REL": 1, "EXEC": 2, "DYN": 3, "CORE": 4}

_BASE = 0x10000  # where the one segment is loaded, so that no address is an offset by chance


def make_library(soname: str | None, *, bits: int = 64, little_endian: bool = True, machine: int = 62, flags: int = 0,
                 needed: tuple[str, ...] = ()) -> ElfFacts:
    """The facts of a shared library, of amd64 unless stated."""
    return ElfFacts(
        bits=bits, little_endian=little_endian, machine=machine, flags=flags, kind="DYN", soname=soname, needed=needed
    )


def make_elf(facts: ElfFacts, *, notes: bytes | None = None, align: int = 4) -> bytes:
    """The bytes of an ELF file; `notes` are its note segment instead of one that says `facts.dlopen`."""
    return _Writer(facts, notes, align).data()


def make_note(
    content: bytes, *, owner: bytes = b"FDO\0", kind: int = 0x407C0C0A, order: str = "<", align: int = 4
) -> bytes:
    """One note as it stands in a segment of that alignment."""
    head = struct.pack(order + "III", len(owner), len(content), kind) + owner
    return _padded(head, align) + _padded(content, align)


def _padded(data: bytes, align: int) -> bytes:
    return data + bytes(-len(data) % align)


def _said(hints: Sequence[Dlopen]) -> bytes:
    """The JSON of hints, as programs carry it; what is empty is left out."""
    items = [
        {
            "soname": list(one.sonames), "priority": str(one.priority),
            **({"feature": one.feature} if one.feature else {}),
            **({"description": one.description} if one.description else {}),
        }
        for one in hints
    ]
    return json.dumps(items).encode() + b"\0"


class _Writer:
    def __init__(self, facts: ElfFacts, notes: bytes | None, align: int) -> None:
        self._facts = facts
        self._align = align
        self._wide = facts.bits == 64
        self._order = "<" if facts.little_endian else ">"
        if notes is None and facts.dlopen:
            notes = make_note(_said(facts.dlopen), order=self._order, align=align)
        self._notes = notes or b""
        self._word = "Q" if self._wide else "I"
        self._strings = bytearray(b"\0")
        self._header_size, self._segment_size = (64, 56) if self._wide else (52, 32)

    def data(self) -> bytes:
        facts = self._facts
        names = [(1, name) for name in facts.needed]
        names += [(14, facts.soname)] if facts.soname is not None else []
        names += [(15, ":".join(facts.rpath))] if facts.rpath else []
        names += [(29, ":".join(facts.runpath))] if facts.runpath else []
        tags = [(tag, self._text(name)) for tag, name in names]
        needs, defines = self._needs(), self._defines()
        interpreter = b"" if facts.interpreter is None else facts.interpreter.encode() + b"\0"

        start = self._header_size + 4 * self._segment_size
        strings_at = start + len(interpreter)
        needs_at = strings_at + len(self._strings)
        defines_at = needs_at + len(needs)
        dynamic_at = defines_at + len(defines)
        tags += [(5, _BASE + strings_at)]
        tags += [(0x6FFFFFFE, _BASE + needs_at)] if needs else []
        tags += [(0x6FFFFFFC, _BASE + defines_at)] if defines else []
        dynamic = b"".join(self._pack(2 * self._word, tag, value) for tag, value in [*tags, (0, 0)])
        notes_at = dynamic_at + len(dynamic)
        end = notes_at + len(self._notes)

        segments = [
            self._segment(1, 0, end),
            self._segment(2, dynamic_at, len(dynamic)),
            self._segment(3, start, len(interpreter)) if interpreter else self._segment(0, 0, 0),
            self._segment(4, notes_at, len(self._notes)) if self._notes else self._segment(0, 0, 0),
        ]
        parts = [self._header(), *segments, interpreter, bytes(self._strings), needs, defines, dynamic, self._notes]
        return b"".join(parts)

    def _header(self) -> bytes:
        facts = self._facts
        ident = b"\x7fELF" + bytes([2 if self._wide else 1, 1 if facts.little_endian else 2, 1]) + bytes(9)
        return ident + self._pack(
            f"HHI{3 * self._word}IHHHHHH",
            KINDS[facts.kind], facts.machine, 1, 0, self._header_size, 0,
            facts.flags, self._header_size, self._segment_size, 4, 0, 0, 0,
        )

    def _segment(self, kind: int, offset: int, size: int) -> bytes:
        if self._wide:
            return self._pack("IIQQQQQQ", kind, 4, offset, _BASE + offset, 0, size, size, self._align)
        return self._pack("IIIIIIII", kind, offset, _BASE + offset, 0, size, size, 4, self._align)

    def _needs(self) -> bytes:
        records = []
        for position, (soname, versions) in enumerate(self._facts.needs):
            size = 16 * (1 + len(versions))
            last = position == len(self._facts.needs) - 1
            records.append(self._pack("HHIII", 1, len(versions), self._text(soname), 16, 0 if last else size))
            for number, version in enumerate(versions):
                following = 0 if number == len(versions) - 1 else 16
                records.append(self._pack("IHHII", 0, 0, 2, self._text(version), following))
        return b"".join(records)

    def _defines(self) -> bytes:
        """The file's own name first, marked as the base, then the versions."""
        if not self._facts.defines:
            return b""
        records = []
        names = [(1, self._facts.soname or "itself"), *((0, name) for name in self._facts.defines)]
        for number, (flags, name) in enumerate(names):
            following = 0 if number == len(names) - 1 else 28
            records.append(self._pack("HHHHIII", 1, flags, number + 1, 1, 0, 20, following))
            records.append(self._pack("II", self._text(name), 0))
        return b"".join(records)

    def _text(self, text: str) -> int:
        place = len(self._strings)
        self._strings += text.encode() + b"\0"
        return place

    def _pack(self, layout: str, *values: int) -> bytes:
        return struct.pack(self._order + layout, *values)
