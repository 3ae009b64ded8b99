"""A Packages index held as bytes: names are found once, a stanza is read only when somebody asks for it.

Format: DebianRepository/Format, "Packages Indices".
An index of Debian has some 70,000 stanzas in 60 MB; an image asks for a few hundred of them.
"""

from __future__ import annotations

import re
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.debian.package import Package

# What the choice of packages asks about; `compact` leaves out all else.
_KEPT = (
    "Package", "Source", "Version", "Architecture", "Multi-Arch", "Essential", "Depends", "Pre-Depends", "Provides",
    "Conflicts", "Breaks", "Replaces", "Priority", "Filename", "Size", "SHA256",
)  # fmt: skip

_COUNTS = struct.Struct("II")

# Only whole lines are passed over: one that is indented continues a field, and where there is none that is a fault.
_SPACE = re.compile(rb"(?:[ \t]*\n)*")
_BLANK = re.compile(rb"\n[ \t]*\n(?:[ \t]*\n)*")
_NAME = re.compile(rb"Package:[ \t]*([A-Za-z0-9][A-Za-z0-9+._-]*)[ \t]*(?:\n|\Z)")
_NAME_BELOW = re.compile(rb"\n" + _NAME.pattern, re.IGNORECASE)
# Every writer begins a stanza with its name, so the field is looked for behind the end of a line.
_PROVIDES = re.compile(rb"\nProvides:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE)
_PROVIDED = re.compile(rb"(?:^|,)\s*([^\s,(:]+)")
_KEPT_FIELDS = re.compile(
    rb"^(?:(?:" + "|".join(_KEPT).encode() + rb"):[^\n]*\n(?:[ \t]+[^\s][^\n]*\n)*|[ \t]*\n)+",
    re.MULTILINE | re.IGNORECASE,
)


class PackageIndex:
    """The packages of one Packages file, by name and by what they provide.

    Raises:
        FormatError: From `named` and `providers` too, for a stanza that cannot be read, naming file and package.
    """

    __slots__ = ("_data", "_named", "_names", "_provided", "_providers", "_read", "_spans", "where")

    def __init__(self, data: bytes, where: str, names: Rows, provided: Rows) -> None:
        self._data = data
        self._spans = names
        self._names = names.first()
        self._provided = provided
        self._providers = provided.first()
        self._read: dict[int, Package] = {}
        self.where = where

    @classmethod
    def parse(cls, data: bytes, where: str) -> PackageIndex:
        """Find all names in an uncompressed Packages file.

        Args:
            data: The whole file; it is kept, not copied.
            where: What to call the file in an error.

        Raises:
            FormatError: When a stanza does not name its package.
        """
        bounds = _bounds(data)
        named = []
        for number, start in enumerate(bounds[:-1]):
            match = _NAME.match(data, start) or _NAME_BELOW.search(data, start, bounds[number + 1])
            if match is None:
                line = data.count(b"\n", 0, start) + 1
                raise FormatError(f"{where}:{line}: the stanza does not name its package")
            named.append((match[1].decode(), start, bounds[number + 1]))
        return cls(data, where, Rows.of(named), Rows.of(_provided(data, bounds)))

    @classmethod
    def prepared(cls, record: bytes, where: str) -> PackageIndex:
        """The index that `prepare` wrote: its names are read, not looked for, which takes a tenth of the time.

        Raises:
            FormatError: When it is none.
        """
        names, rest = Rows.read(memoryview(record), where)
        provided, data = Rows.read(rest, where)
        return cls(bytes(data), where, names, provided)

    def prepare(self) -> bytes:
        """This index for `prepared`: two tables of names, then the file."""
        return self._spans.to_bytes() + self._provided.to_bytes() + self._data

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all packages, sorted; names that are only provided are not among them."""
        return tuple(sorted(self._names))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._spans.names)

    def named(self, name: str) -> tuple[Package, ...]:
        """The packages of that name, the latest version first; versions that are equal keep the order of the file."""
        return self._packages(self._spans.spans(name, self._names.get(name)))

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages whose `Provides` has that name, sorted by their own name, the latest version first."""
        found = self._packages(self._provided.spans(name, self._providers.get(name)))
        return tuple(sorted(found, key=lambda package: package.name))

    def _packages(self, spans: Iterable[tuple[int, int]]) -> tuple[Package, ...]:
        return tuple(sorted((self._package(*span) for span in spans), key=lambda one: one.version, reverse=True))

    def _package(self, start: int, end: int) -> Package:
        found = self._read.get(start)
        if found is None:
            stanza = self._data[start:end]
            match = _NAME.match(stanza) or _NAME_BELOW.search(stanza)
            name = match[1].decode() if match else f"offset {start}"
            found = self._read[start] = Package.parse(stanza, f"{self.where}: {name}")
        return found


@frozen(kw_only=False)
class Rows:
    """Names, sorted, and where in the file the stanza of each begins and ends; a name may have several rows."""

    names: list[str]
    starts: array[int]
    ends: array[int]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int, int]]) -> Rows:
        """The rows of `rows`; those of one name keep their order."""
        found = sorted(rows, key=lambda row: row[0])
        names = [name for name, _, _ in found]
        return cls(names, array("I", (start for _, start, _ in found)), array("I", (end for _, _, end in found)))

    @classmethod
    def read(cls, data: memoryview, where: str) -> tuple[Rows, memoryview]:
        """The rows that `data` begins with, as `to_bytes` wrote them, and what follows.

        Raises:
            FormatError: When it does not begin with rows.
        """
        try:
            count, size = _COUNTS.unpack_from(data)
            text_at = _COUNTS.size + 8 * count
            rows = cls([], array("I"), array("I"))
            rows.starts.frombytes(data[_COUNTS.size : _COUNTS.size + 4 * count])
            rows.ends.frombytes(data[_COUNTS.size + 4 * count : text_at])
            rows.names.extend(str(data[text_at : text_at + size], "utf-8").split("\n") if count else ())
        except (struct.error, ValueError) as error:
            raise FormatError(f"{where}: cannot read the prepared index: {error}") from error
        if not len(rows.names) == len(rows.starts) == len(rows.ends) == count or len(data) < text_at + size:
            raise FormatError(f"{where}: cannot read the prepared index: it ends too early")
        return rows, data[text_at + size :]

    def to_bytes(self) -> bytes:
        """How many rows and bytes of names, the positions (of this machine's byte order), the names a line each."""
        text = "\n".join(self.names).encode()
        return _COUNTS.pack(len(self.names), len(text)) + self.starts.tobytes() + self.ends.tobytes() + text

    def first(self) -> dict[str, int]:
        """The first row of every name."""
        last = len(self.names) - 1
        return dict(zip(reversed(self.names), range(last, -1, -1), strict=True))

    def spans(self, name: str, row: int | None) -> Iterator[tuple[int, int]]:
        """Beginning and end of every stanza of `name`, whose first row is `row`."""
        while row is not None and row < len(self.names) and self.names[row] == name:
            yield self.starts[row], self.ends[row]
            row += 1


def compact(data: bytes) -> bytes:
    """A Packages file with only the fields that the choice of packages asks about: about half its size."""
    return b"".join(_KEPT_FIELDS.findall(data if data.endswith(b"\n") else data + b"\n"))


def stanzas(data: bytes) -> int:
    """How many stanzas a Packages file has."""
    return len(_bounds(data)) - 1


def _bounds(data: bytes) -> list[int]:
    """Where each stanza begins, and at last where the file ends."""
    space = _SPACE.match(data)
    first = space.end() if space else 0
    starts = [first, *(match.end() for match in _BLANK.finditer(data, first))]
    if not data[starts[-1] :].strip():
        starts.pop()
    return [*starts, len(data)]


def _provided(data: bytes, bounds: list[int]) -> Iterator[tuple[str, int, int]]:
    """Every name that is provided, with the bounds of the stanza that provides it."""
    for match in _PROVIDES.finditer(data):
        number = bisect_right(bounds, match.start() + 1) - 1
        for name in dict.fromkeys(_PROVIDED.findall(match[1])):
            yield name.decode("ascii", "replace"), bounds[number], bounds[number + 1]
