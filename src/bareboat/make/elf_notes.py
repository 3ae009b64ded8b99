"""The libraries that an ELF file says it loads while it runs, if they are there: its dlopen metadata.

Nothing that a program loads by `dlopen` stands in its dynamic section, so a program may say it in a note.
A note is a hint for packagers that the loader does not read: what cannot be understood is passed over, never an error.

Specification: UAPI Group, "ELF Note .note.dlopen Metadata"; notes as in the System V ABI, chapter 5, "Note Section".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from enum import StrEnum

from bareboat.base.document import Document
from bareboat.base.frozen import frozen

_OWNER = b"FDO\0"
_TYPE = 0x407C0C0A
MOST_BYTES = 1 << 18
_MOST_NOTES = 1024
_MOST_NAMES = 1024
_LONGEST_TEXT = 4_096


class Priority(StrEnum):
    """What becomes of a program without the library, in the words of the specification."""

    required = "required"
    recommended = "recommended"
    suggested = "suggested"


@frozen
class Dlopen:
    """A library that is loaded while the program runs: any one of `sonames`, the first found.

    `feature` and `description` say what it is for, and may be empty.
    """

    sonames: tuple[str, ...]
    priority: Priority = Priority.recommended
    feature: str = ""
    description: str = ""

    def to_document(self) -> dict[str, object]:
        """This as JSON values."""
        return {
            "sonames": list(self.sonames),
            "priority": str(self.priority),
            "feature": self.feature,
            "description": self.description,
        }

    @classmethod
    def from_document(cls, document: Document) -> Dlopen:
        """What `to_document` wrote.

        Raises:
            BareboatError: The document's own error, for a field that is missing or of another type or value.
        """
        priority = document.string("priority")
        if priority not in set(Priority):
            raise document.error(f"{document.where}: priority cannot be {priority[:40]!r}")
        return cls(
            sonames=document.strings("sonames"),
            priority=Priority(priority),
            feature=document.string("feature"),
            description=document.string("description"),
        )


def dlopen_hints(segment: bytes, *, little_endian: bool, align: int) -> tuple[Dlopen, ...]:
    """What the notes of a PT_NOTE segment say is loaded while the program runs, in their order."""
    return tuple(
        hint
        for owner, kind, content in _notes(segment[:MOST_BYTES], "<" if little_endian else ">", 8 if align == 8 else 4)
        if (owner, kind) == (_OWNER, _TYPE)
        for hint in _hints(content)
    )


def _notes(segment: bytes, order: str, align: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner, type and content of each note, up to the first that does not fit."""
    header = struct.Struct(order + "III")
    at = 0
    for _ in range(_MOST_NOTES):
        if at + header.size > len(segment):
            return
        name_size, size, kind = header.unpack_from(segment, at)
        content = at + _aligned(header.size + name_size, align)
        if content + size > len(segment):
            return
        yield segment[at + header.size : at + header.size + name_size], kind, segment[content : content + size]
        at = content + _aligned(size, align)


def _hints(content: bytes) -> Iterator[Dlopen]:
    """The hints of one note: a JSON array of mappings, ended by a NUL."""
    try:
        items = json.loads(content.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return
    for item in items[:_MOST_NAMES] if isinstance(items, list) else ():
        names = item.get("soname") if isinstance(item, dict) else None
        sonames = tuple(name for name in names[:_MOST_NAMES] if _is_text(name)) if isinstance(names, list) else ()
        if sonames:
            yield Dlopen(
                sonames=sonames,
                priority=_priority(item.get("priority")),
                feature=_text(item.get("feature")),
                description=_text(item.get("description")),
            )


def _priority(value: object) -> Priority:
    """What a note says, `recommended` where it says nothing that is known."""
    return next((one for one in Priority if one == value), Priority.recommended)


def _text(value: object) -> str:
    return value if isinstance(value, str) and _is_text(value) else ""


def _is_text(value: object) -> bool:
    """Whether this is a text that can be written down again: neither empty, nor long, nor with half a character."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _aligned(size: int, align: int) -> int:
    return -(-size // align) * align
