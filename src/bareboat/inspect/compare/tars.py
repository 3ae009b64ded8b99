"""Two tars in files, entry by entry: which path differs, and in which field."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from bareboat.inspect.compare.bytes import Reader, first_difference_of, lines_at
from bareboat.inspect.compare.difference import Difference, Part
from bareboat.inspect.tar_entries import TarEntry, entries_of, fields_of, header_field_at, without_checksum
from bareboat.store.limits import CHUNK_BYTES

_Keyed = Mapping[tuple[str, int], TarEntry]


def tar_differences(one: BinaryIO, other: BinaryIO, part: Part) -> Iterator[Difference]:
    """Every difference of two tars, in the order in which they are met when both are read.

    An entry that one side has and the other has not; entries in another order; each field of an entry; its content;
    then what no field shows, in headers, in padding and behind the end.
    """
    (ours, our_fault), (theirs, their_fault) = entries_of(one), entries_of(other)
    left: _Keyed = {entry.key: entry for entry in ours}
    right: _Keyed = {entry.key: entry for entry in theirs}
    places = [(number, 1, entry.key) for number, entry in enumerate(ours)]
    places += [(number, 0, entry.key) for number, entry in enumerate(theirs) if entry.key not in left]
    first_moved = _first_moved(ours, theirs, left, right)
    for _, _, key in sorted(places):
        mine, yours = left.get(key), right.get(key)
        if mine is None or yours is None:
            yield _single(mine, yours, (one, other), part)
            continue
        if first_moved is not None and key == first_moved[0]:
            yield Difference(part=part, path=mine.path, field="order", one=first_moved[1], other=first_moved[2])
        yield from _entry(mine, yours, one, other, part)
    if our_fault != their_fault:
        yield Difference(part=part, field="tar", one=our_fault, other=their_fault)
    yield from _end(ours, theirs, one, other, part)


def _single(mine: TarEntry | None, yours: TarEntry | None, files: tuple[BinaryIO, BinaryIO], part: Part) -> Difference:
    kinds = [
        fields_of(entry, plain)["type"] if entry is not None else None
        for entry, plain in zip((mine, yours), files, strict=True)
    ]
    path = next(entry.path for entry in (mine, yours) if entry is not None)
    return Difference(part=part, path=path, field="presence", one=kinds[0], other=kinds[1])


def _first_moved(
    ours: Sequence[TarEntry], theirs: Sequence[TarEntry], left: _Keyed, right: _Keyed
) -> tuple[tuple[str, int], str, str] | None:
    """The first entry of both that stands elsewhere, and what it comes after on each side."""
    common = [entry for entry in ours if entry.key in right]
    again = [entry for entry in theirs if entry.key in left]
    for number, (mine, yours) in enumerate(zip(common, again, strict=True)):
        if mine.key != yours.key:
            place = next(at for at, entry in enumerate(again) if entry.key == mine.key)
            before = f"after {common[number - 1].path}" if number else "first"
            return mine.key, before, f"after {again[place - 1].path}"
    return None


def _entry(mine: TarEntry, yours: TarEntry, one: BinaryIO, other: BinaryIO, part: Part) -> Iterator[Difference]:
    left, right = fields_of(mine, one), fields_of(yours, other)
    before = False
    for field in dict.fromkeys([*left, *right]):
        if left.get(field) != right.get(field):
            before = True
            yield Difference(part=part, path=mine.path, field=field, one=left.get(field), other=right.get(field))
    content = _content(mine, yours, one, other, part)
    if content is not None:
        yield content
    if before or mine.size != yours.size:
        return
    headers = [_span(file, entry.start, entry.content) for file, entry in ((one, mine), (other, yours))]
    if headers[0] != headers[1]:
        others = [without_checksum(data) for data in headers]  # it follows from all other fields
        offset = first_difference_of(*(headers if others[0] == others[1] else others))
        name = header_field_at(offset, len(headers[0]))
        said = [data[offset : offset + 16].hex(" ") for data in headers]
        yield Difference(
            part=part, path=mine.path, field=f"header ({name})", one=said[0], other=said[1], offset=offset
        )
    padding = [_span(file, entry.content + entry.size, entry.end) for file, entry in ((one, mine), (other, yours))]
    if padding[0] != padding[1]:
        yield Difference(part=part, path=mine.path, field="padding", one=padding[0].hex(), other=padding[1].hex())


def _content(mine: TarEntry, yours: TarEntry, one: BinaryIO, other: BinaryIO, part: Part) -> Difference | None:
    readers = _reader(one, mine), _reader(other, yours)
    offset = _first_differing(*readers, max(mine.size, yours.size))
    if offset is None:
        return None
    line, left, right = lines_at(*readers, offset)
    return Difference(part=part, path=mine.path, field="content", one=left, other=right, offset=offset, line=line)


def _reader(plain: BinaryIO, entry: TarEntry) -> Reader:
    return partial(_within, plain.fileno(), entry.content, entry.size)


def _within(descriptor: int, start: int, size: int, offset: int, count: int) -> bytes:
    return os.pread(descriptor, max(0, min(count, size - offset)), start + offset)


def _first_differing(one: Reader, other: Reader, size: int) -> int | None:
    for offset in range(0, size, CHUNK_BYTES):
        left, right = one(offset, CHUNK_BYTES), other(offset, CHUNK_BYTES)
        if left != right:
            return offset + first_difference_of(left, right)
    return None


def _end(
    ours: Sequence[TarEntry], theirs: Sequence[TarEntry], one: BinaryIO, other: BinaryIO, part: Part
) -> Iterator[Difference]:
    """What comes behind the last entry: two blocks of zeros at least."""
    sizes = [
        os.fstat(file.fileno()).st_size - (entries[-1].end if entries else 0)
        for file, entries in ((one, ours), (other, theirs))
    ]
    if sizes[0] != sizes[1]:
        said = [f"{size} bytes" for size in sizes]
        yield Difference(part=part, field="end of the archive", one=said[0], other=said[1])


def _span(plain: BinaryIO, start: int, end: int) -> bytes:
    return os.pread(plain.fileno(), end - start, start)
