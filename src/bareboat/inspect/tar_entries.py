"""The entries of a layer's tar as they are written: every field of the header, and where in the tar each piece lies.

Stricter than `store.layer_tar`, which reads what entries mean: here nothing that is written otherwise is the same.
"""

from __future__ import annotations

import os
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.inspect.compare.difference import shown
from bareboat.oci.tar_headers import BLOCK, TarHeader, tar_headers

_TYPES = {
    "0": "file",
    "1": "hard link",
    "2": "symbolic link",
    "3": "character device",
    "4": "block device",
    "5": "folder",
    "6": "fifo",
}
_WITH_CONTENT = "07S"
_XATTR = "SCHILY.xattr."
_WORKED_IN = frozenset({"path", "linkpath", "size", "uid", "gid"})
"""Records of an extended header that other fields already have."""

# POSIX.1-2017, pax, "ustar Interchange Format": the fields of a header block and where each begins.
_LAYOUT = (
    (0, "name"), (100, "mode"), (108, "uid"), (116, "gid"), (124, "size"), (136, "mtime"), (148, "chksum"),
    (156, "typeflag"), (157, "linkname"), (257, "magic"), (263, "version"), (265, "uname"), (297, "gname"),
    (329, "devmajor"), (337, "devminor"), (345, "prefix"), (500, "padding"),
)  # fmt: skip


@frozen(kw_only=False)
class TarEntry:
    """An entry: `start` is where its first header block begins, `content` where its bytes do; `again` counts the
    entries of the same path before it.
    """

    header: TarHeader
    again: int
    start: int
    content: int

    @property
    def path(self) -> str:
        """Absolute in the image, however the tar spells it."""
        return "/" + shown(self.header.name).removeprefix("./").rstrip("/").removeprefix("./")

    @property
    def key(self) -> tuple[str, int]:
        """What an entry of another tar must have to be the same one."""
        return self.path, self.again

    @property
    def size(self) -> int:
        """How many bytes of content follow the header."""
        return self.header.size if self.header.kind in _WITH_CONTENT else 0

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.content + self.size + -self.size % BLOCK


def entries_of(plain: BinaryIO) -> tuple[tuple[TarEntry, ...], str | None]:
    """The entries of a tar in a file, in order, and why reading ended before the end of the archive, if it did."""
    found: list[TarEntry] = []
    try:
        found.extend(_read(plain))
    except FormatError as fault:
        return tuple(found), fault.message
    return tuple(found), None


def fields_of(entry: TarEntry, plain: BinaryIO) -> Mapping[str, str]:
    """Every field of an entry by name, as text; records that stand in the extended header alone come last.

    The size is in bytes, the time in seconds since 1970; extended attributes are in hexadecimal where they are no text.
    """
    header = entry.header
    block = os.pread(plain.fileno(), BLOCK, entry.content - BLOCK)
    try:
        numbers = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as fault:
        return {"name": shown(header.name), "header": str(fault)}
    fields = {
        "name": shown(header.name),
        "type": _TYPES.get(header.kind, f'"{header.kind}"'),
        "mode": f"{numbers.mode:04o}",
        "uid": header.records.get("uid", str(numbers.uid)),
        "gid": header.records.get("gid", str(numbers.gid)),
        "uname": shown(numbers.uname),
        "gname": shown(numbers.gname),
        "mtime": header.records.get("mtime", str(int(numbers.mtime))),
        "size": str(header.size),
        "link": shown(header.link),
        "device": f"{numbers.devmajor}:{numbers.devminor}",
    }
    for key, value in sorted(header.records.items()):
        if key.startswith(_XATTR):
            fields[f"xattr {shown(key.removeprefix(_XATTR))}"] = _value(value)
        elif key not in _WORKED_IN and key != "mtime":
            fields[f"pax {shown(key)}"] = _value(value)
    return fields


def header_field_at(offset: int, header_bytes: int) -> str:
    """The name of the header's field that has the byte at `offset` of the header blocks of an entry."""
    begin = header_bytes - BLOCK
    if offset < begin:
        return "extended header"
    return next(name for start, name in reversed(_LAYOUT) if start <= offset - begin)


def without_checksum(header: bytes) -> bytes:
    """The header blocks of an entry with zeros for the checksum of the last one."""
    begin = len(header) - BLOCK + 148
    return header[:begin] + bytes(8) + header[begin + 8 :]


def _read(plain: BinaryIO) -> Iterator[TarEntry]:
    plain.seek(0)
    start = 0
    seen: Counter[str] = Counter()
    for header in tar_headers(plain):
        entry = TarEntry(header, seen[header.name], start, plain.tell())
        seen[header.name] += 1
        start = entry.end
        yield entry


def _value(value: str) -> str:
    if value.isprintable():
        return shown(value)
    return value.encode("utf-8", "surrogateescape").hex(" ")
