"""One layer as a tar without compression: verified while it is read, kept in a file without a name, read as changes.

OCI image specification 1.1, "Image Layer Filesystem Changeset".
What a change means for the layers below is not judged here; `changeset` does that.
"""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, UnsafePathError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, archive_path, link_target
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.oci.tar_headers import BLOCK, TarHeader, tar_headers
from bareboat.store.blobs import Blobs
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.limits import CHUNK_BYTES, GIB
from bareboat.store.output import writing
from bareboat.store.verify import Check, VerifiedReader

MOST_BYTES = 64 * GIB
"""How large a layer may be without its compression: several times what anybody ships."""

_KINDS = {
    "0": EntryKind.file,
    "1": EntryKind.hard_link,
    "2": EntryKind.symbolic_link,
    "3": EntryKind.character_device,
    "4": EntryKind.block_device,
    "5": EntryKind.folder,
    "6": EntryKind.fifo,
    "7": EntryKind.file,  # POSIX: "implementations without such extensions should treat this file as a regular file"
}
_LONGEST_PATH = 4096  # Linux, PATH_MAX
_LONGEST_NAME = 255  # Linux, NAME_MAX
_MOST_OWNER = 2**32 - 2
_MOST_SECONDS = 2**40
_MOST_DEVICE = 0o7777777
_NUMBERS = ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345))
"""POSIX, ustar header: mode, uid, gid, mtime, devmajor, devminor."""
_XATTR = "SCHILY.xattr."
_TIME = re.compile(r"(-?[0-9]{1,18})(?:\.[0-9]*)?")


@frozen
class Change:
    """An entry of a layer as its tar says it, and where its content begins in the tar."""

    entry: LayerEntry
    offset: int


def _see_nothing(header: TarHeader) -> None:
    """Nobody asked."""


def unpack(
    blobs: Blobs, layer: Descriptor, compression: Compression, diff_id: Digest | None, *, most_bytes: int = MOST_BYTES
) -> BinaryIO:
    """The tar of `layer` in a file without a name, which the caller closes.

    Args:
        blobs: Where the layer is.
        layer: What was promised.
        compression: How it is packed.
        diff_id: The digest that its tar must have, when that is known.
        most_bytes: How large the tar may be.

    Raises:
        NotFoundError: When the layer is not there.
        DigestMismatchError: When the bytes are not those that the descriptor or the configuration promises.
        FormatError: When it is not packed as its media type says.
        LimitError: When the tar is larger than `most_bytes`.
        StoreError: When this machine refuses.
    """
    if blobs.size(layer.digest) != layer.size:
        reason = f"{blobs.size(layer.digest)} bytes are there, {layer.size} were promised"
        raise DigestMismatchError(f"cannot accept as {layer.digest}: {reason}")
    folder = Path(tempfile.gettempdir())
    with writing(folder):
        plain = tempfile.TemporaryFile()  # noqa: SIM115  it outlives this function
    try:
        with BufferedReader(VerifiedReader(blobs.open(layer.digest), layer.digest), CHUNK_BYTES) as packed:
            check = Check(diff_id)
            try:
                stream = unpacked(packed, compression)
                while chunk := stream.read(CHUNK_BYTES):
                    check.feed(chunk)
                    if check.count > most_bytes:
                        raise LimitError(f"cannot read: it unpacks to more than {most_bytes} bytes")
                    with writing(folder):
                        plain.write(chunk)
            except FormatError as fault:
                if not isinstance(fault, LimitError):
                    _drain(packed)  # bytes that were tampered with are said to be so
                raise
            _drain(packed)
        check.finish()
        with writing(folder):
            plain.flush()
            plain.seek(0)
    except BaseException:
        plain.close()
        raise
    return plain


def changes_of(plain: BinaryIO, layer: int, see: Callable[[TarHeader], None] = _see_nothing) -> Iterator[Change]:
    """Every entry of a tar from `unpack`, in order, for the layer at position `layer`.

    Args:
        plain: The tar.
        layer: Its position, counted from the base.
        see: Told each header before it is judged here.

    Raises:
        FormatError: When it is damaged, or has what not every reader understands alike.
        UnsafePathError: For a name or the target of a link that is absolute, has `..`, or is no UTF-8.
        LimitError: For a name that Linux could not have.
    """
    plain.seek(0)
    for header in tar_headers(plain):
        offset = plain.tell()
        see(header)
        yield Change(entry=_entry(header, os.pread(plain.fileno(), BLOCK, offset - BLOCK), layer), offset=offset)


