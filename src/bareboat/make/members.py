"""Entries become members: stretches of tar, each compressed alone, that a layer is put together from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bareboat.make.compress import MEMBER_BYTES
from bareboat.make.contribution import Member
from bareboat.make.tarball import Contents, entry_bytes, kept_content
from bareboat.make.tree import AnyEntry
from bareboat.make.workshop import Workshop


def add_members(
    entries: Iterable[AnyEntry], workshop: Workshop, contents: Contents = kept_content
) -> tuple[Member, ...]:
    """Write `entries` in the order given and store their members."""
    return tuple(add_member(stretch, workshop) for stretch in stretches(entries, contents))


def add_member(data: bytes, workshop: Workshop) -> Member:
    """Compress and store one stretch of tar."""
    packed = workshop.compression.compress(data)
    return Member(workshop.blobs.add([packed]), len(packed), len(data))


def stretches(entries: Iterable[AnyEntry], contents: Contents) -> Iterator[bytes]:
    """The tar of `entries` cut into pieces of at most `MEMBER_BYTES`, without the end of an archive."""
    gathered: list[memoryview] = []
    room = MEMBER_BYTES
    for entry in entries:
        for piece in entry_bytes(entry, contents):
            view = memoryview(piece)
            while len(view) >= room:
                yield b"".join([*gathered, view[:room]])
                view = view[room:]
                gathered, room = [], MEMBER_BYTES
            gathered.append(view)
            room -= len(view)
    if room < MEMBER_BYTES:
        yield b"".join(gathered)
