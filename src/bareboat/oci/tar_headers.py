"""The headers of a tar stream exactly as they are written, for a judge stricter than any reader.

POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU's long names and large numbers.
Nothing is interpreted: names keep their `./` and their trailing slash, contents are passed over.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import BinaryIO

from bareboat.base.errors import FormatError, LimitError
from bareboat.base.frozen import frozen
from bareboat.oci.received import no_texts

BLOCK = 512

_MOST_EXTENSION_BYTES = 1024 * 1024
_MOST_SIZE = 1 << 62
_LONGEST_NUMBER = 8
_CHUNK_BYTES = 256 * 1024
_ZERO = bytes(BLOCK)
_OCTAL = b"01234567"
_MAGICS = frozenset({b"ustar\x0000", b"ustar  \x00"})
_NUMERIC_RECORDS = frozenset({"size", "uid", "gid"})


@frozen
class TarHeader:
    """One entry: `kind` is its type flag (`0` file, `1` hard link, `2` symbolic link, `5` folder …).

    `records` are those of its pax extended header; they are worked into the other fields already.
    """

    name: str
    kind: str
    size: int
    link: str = ""
    records: Mapping[str, str] = field(default_factory=no_texts, hash=False)


def tar_headers(stream: BinaryIO) -> Iterator[TarHeader]:
    """Every entry of the tar in `stream`, in order.

    Raises:
        FormatError: For a header that is none, a stream that ends too early, or anything behind the end of the archive.
        LimitError: For an extended header or a long name of more than 1 MiB.
    """
    extension: dict[str, str] = {}
    extension_bytes = 0
    while True:
        block = _exactly(stream, BLOCK)
        if block == _ZERO:
            _check_end(stream)
            if extension:
                raise FormatError("cannot read as tar: an extended header has no entry")
            return
        header = _header(block)
        if header.kind in "xgLK":
            extension_bytes += header.size  # of all that one entry has
            if extension_bytes > _MOST_EXTENSION_BYTES:
                raise LimitError(f"cannot read as tar: extended headers have {extension_bytes} bytes")
            extension |= _extension(header, stream)
            continue
        header = _extended(header, extension)
        extension, extension_bytes = {}, 0
        if header.size > _MOST_SIZE:
            raise FormatError(f"cannot read as tar: an entry has {header.size} bytes")
        yield header
        _skip(stream, header.size if header.kind in "07S" else 0)


def _header(block: bytes) -> TarHeader:
    # POSIX: "The chksum field shall … be the simple sum of all octets in the header", its own taken as spaces.
    if sum(block) - sum(block[148:156]) + 8 * 32 != _number(block[148:156]):
        raise FormatError("cannot read as tar: a header has a wrong checksum")
    if block[257:265] not in _MAGICS:
        raise FormatError("cannot read as tar: a header is neither ustar nor GNU")
    name = _text(block[0:100])
    if block[257:265] == b"ustar\x0000" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    kind = block[156:157].decode("latin-1")
    return TarHeader(
        name=name, kind="0" if kind == "\0" else kind, size=_number(block[124:136]), link=_text(block[157:257])
    )


def _extension(header: TarHeader, stream: BinaryIO) -> dict[str, str]:
    data = _exactly(stream, header.size)
    _exactly(stream, -header.size % BLOCK)
    match header.kind:
        case "L":
            return {"path": _text(data)}
        case "K":
            return {"linkpath": _text(data)}
        case "x":
            return _records(data)
        case _:
            raise FormatError("cannot read as tar: a global extended header changes entries that it does not stand at")


def _records(data: bytes) -> dict[str, str]:
    """POSIX: `"%d %s=%s\\n", <length>, <keyword>, <value>`, where the length counts the whole record."""
    records = {}
    start = 0
    while start < len(data):
        space = data.find(b" ", start, start + _LONGEST_NUMBER + 1)
        length_text = data[start:space] if space > start else b""
        if not length_text.isdigit() or not len(length_text) + 1 < int(length_text) <= len(data) - start:
            raise FormatError("cannot read as tar: an extended header has a record without its length")
        record = data[space + 1 : start + int(length_text)]
        start += int(length_text)
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise FormatError("cannot read as tar: an extended header has a record that is none")
        records[_decoded(key)] = _decoded(value[:-1])
    return records


def _extended(header: TarHeader, records: Mapping[str, str]) -> TarHeader:
    for key in sorted(_NUMERIC_RECORDS & set(records)):
        if not (records[key].isascii() and records[key].isdigit() and len(records[key]) < 20):
            raise FormatError(f'cannot read as tar: an extended header has "{records[key][:40]}" as {key}')
    return TarHeader(
        name=records.get("path", header.name),
        kind=header.kind,
        size=int(records.get("size", header.size)),
        link=records.get("linkpath", header.link),
        records=dict(records),
    )


def _check_end(stream: BinaryIO) -> None:
    """POSIX: "At the end of the archive file there shall be two 512-octet logical records filled with binary zeros"."""
    if _exactly(stream, BLOCK) != _ZERO:
        raise FormatError("cannot read as tar: a block of zeros stands between entries, readers would stop there")
    while chunk := stream.read(_CHUNK_BYTES):
        if chunk.count(0) != len(chunk):
            raise FormatError("cannot read as tar: entries stand behind its end, readers would miss them")


def _skip(stream: BinaryIO, size: int) -> None:
    rest = size + -size % BLOCK
    if rest > _CHUNK_BYTES and stream.seekable():
        stream.seek(rest, io.SEEK_CUR)  # past the end, too: the next header is missing then
        return
    while rest:
        rest -= len(_exactly(stream, min(rest, _CHUNK_BYTES)))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise FormatError("cannot read as tar: it ends too early")
    return data


def _number(data: bytes) -> int:
    if data[0] & 0x80:  # GNU: a leading 1 bit means base 256
        return int.from_bytes(bytes([data[0] & 0x7F]) + data[1:], "big")
    text = data.strip(b" \0")
    if text.translate(None, _OCTAL):
        raise FormatError("cannot read as tar: a header has a number that is not octal")
    return int(text or b"0", 8)


def _text(data: bytes) -> str:
    return _decoded(data.partition(b"\0")[0])


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