def _entry(header: TarHeader, block: bytes, layer: int) -> LayerEntry:
    path = _path(header.name, "path")
    kind = _KINDS.get(header.kind)
    if kind is None or any(key.startswith("GNU.sparse.") for key in header.records):
        # layer.md says of sparse files that "they lack consistent support across tar implementations".
        what = "is sparse" if kind is not None or header.kind == "S" else f'has the type "{header.kind}"'
        raise FormatError(f'cannot read "{path}": it {what}, which not every reader understands')
    if kind is EntryKind.file and header.name.endswith("/"):
        kind = EntryKind.folder  # an old way to write one
    if kind is not EntryKind.file and header.size:
        raise FormatError(f'cannot read "{path}": it is a {kind} and yet has contents')
    numbers = _numbers(header, block, path)
    return LayerEntry(
        path=path,
        kind=kind,
        mode=numbers.mode & 0o7777,
        uid=numbers.uid,
        gid=numbers.gid,
        mtime=Epoch(int(numbers.mtime)),
        size=header.size,
        target=_target(path, kind, header.link),
        xattrs=_xattrs(header, path),
        major=numbers.devmajor if kind in (EntryKind.character_device, EntryKind.block_device) else 0,
        minor=numbers.devminor if kind in (EntryKind.character_device, EntryKind.block_device) else 0,
        layer=layer,
    )


def _path(name: str, where: str) -> ImagePath:
    path = archive_path(name, where=where)
    if 4 * len(path) <= _LONGEST_NAME:  # a character has four bytes at most
        return path
    if len(path.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
        raise LimitError(f'{where}: "{path[:80]}…" is longer than Linux allows')
    return path


def _target(path: ImagePath, kind: EntryKind, link: str) -> str:
    if kind is EntryKind.hard_link:
        return _path(link, f'hard link "{path}"')
    if kind is not EntryKind.symbolic_link:
        return ""
    link_target(path, link)  # refuses one to nowhere
    if any("\ud800" <= character <= "\udfff" for character in link):
        raise UnsafePathError(f'"{path}" is a link to {link!r}, which is not valid UTF-8')
    if len(link.encode()) > _LONGEST_PATH:
        raise LimitError(f'"{path}" is a link to "{link[:80]}…", which is longer than Linux allows')
    return link


def _numbers(header: TarHeader, block: bytes, path: ImagePath) -> tarfile.TarInfo:
    """Mode, owner, time and device of the header `block`, with what its extended header says instead."""
    numbers = _plain_numbers(block)
    if numbers is None:
        try:
            numbers = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as fault:
            raise FormatError(f'cannot read the header of "{path}": {fault}') from fault
    numbers.uid = int(header.records.get("uid", numbers.uid))
    numbers.gid = int(header.records.get("gid", numbers.gid))
    time = _TIME.fullmatch(header.records.get("mtime", "0"))
    if time is None:
        raise FormatError(f'cannot read "{header.records["mtime"][:40]}" as the time of "{path}"')
    numbers.mtime = int(time[1]) if "mtime" in header.records else int(numbers.mtime)
    if not (0 <= numbers.uid <= _MOST_OWNER and 0 <= numbers.gid <= _MOST_OWNER):
        raise FormatError(f'cannot read "{path}": its owner cannot be {numbers.uid}:{numbers.gid}')
    if abs(numbers.mtime) > _MOST_SECONDS:
        raise FormatError(f'cannot read "{path}": its time cannot be {numbers.mtime}')
    if not (0 <= numbers.devmajor <= _MOST_DEVICE and 0 <= numbers.devminor <= _MOST_DEVICE):
        raise FormatError(f'cannot read "{path}": its device cannot be {numbers.devmajor}:{numbers.devminor}')
    return numbers


def _plain_numbers(block: bytes) -> tarfile.TarInfo | None:
    """The numbers of a header that has them in octal, which is five times as fast as the standard library."""
    fields = [block[start:end].strip(b" \0") for start, end in _NUMBERS]
    if any(field.translate(None, b"01234567") for field in fields):
        return None
    numbers = tarfile.TarInfo()
    mode, uid, gid, mtime, major, minor = (int(field or b"0", 8) for field in fields)
    numbers.mode, numbers.uid, numbers.gid, numbers.mtime = mode, uid, gid, mtime
    numbers.devmajor, numbers.devminor = major, minor
    return numbers


def _xattrs(header: TarHeader, path: ImagePath) -> tuple[tuple[str, bytes], ...]:
    """pax records of star, which everybody writes: `SCHILY.xattr.` and the name."""
    found = {}
    for key, value in header.records.items():
        name = key.removeprefix(_XATTR)
        if name == key:
            continue
        if not name or not name.isprintable() or not name.isascii():
            raise FormatError(f'cannot read "{path}": an extended attribute cannot be called {name!r}')
        found[name] = value.encode("utf-8", "surrogateescape")
    return tuple(sorted(found.items()))


def _drain(stream: BinaryIO) -> None:
    while stream.read(CHUNK_BYTES):
        pass
