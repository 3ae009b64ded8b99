"""What the dynamic loader would read of an ELF file: placeholder values until the reader is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFacts:
    """What the dynamic loader reads of an ELF file.

    `needs` pairs a soname with the symbol versions wanted from it (`.gnu.version_r`), sorted;
    `defines` are the symbol versions given (`.gnu.version_d`); `kind` is `EXEC`, `DYN`, `REL` or `CORE`.
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
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    defines: tuple[str, ...] = ()
