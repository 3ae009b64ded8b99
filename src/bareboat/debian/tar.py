"""The entries of a tar archive, read forward from chunks of bytes, strictly and in constant memory.

Obeys POSIX pax, "ustar Interchange Format" and "pax Extended Header", and the GNU tar manual, "Basic Tar Format",
as far as deb(5) lets packages use them: "Unrecognized tar typeflags are considered an error".
The standard library's reader forgives what must not be forgiven here: after the first entry it takes a damaged header
for the end of the archive.
Nothing here judges paths; `deb` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bareboat.base.errors import FormatError, InternalError, LimitError
from bareboat.base.frozen import frozen

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_CHECKSUM = slice(148, 156)

# Headers that carry names or extended attributes: all of one entry, and all that are for every entry.
_MOST_HEADER_BYTES = 1 << 20

_GNU_LONG_NAME, _GNU_LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_EXTENSIONS = (_GNU_LONG_NAME, _GNU_LONG_LINK, _PAX, _PAX_GLOBAL)
_REGULAR = frozenset(b"0\0" b"7")
_TYPES = _REGULAR | frozenset(b"123456")
_XATTR = "SCHILY.xattr."


@frozen
class TarEntry:
    """A header with all that was said about it before; text is decoded as UTF-8, bytes that are not as surrogates.

    `type` is the typeflag, with `0` for every sort of regular file; `size` is in bytes, zero for all but those.
    """

    name: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: str
    major: int = 0
    minor: int = 0
    xattrs: tuple[tuple[str, bytes], ...] = ()


class TarReader:
    """Goes through an archive once: `next_entry`, then `chunks` for its content, which may be left unread.

    Args:
        pieces: The uncompressed archive, in order.
        where: What to call it in an error.

    Raises:
        FormatError: When the archive is damaged, ends too early, or uses what deb(5) does not know.
    """

    def __init__(self, pieces: Iterable[bytes], where: str) -> None:
        self._pieces = iter(pieces)
        self._piece = memoryview(b"")
        self._where = where
        self._left = 0
        self._padding = 0
        self._entries = 0
        self._global: dict[str, bytes] = {}
        self._global_bytes = 0

    def next_entry(self) -> TarEntry | None:
        """Go on to the next entry, past what is left of this one; None at the end of the archive."""
        said: dict[str, bytes] = {}
        said_bytes = 0
        self._entries += 1
        while True:
            self._skip(self._left + self._padding)
            self._left = self._padding = 0
            header = self._take(_BLOCK)
            if header == _ZEROS:
                self._finish(said)
                return None
            size = self._sound_size(header)
            kind = header[156:157]
            if kind not in _EXTENSIONS:
                return self._entry(header, size, said)
            if kind == _PAX_GLOBAL:
                self._global_bytes += size
            else:
                said_bytes += size
            content = self._extension(size, max(said_bytes, self._global_bytes))
            match kind:
                case b"L":
                    said["path"] = content.rstrip(b"\0")
                case b"K":
                    said["linkpath"] = content.rstrip(b"\0")
                case b"x":
                    said |= self._records(content)
                case _:
                    self._global |= self._records(content)

    def chunks(self) -> Iterator[bytes]:
        """What is left of the content of this entry, in pieces as they come; only until the next entry is asked for."""
        return self._chunks(self._entries)

    def _chunks(self, entries: int) -> Iterator[bytes]:
        while entries == self._entries and self._left:
            piece = self._next(self._left)
            self._left -= len(piece)
            yield bytes(piece)
        if entries != self._entries:
            raise InternalError(f"{self._where}: the content of an entry is read after the next entry was asked for")

    def _finish(self, said: dict[str, bytes]) -> None:
        """Make sure that only zeros follow: POSIX ends an archive with two blocks of them, tapes with more."""
        if said:
            raise self._damaged("it ends after the header of a long name")
        for piece in (self._piece, *self._pieces):
            if bytes(piece).strip(b"\0"):
                raise self._damaged("something follows its end")
        self._piece = memoryview(b"")

    def _entry(self, header: bytes, size: int, said: dict[str, bytes]) -> TarEntry:
        kind = header[156]
        if kind not in _TYPES:
            raise self._damaged(f'the type "{chr(kind)}" is not allowed in a package')
        said = self._global | said
        name = said.get("path") or _name_of(header)
        if any(key.startswith("GNU.sparse.") for key in said):
            raise self._damaged(f'"{_text(name)}" is sparse, which is not allowed in a package')
        # An old way to write a folder: a regular file whose name ends in a slash.
        regular = kind in _REGULAR
        folder = regular and name.endswith(b"/")
        size = self._decimal(said["size"]) if "size" in said else size
        if size and (folder or not regular):
            raise self._damaged(f'"{_text(name)}" has content though it is no file')
        self._left, self._padding = size, -size % _BLOCK
        device = chr(kind) in "34"
        return TarEntry(
            name=_text(name),
            type="5" if folder else "0" if regular else chr(kind),
            mode=self._number(header[100:108]) & 0o7777,
            uid=self._decimal(said["uid"]) if "uid" in said else self._number(header[108:116]),
            gid=self._decimal(said["gid"]) if "gid" in said else self._number(header[116:124]),
            size=size,
            mtime=self._decimal(said["mtime"]) if "mtime" in said else self._number(header[136:148]),
            link=_text(said.get("linkpath") or header[157:257].split(b"\0", 1)[0]),
            major=self._number(header[329:337]) if device else 0,
            minor=self._number(header[337:345]) if device else 0,
            xattrs=tuple(sorted((key[len(_XATTR) :], said[key]) for key in said if key.startswith(_XATTR))),
        )

    def _sound_size(self, header: bytes) -> int:
        """The size of what follows `header`, once the header's checksum is right.

        It is the sum of all bytes, those of the checksum itself taken as spaces.
        """
        total = sum(header) - sum(header[_CHECKSUM]) + 8 * ord(" ")
        if self._number(header[_CHECKSUM]) != total:
            raise self._damaged("a header has the wrong checksum")
        return self._number(header[124:136])

    def _extension(self, size: int, together: int) -> bytes:
        """The content of a header of `size` bytes; it and those that it adds to have so many `together`."""
        if together > _MOST_HEADER_BYTES:
            raise LimitError(f"{self._where}: cannot read tar headers of more than {_MOST_HEADER_BYTES} bytes")
        return self._take(size + -size % _BLOCK)[:size]

    def _records(self, content: bytes) -> dict[str, bytes]:
        """Records `LENGTH KEY=VALUE` with a line end; the length, in bytes, counts the whole record."""
        records: dict[str, bytes] = {}
        position = 0
        while position < len(content):
            digits, space, _ = content[position : position + 20].partition(b" ")
            end = position + self._decimal(digits) if space else 0
            key, equals, value = content[position + len(digits) + 1 : max(0, end - 1)].partition(b"=")
            if not equals or end > len(content) or content[end - 1 : end] != b"\n":
                raise self._damaged("a pax header is not sound")
            records[key.decode("utf-8", "surrogateescape")] = value
            position = end
        return records

    def _number(self, field: bytes) -> int:
        """A number in octal, ended by spaces or NULs, or in GNU's base 256; none of ours is negative."""
        if field[0] == 0x80 and not any(field[1:-8]):
            return int.from_bytes(field[-7:], "big")
        digits = field.replace(b"\0", b" ").strip()
        if digits.strip(b"01234567"):
            raise self._damaged("a header has a number that is not octal")
        return int(digits or b"0", 8)

    def _decimal(self, digits: bytes) -> int:
        """A number of a pax header; the fraction of a time is dropped."""
        whole = digits.partition(b".")[0]
        if not whole.isdigit() or len(whole) > 18:
            raise self._damaged("a pax header has a number that cannot be read")
        return int(whole)

    def _take(self, size: int) -> bytes:
        if size <= len(self._piece):
            taken, self._piece = self._piece[:size], self._piece[size:]
            return bytes(taken)
        parts = []
        while size:
            parts.append(self._next(size))
            size -= len(parts[-1])
        return b"".join(parts)

    def _skip(self, size: int) -> None:
        while size:
            size -= len(self._next(size))

    def _next(self, most: int) -> memoryview:
        """At least one byte and at most `most`."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                raise FormatError(f"{self._where}: the archive ends too early")
            self._piece = memoryview(piece)
        taken, self._piece = self._piece[:most], self._piece[most:]
        return taken

    def _damaged(self, what: str) -> FormatError:
        return FormatError(f"{self._where}: cannot read the tar archive: {what}")


def _name_of(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    # Only ustar has a prefix; GNU's own format keeps times there.
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
