"""Reads a loader's cache back, to say what is in it."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what the loader asks for, where it is, for which loaders, and its glibc-hwcaps folder."""

    soname: str
    path: str
    flags: int
    level: str | None = None


def read_cache(data: bytes) -> tuple[list[Record], str]:
    """The records in their order, and who wrote the file."""
    order = "<" if data[28] == 2 else ">"
    count, texts_size, byte_order, extension = struct.unpack_from(order + "IIB3xI", data, 20)
    assert (data[:20], byte_order) == (b"glibc-ld.so.cache1.1", 2 if order == "<" else 3)
    assert 48 + 24 * count + texts_size <= extension < len(data)
    magic, sections = struct.unpack_from(order + "II", data, extension)
    assert magic == 0xEAA42174
    generator, levels = "", []
    for number in range(sections):
        tag, _, offset, size = struct.unpack_from(order + "IIII", data, extension + 8 + 16 * number)
        if tag == 0:
            generator = data[offset : offset + size].decode()
        else:
            levels = [_text(data, place) for place in struct.unpack_from(f"{order}{size // 4}I", data, offset)]
    records = []
    for number in range(count):
        flags, soname, path, version, hwcap = struct.unpack_from(order + "iIIIQ", data, 48 + 24 * number)
        assert version == 0
        level = levels[hwcap & 0xFFFFFFFF] if hwcap >> 62 == 1 else None
        records.append(Record(_text(data, soname), _text(data, path), flags, level))
    return records, generator


def _text(data: bytes, place: int) -> str:
    return data[place : data.index(b"\0", place)].decode()
