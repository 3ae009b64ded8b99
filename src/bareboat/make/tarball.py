"""The only tar writer: entries to bytes, the same everywhere.

POSIX ustar (IEEE Std 1003.1, "pax", ustar Interchange Format) with pax extended headers only where ustar has no room:
long names and links, large sizes, extended attributes.
Names carry no `./`; folders end in `/`; user and group names are empty, so that numbers decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from bareboat.base.errors import InternalError
from bareboat.base.mode import LINK
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink

BLOCK = 512
END = b"\0" * (2 * BLOCK)
"""What ends an archive: two blocks of zeros."""

_NAME_BYTES = 100
_PREFIX_BYTES = 155
_MOST_OCTAL_7 = 0o7777777
_MOST_OCTAL_11 = 0o77777777777
_DEVICE_TYPES = {"char": b"3", "block": b"4", "fifo": b"6"}


class Contents(Protocol):
    """Gives the bytes of a file that a tree knows by digest."""

    def __call__(self, file: File) -> bytes:
        """The bytes of `file`."""


def kept_content(file: File) -> bytes:
    """The bytes that travel along in the tree itself."""
    return file.content


def entry_bytes(entry: AnyEntry, contents: Contents = kept_content) -> Iterator[bytes]:
    """The header blocks of `entry`, then its content padded to whole blocks.

    Raises:
        InternalError: When the content has another size than the entry says.
    """
    yield header(entry)
    if isinstance(entry, File) and entry.size:
        data = contents(entry)
        if len(data) != entry.size:
            raise InternalError(f'"/{entry.path}" has {len(data)} bytes, not {entry.size}')
        yield data
        yield padding(entry.size)


def padding(size: int) -> bytes:
    """The zeros that fill the last block after `size` bytes."""
    return b"\0" * (-size % BLOCK)


def header(entry: AnyEntry) -> bytes:
    """The header blocks of `entry`."""
    kind, target = _kind(entry)
    name = entry.path.encode() + (b"/" if isinstance(entry, Directory) else b"")
    size = entry.size if isinstance(entry, File) else 0
    records: dict[str, bytes] = {f"SCHILY.xattr.{key}": value for key, value in entry.xattrs}
    split = _split(name)
    if split is None:
        records["path"] = name
        split = (b"", name[:_NAME_BYTES])
    if len(target) > _NAME_BYTES:
        records["linkpath"] = target
    for field, value, most in (("uid", entry.uid, _MOST_OCTAL_7), ("gid", entry.gid, _MOST_OCTAL_7)):
        if value > most:
            records[field] = str(value).encode()
    for field, value in (("size", size), ("mtime", entry.mtime)):
        if not 0 <= value <= _MOST_OCTAL_11:
            records[field] = str(value).encode()
    major, minor = (entry.major, entry.minor) if isinstance(entry, Device) else (0, 0)
    block = _block(
        split, kind, LINK if isinstance(entry, Symlink) else entry.mode,
        (entry.uid, entry.gid), size, entry.mtime, target[:_NAME_BYTES], (major, minor),
    )
    return (_extended(records) if records else b"") + block


def _kind(entry: AnyEntry) -> tuple[bytes, bytes]:
    match entry:
        case Directory():
            return b"5", b""
        case File():
            return b"0", b""
        case Symlink():
            return b"2", entry.target.encode()
        case Hardlink():
            return b"1", entry.target.encode()
        case Device():
            return _DEVICE_TYPES[entry.kind], b""


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """`name` as ustar's prefix and name, or None when it does not fit or is not ASCII.

    > The name and prefix fields ... a <slash> character is inserted between them.
    """
    if not name.isascii():
        return None
    if len(name) <= _NAME_BYTES:
        return b"", name
    cut = name.rfind(b"/", 0, min(_PREFIX_BYTES, len(name) - 1) + 1)
    if cut <= 0 or len(name) - cut - 1 > _NAME_BYTES:
        return None
    return name[:cut], name[cut + 1 :]


def _extended(records: dict[str, bytes]) -> bytes:
    """A pax extended header: records of `length key=value`, sorted by key."""
    body = b"".join(_record(key.encode(), records[key]) for key in sorted(records))
    block = _block((b"", b"././@PaxHeader"), b"x", 0o644, (0, 0), len(body), 0, b"", (0, 0))
    return block + body + padding(len(body))


def _record(key: bytes, value: bytes) -> bytes:
    """> The <length> field shall be the decimal length of the extended header record in octets, including itself."""
    rest = len(key) + len(value) + 3
    length = rest
    while length != rest + len(str(length)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _block(
    name: tuple[bytes, bytes], kind: bytes, mode: int, owner: tuple[int, int], size: int, mtime: int,
    target: bytes, device: tuple[int, int],
) -> bytes:
    prefix, base = name
    fields = [
        base.ljust(100, b"\0"),
        _octal(mode & 0o7777, 8),
        _octal(owner[0] if owner[0] <= _MOST_OCTAL_7 else 0, 8),
        _octal(owner[1] if owner[1] <= _MOST_OCTAL_7 else 0, 8),
        _octal(size if size <= _MOST_OCTAL_11 else 0, 12),
        _octal(mtime if 0 <= mtime <= _MOST_OCTAL_11 else 0, 12),
        b" " * 8,
        kind,
        target.ljust(100, b"\0"),
        b"ustar\x0000",
        b"\0" * 64,
        _octal(device[0], 8),
        _octal(device[1], 8),
        prefix.ljust(155, b"\0"),
        b"\0" * 12,
    ]
    block = b"".join(fields)
    checksum = b"%06o\0 " % sum(block)
    return block[:148] + checksum + block[156:]


def _octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)
