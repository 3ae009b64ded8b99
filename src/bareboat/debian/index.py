"""A Packages index held as bytes: names are found at once, a stanza is read only when somebody asks for it.

Format: DebianRepository/Format, "Packages Indices".
An index of Debian has some 70,000 stanzas in 60 MB; an image asks for a few hundred of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from bareboat.base.errors import FormatError
from bareboat.debian.package import Package

# What the choice of packages asks about; `compact` leaves out all else.
_KEPT = (
    "Package", "Source", "Version", "Architecture", "Multi-Arch", "Essential", "Depends", "Pre-Depends", "Provides",
    "Conflicts", "Breaks", "Replaces", "Priority", "Filename", "Size", "SHA256",
)  # fmt: skip

_SPACE = re.compile(rb"\s*")
_BLANK = re.compile(rb"\n[ \t]*\n\s*")
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

    __slots__ = ("_bounds", "_data", "_named", "_providers", "_read", "where")

    def __init__(
        self,
        data: bytes,
        where: str,
        bounds: list[int],
        named: Mapping[str, Iterable[int]],
        providers: Mapping[str, Iterable[int]],
    ) -> None:
        self._data = data
        self._bounds = bounds
        self._named = named
        self._providers = providers
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
        named: dict[str, list[int]] = {}
        for number, start in enumerate(bounds[:-1]):
            match = _NAME.match(data, start) or _NAME_BELOW.search(data, start, bounds[number + 1])
            if match is None:
                line = data.count(b"\n", 0, start) + 1
                raise FormatError(f"{where}:{line}: the stanza does not name its package")
            named.setdefault(match[1].decode(), []).append(number)
        return cls(data, where, bounds, named, _providers(data, bounds))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all packages, sorted; names that are only provided are not among them."""
        return tuple(sorted(self._named))

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def named(self, name: str) -> tuple[Package, ...]:
        """The packages of that name, the latest version first; versions that are equal keep the order of the file."""
        return self._packages(self._named.get(name, ()))

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages whose `Provides` has that name, sorted by their own name, the latest version first."""
        return tuple(sorted(self._packages(self._providers.get(name, ())), key=lambda package: package.name))

    def compact(self) -> bytes:
        """The same index with only the fields that the choice of packages asks about: about half its size."""
        data = self._data if self._data.endswith(b"\n") else self._data + b"\n"
        return b"".join(_KEPT_FIELDS.findall(data))

    def _packages(self, numbers: Iterable[int]) -> tuple[Package, ...]:
        return tuple(sorted((self._package(number) for number in numbers), key=lambda one: one.version, reverse=True))

    def _package(self, number: int) -> Package:
        found = self._read.get(number)
        if found is None:
            start = self._bounds[number]
            stanza = self._data[start : self._bounds[number + 1]]
            match = _NAME.match(stanza) or _NAME_BELOW.search(stanza)
            name = match[1].decode() if match else str(number)
            found = self._read[number] = Package.parse(stanza, f"{self.where}: {name}")
        return found


def _bounds(data: bytes) -> list[int]:
    """Where each stanza begins, and at last where the file ends."""
    space = _SPACE.match(data)
    first = space.end() if space else 0
    starts = [first, *(match.end() for match in _BLANK.finditer(data, first))]
    if not data[starts[-1] :].strip():
        starts.pop()
    return [*starts, len(data)]


def _providers(data: bytes, bounds: list[int]) -> dict[str, list[int]]:
    providers: dict[str, list[int]] = {}
    for match in _PROVIDES.finditer(data):
        number = bisect_right(bounds, match.start() + 1) - 1
        for name in dict.fromkeys(_PROVIDED.findall(match[1])):
            providers.setdefault(name.decode("ascii", "replace"), []).append(number)
    return providers
