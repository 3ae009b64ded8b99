"""The packages that an image says it has: `var/lib/dpkg/status.d`, or dpkg's own database as ordinary systems have it.

It is read and held against the files that are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, name_of
from bareboat.debian.paragraph import Paragraph, decoded, parse_paragraph, parse_paragraphs
from bareboat.debian.relation import Group, Provision, is_package_name, parse_provides, parse_relations
from bareboat.debian.status import STATUS_FOLDER, Md5Line, md5sums_path, parse_md5sums
from bareboat.debian.version import Version
from bareboat.store.entry import EntryKind, LayerEntry

DATABASE = ImagePath("var/lib/dpkg/status")
"""dpkg's own, one file for all packages."""

_MOST_BYTES = 64 << 20
_BELOW = f"{STATUS_FOLDER}/"
_LISTS = ".md5sums"
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")


@frozen
class InstalledPackage:
    """A package that the image says it has.

    `files` are those that it lists and that are there, sorted; None when the image has no list for it.
    `sums` are the lines of the list under its name in status.d, in their order; none when that is missing or damaged.
    `installed_bytes` is the size of those files, else what the package says of itself (Policy 5.6.20, in KiB there).
    `layer` is the position of the layer that says so, counted from the base.
    """

    name: str
    version: Version
    architecture: str
    source: str
    source_version: Version
    depends: tuple[Group, ...]
    pre_depends: tuple[Group, ...]
    provides: tuple[Provision, ...]
    files: tuple[ImagePath, ...] | None
    installed_bytes: int
    layer: int
    sums: tuple[Md5Line, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether `installed_bytes` is the size of files that are there."""
        return self.files is not None


class Readable(Protocol):
    """A filesystem whose small files can be read, such as `store.rootfs.RootFilesystem`."""

    @property
    def entries(self) -> Mapping[ImagePath, LayerEntry]:
        """Every path but the root, sorted."""

    def read(self, path: ImagePath, *, most_bytes: int | None = None) -> bytes:
        """The bytes of a file."""

    def real_path(self, path: str) -> ImagePath | None:
        """`path` with every symbolic link followed as in a chroot."""


ReadSums = Callable[[bytes, str], tuple[Md5Line, ...]]
"""Reads a list of files as `debian.status.parse_md5sums` does, which it may remember."""


def installed_packages(rootfs: Readable) -> tuple[InstalledPackage, ...]:
    """Every package that `rootfs` says it has, sorted by name.

    Raises:
        FormatError: When a control file or a list of files is damaged.
    """
    return _sorted(package for path in _controls(rootfs) for package in _installed(rootfs, path, parse_md5sums))


def sound_packages(
    rootfs: Readable, read_sums: ReadSums = parse_md5sums
) -> tuple[tuple[InstalledPackage, ...], Mapping[ImagePath, str]]:
    """As `installed_packages`, without those that are damaged, and what is wrong with these by their control file."""
    found: list[InstalledPackage] = []
    damaged: dict[ImagePath, str] = {}
    for path in _controls(rootfs):
        try:
            found += _installed(rootfs, path, read_sums)
        except BareboatError as fault:
            damaged[path] = fault.message
    return _sorted(found), MappingProxyType(damaged)


def owners(packages: tuple[InstalledPackage, ...]) -> Mapping[ImagePath, tuple[InstalledPackage, ...]]:
    """Which packages list a path, in their order."""
    found: dict[ImagePath, tuple[InstalledPackage, ...]] = {}
    for package in packages:
        for path in package.files or ():
            found[path] = (*found.get(path, ()), package)
    return found


def _controls(rootfs: Readable) -> list[ImagePath]:
    return [
        path
        for path, entry in rootfs.entries.items()
        if (path == DATABASE or (path.startswith(_BELOW) and _is_control(path)))
        and entry.kind in (EntryKind.file, EntryKind.hard_link)
    ]


def _is_control(path: ImagePath) -> bool:
    return path.count("/") == _BELOW.count("/") and not path.endswith(_LISTS)


def _sorted(packages: Iterable[InstalledPackage]) -> tuple[InstalledPackage, ...]:
    return tuple(sorted(packages, key=lambda package: (package.name, package.architecture, package.version)))


def _installed(rootfs: Readable, path: ImagePath, read_sums: ReadSums) -> list[InstalledPackage]:
    """The one package of a file of `status.d`, or those of the database that dpkg says are installed."""
    where = f"/{path}"
    text = decoded(rootfs.read(path, most_bytes=_MOST_BYTES), where)
    try:
        if path != DATABASE:
            return [_package(rootfs, path, parse_paragraph(text, where), read_sums)]
        # dpkg(1): the last word of `Status` is the state; what was removed but not purged has a stanza too
        stanzas = parse_paragraphs(text, where)
        return [
            _package(rootfs, path, fields, read_sums)
            for fields in stanzas
            if fields.words("Status")[-1:] == ("installed",)
        ]
    except BareboatError as fault:
        message = fault.message if fault.message.startswith(where) else f"{where}: {fault.message}"
        raise FormatError(message, hint=fault.hint) from fault


def _package(rootfs: Readable, path: ImagePath, fields: Paragraph, read_sums: ReadSums) -> InstalledPackage:
    name = fields.require("Package")
    if not is_package_name(name):
        raise FormatError(f'cannot read "{name[:80]}" as the name of a package')
    version = Version(fields.require("Version"))
    source, source_version = _source(fields, name, version)
    beside, own = ImagePath(f"{path}{_LISTS}"), md5sums_path(name)
    lines = None if path == DATABASE else _lines(rootfs, beside, read_sums)
    files = None if lines is None else _files(rootfs, lines)
    return InstalledPackage(
        name=name,
        version=version,
        architecture=fields.get("Architecture", ""),
        source=source,
        source_version=source_version,
        depends=parse_relations(fields.get("Depends", ""), "Depends"),
        pre_depends=parse_relations(fields.get("Pre-Depends", ""), "Pre-Depends"),
        provides=parse_provides(fields.get("Provides", ""), "Provides"),
        files=files,
        installed_bytes=_said_bytes(fields) if files is None else sum(_size(rootfs, file) for file in files),
        layer=rootfs.entries[path].layer,
        sums=(lines or ()) if own == beside else _sound_lines(rootfs, own, read_sums),
    )


def _source(fields: Paragraph, name: str, version: Version) -> tuple[str, Version]:
    """Policy 5.6.1: the field "may be omitted … when it is the same as that of the binary package"."""
    match = _SOURCE.fullmatch(fields.get("Source", ""))
    if match is None:
        return name, version
    return match[1], Version(match[2]) if match[2] else version


def _lines(rootfs: Readable, path: ImagePath, read_sums: ReadSums) -> tuple[Md5Line, ...] | None:
    """What the list at `path` says; None when there is no list."""
    entry = rootfs.entries.get(path)
    if entry is None or entry.kind not in (EntryKind.file, EntryKind.hard_link):
        return None
    return read_sums(rootfs.read(path, most_bytes=_MOST_BYTES), f"/{path}")


def _sound_lines(rootfs: Readable, path: ImagePath, read_sums: ReadSums) -> tuple[Md5Line, ...]:
    """As `_lines`; nothing when the list is damaged, for it is not the one of a control file."""
    try:
        return _lines(rootfs, path, read_sums) or ()
    except BareboatError:
        return ()


def _files(rootfs: Readable, lines: Iterable[Md5Line]) -> tuple[ImagePath, ...]:
    """The files that a list names and that are there, links in the way followed."""
    places = (line.path if line.path in rootfs.entries else rootfs.real_path(line.path) for line in lines)
    return tuple(sorted({place for place in places if place is not None and name_of(place)}))


def _size(rootfs: Readable, path: ImagePath) -> int:
    return rootfs.entries[path].size


def _said_bytes(fields: Paragraph) -> int:
    said = fields.get("Installed-Size", "0")
    return int(said) * 1024 if said.isascii() and said.isdigit() and len(said) < 15 else 0
