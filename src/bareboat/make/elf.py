"""What the dynamic loader would read of an ELF file, taken from its bytes without running it.

Only the header, the program headers and the dynamic section are read, as the loader does, so a file whose section
headers were stripped says as much as any other; and the notes in which a program says what it loads later.
Every offset, count and string is checked against the file: other people's bytes end in a FormatError at worst.

Specification: System V ABI, chapters 4 and 5 ("ELF Header", "Program Header", "Dynamic Linking"); symbol versions as in
the Linux Standard Base, "Symbol Versioning"; both word lengths and both byte orders.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bareboat.base.document import Document
from bareboat.base.errors import FormatError, LimitError
from bareboat.base.frozen import frozen
from bareboat.make.elf_notes import MOST_BYTES, Dlopen, dlopen_hints

FACTS_FORMAT = 2
"""Which facts are taken from a file: records of another number lack some, and are made again.

It says nothing about the bytes of an image, which facts do not determine.
"""

_MAGIC = b"\x7fELF"
_KINDS = {1: "REL", 2: "EXEC", 3: "DYN", 4: "CORE"}
_MOST_RECORDS = 16_384
_MOST_SEGMENTS = 1_024  # Linux runs nothing that has more than 64 KiB of program headers
_LONGEST_STRING = 4_096  # PATH_MAX; no soname, path list or version of a real library comes near it

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 14, 15, 29
_DT_VERDEF, _DT_VERNEED = 0x6FFFFFFC, 0x6FFFFFFE
_VER_FLG_BASE, _VER_FLG_WEAK = 1, 2


@frozen
class ElfFacts:
    """What the dynamic loader reads of an ELF file.

    `needs` pairs a soname with the symbol versions that the loader insists on (`.gnu.version_r`, weak ones left out);
    `defines` are the symbol versions given (`.gnu.version_d`, the file's own name left out); both are sorted.
    `kind` is `EXEC`, `DYN`, `REL` or `CORE`; `flags` is `e_flags`.
    `runpath` is DT_RUNPATH, `rpath` DT_RPATH, which the loader passes over where there is a DT_RUNPATH.
    `dlopen` is what the file says it loads while it runs.
    """

    bits: int
    little_endian: bool
    machine: int
    flags: int
    kind: str
    interpreter: str | None = None
    soname: str | None = None
    needed: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    defines: tuple[str, ...] = ()
    dlopen: tuple[Dlopen, ...] = ()

    def to_document(self) -> dict[str, object]:
        """These facts as JSON values, for `base.canon`."""
        return {
            "bits": self.bits,
            "little_endian": self.little_endian,
            "machine": self.machine,
            "flags": self.flags,
            "kind": self.kind,
            "interpreter": self.interpreter,
            "soname": self.soname,
            "needed": list(self.needed),
            "runpath": list(self.runpath),
            "rpath": list(self.rpath),
            "needs": [{"soname": soname, "versions": list(versions)} for soname, versions in self.needs],
            "defines": list(self.defines),
            "dlopen": [hint.to_document() for hint in self.dlopen],
        }

    @classmethod
    def from_document(cls, document: Document) -> ElfFacts:
        """The facts that `to_document` wrote.

        Raises:
            BareboatError: The document's own error, for a field that is missing or of another type.
        """
        return cls(
            bits=document.integer("bits"),
            little_endian=document.boolean("little_endian"),
            machine=document.integer("machine"),
            flags=document.integer("flags"),
            kind=document.string("kind"),
            interpreter=document.optional_string("interpreter"),
            soname=document.optional_string("soname"),
            needed=document.strings("needed"),
            runpath=document.strings("runpath"),
            rpath=document.strings("rpath"),
            needs=tuple((need.string("soname"), need.strings("versions")) for need in document.documents("needs")),
            defines=document.strings("defines"),
            dlopen=tuple(Dlopen.from_document(hint) for hint in document.documents("dlopen")),
        )


def is_elf(head: bytes) -> bool:
    """Whether a file that begins with `head` (four bytes are enough) is an ELF file."""
    return head.startswith(_MAGIC)


def read_elf(data: bytes | memoryview, where: str) -> ElfFacts | None:
    """The facts of the ELF file whose bytes are `data`; None when it is no ELF file.

    Args:
        data: The whole file.
        where: What to call the file in an error.

    Raises:
        FormatError: When the bytes break the format.
    """
    if not is_elf(bytes(data[:4])):
        return None
    try:
        return _Reader(data, where).facts()
    except struct.error as error:
        raise FormatError(f"{where}: cannot read as ELF: it ends too early") from error


class _Reader:
    """The bytes of one ELF file with its layout; `struct` checks every read against their end."""

    def __init__(self, data: bytes | memoryview, where: str) -> None:
        self._data = data
        self._where = where
        if len(data) < 16 or data[4] not in (1, 2) or data[5] not in (1, 2):
            raise self._broken("its class or byte order is unknown")
        self._wide = data[4] == 2
        self._order = "<" if data[5] == 1 else ">"
        self._records = 0
        self._strings = 0
        self._segments: list[tuple[int, int, int]] = []  # of PT_LOAD: address, offset and size in the file

    def facts(self) -> ElfFacts:
        kind, machine = self._unpack("HH", 16)
        if kind not in _KINDS:
            raise self._broken(f"its type {kind} is unknown")
        flags, header_size, header_count = self._unpack("I2xHH", 0x30 if self._wide else 0x24)
        interpreter = None
        dynamic = (0, 0)
        hints: list[Dlopen] = []
        for segment, offset, address, size, align in self._program_headers(header_size, header_count):
            if segment == _PT_LOAD:
                self._segments.append((address, offset, size))
            elif segment == _PT_DYNAMIC:
                dynamic = (offset, size)
            elif segment == _PT_INTERP and size:
                interpreter = self._string_at(offset, limit=offset + size)
            elif segment == _PT_NOTE:
                notes = bytes(self._data[offset : offset + min(size, MOST_BYTES)])
                hints += dlopen_hints(notes, little_endian=self._order == "<", align=align)
        tags = self._dynamic(*dynamic)
        self._strings = self._offset_of(tags.get(_DT_STRTAB, [0])[0]) if tags else 0
        return ElfFacts(
            bits=64 if self._wide else 32,
            little_endian=self._order == "<",
            machine=machine,
            flags=flags,
            kind=_KINDS[kind],
            interpreter=interpreter,
            soname=next(iter(self._named(tags, _DT_SONAME)), None),
            needed=self._named(tags, _DT_NEEDED),
            runpath=self._paths(tags, _DT_RUNPATH),
            rpath=self._paths(tags, _DT_RPATH),
            needs=self._needs(tags),
            defines=self._defines(tags),
            dlopen=tuple(dict.fromkeys(hints)),
        )

    def _program_headers(self, size: int, count: int) -> Iterator[tuple[int, ...]]:
        """Type, offset, address, size in the file and alignment of every segment."""
        if count and size < (56 if self._wide else 32):
            raise self._broken(f"its program headers have {size} bytes each")
        if count > _MOST_SEGMENTS:
            raise LimitError(f"{self._where}: cannot read as ELF: it has more than {_MOST_SEGMENTS} segments")
        (table,) = self._unpack("Q", 0x20) if self._wide else self._unpack("I", 0x1C)
        layout = struct.Struct(self._order + ("I4xQQ8xQ8xQ" if self._wide else "III4xI8xI"))
        for number in range(count):
            yield self._unpack(layout, table + number * size)

    def _dynamic(self, offset: int, size: int) -> dict[int, list[int]]:
        """The values of every tag of the dynamic section, in order."""
        tags: dict[int, list[int]] = {}
        layout = struct.Struct(self._order + ("QQ" if self._wide else "II"))
        for start in range(offset, offset + size, layout.size):
            self._count()
            tag, value = self._unpack(layout, start)
            if tag == _DT_NULL:
                break
            tags.setdefault(tag, []).append(value)
        return tags

    def _named(self, tags: dict[int, list[int]], tag: int) -> tuple[str, ...]:
        return tuple(self._string_at(self._strings + value) for value in tags.get(tag, ()))

    def _paths(self, tags: dict[int, list[int]], tag: int) -> tuple[str, ...]:
        return tuple(part for text in self._named(tags, tag) for part in text.split(":") if part)

    def _needs(self, tags: dict[int, list[int]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        needs: dict[str, set[str]] = {}
        for at, (_, _, file, aux, _) in self._chain(tags, _DT_VERNEED, "HHIII"):
            versions = needs.setdefault(self._string_at(self._strings + file), set())
            for _, (_, flags, _, name, _) in self._links(at + aux, "IHHII"):
                if not flags & _VER_FLG_WEAK:
                    versions.add(self._string_at(self._strings + name))
        return tuple(sorted((soname, tuple(sorted(versions))) for soname, versions in needs.items()))

    def _defines(self, tags: dict[int, list[int]]) -> tuple[str, ...]:
        names = set()
        for at, (_, flags, _, _, _, aux, _) in self._chain(tags, _DT_VERDEF, "HHHHIII"):
            if not flags & _VER_FLG_BASE:
                (name,) = self._unpack("I", at + aux)  # the first name is the version, further ones its ancestors
                names.add(self._string_at(self._strings + name))
        return tuple(sorted(names))

    def _chain(self, tags: dict[int, list[int]], tag: int, layout: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        for address in tags.get(tag, ()):
            yield from self._links(self._offset_of(address), layout)

    def _links(self, at: int, layout: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Records that each end with the distance to the next one, zero at the last, as the loader walks them."""
        record = struct.Struct(self._order + layout)
        while True:
            self._count()
            fields = self._unpack(record, at)
            yield at, fields
            if fields[-1] == 0:
                return
            at += fields[-1]

    def _count(self) -> None:
        self._records += 1
        if self._records > _MOST_RECORDS:
            raise LimitError(f"{self._where}: cannot read as ELF: it has more than {_MOST_RECORDS} dynamic records")

    def _offset_of(self, address: int) -> int:
        """Where in the file the byte stands that is loaded to `address`."""
        for start, offset, size in self._segments:
            if start <= address < start + size:
                return address - start + offset
        raise self._broken(f"nothing is loaded to address {address:#x}")

    def _string_at(self, start: int, limit: int | None = None) -> str:
        most = start + _LONGEST_STRING
        text, end, _ = bytes(self._data[start : most if limit is None else min(limit, most)]).partition(b"\0")
        if not end:
            raise self._broken(f"the text at offset {start:#x} has no end")
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise self._broken(f"the text at offset {start:#x} is not UTF-8") from error

    def _unpack(self, layout: str | struct.Struct, offset: int) -> tuple[int, ...]:
        if offset > len(self._data):
            raise self._broken(f"offset {offset:#x} is past its end")
        if isinstance(layout, struct.Struct):
            return layout.unpack_from(self._data, offset)
        return struct.unpack_from(self._order + layout, self._data, offset)

    def _broken(self, what: str) -> FormatError:
        return FormatError(f"{self._where}: cannot read as ELF: {what}")
