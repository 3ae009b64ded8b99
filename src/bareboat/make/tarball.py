"""The only tar writer: entries to bytes, the same everywhere.

POSIX ustar (IEEE Std 1003.1, "pax", ustar Interchange Format) with pax extended headers only where ustar has no room:
long names and links, large sizes, extended attributes.
Names carry no `./`; folders end in `/`; user and group names are empty, so that numbers decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from bareboat.base.errors import InternalError
from bareboat.base.frozen import frozen
from bareboat.base.mode import FILE, LINK
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
    records: dict[str, bytes] = {f"SCHILY.xattr.{key}": value for key, value in entry.xattrs}
    split = _split(name)
    if split is None:
        records["path"] = name
    if len(target) > _NAME_BYTES or not target.isascii():
        records["linkpath"] = target
    numbers = {
        "uid": (entry.uid, _MOST_OCTAL_7),
        "gid": (entry.gid, _MOST_OCTAL_7),
        "size": (entry.size if isinstance(entry, File) else 0, _MOST_OCTAL_11),
        "mtime": (entry.mtime, _MOST_OCTAL_11),
    }
    records |= {key: str(value).encode() for key, (value, most) in numbers.items() if value > most}
    block = _Block(
        name=split or (b"", name[:_NAME_BYTES]),
        kind=kind,
        mode=LINK if isinstance(entry, Symlink) else entry.mode,
        target=target[:_NAME_BYTES],
        device=(entry.major, entry.minor) if isinstance(entry, Device) else (0, 0),
        **{key: value if value <= most else 0 for key, (value, most) in numbers.items()},
    )
    return (_extended(records) if records else b"") + block.to_bytes()


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
    cut = name.rfind(b"/", 0, min(_PREFIX_BYTES, len(name) - 2) + 1)  # not at the slash that ends a folder
    if cut <= 0 or len(name) - cut - 1 > _NAME_BYTES:
        return None
    return name[:cut], name[cut + 1 :]


def _extended(records: dict[str, bytes]) -> bytes:
    """A pax extended header: records of `length key=value`, sorted by key."""
    body = b"".join(_record(key.encode(), records[key]) for key in sorted(records))
    block = _Block(name=(b"", b"././@PaxHeader"), kind=b"x", mode=FILE, size=len(body))
    return block.to_bytes() + body + padding(len(body))


def _record(key: bytes, value: bytes) -> bytes:
    """> The <length> field shall be the decimal length of the extended header record in octets, including itself."""
    rest = len(key) + len(value) + 3
    length = rest
    while length != rest + len(str(length)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


@frozen
class _Block:
    """A header block of ustar; `name` is what goes into the fields `prefix` and `name`."""

    name: tuple[bytes, bytes]
    kind: bytes
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    target: bytes = b""
    device: tuple[int, int] = (0, 0)

    def to_bytes(self) -> bytes:
        prefix, name = self.name
        block = b"".join([
            name.ljust(100, b"\0"),
            _octal(self.mode & 0o7777, 8),
            _octal(self.uid, 8),
            _octal(self.gid, 8),
            _octal(self.size, 12),
            _octal(self.mtime, 12),
            b" " * 8,
            self.kind,
            self.target.ljust(100, b"\0"),
            b"ustar\x0000",
            b"\0" * 64,
            _octal(self.device[0], 8),
            _octal(self.device[1], 8),
            prefix.ljust(155, b"\0"),
            b"\0" * 12,
        ])
        # "The chksum field shall … be the simple sum of all octets in the header", its own taken as spaces.
        return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _octal(value: int, width: int) -> bytes:
    """> Each numeric field is terminated by one or more <space> or NUL characters."""
    digits = b"%0*o" % (width - 1, value)
    if value < 0 or len(digits) >= width:
        raise InternalError(f"{value} does not fit into a tar header")
    return digits + b"\0"
