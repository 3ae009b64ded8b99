"""One binary package as an index of an archive describes it.

Obeys Debian Policy 5.3, "Debian binary package control files", and the index fields of DebianRepository/Format,
"Packages Indices": https://wiki.debian.org/DebianRepository/Format.
Relations stay text until they are asked for; equal texts are read once.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bareboat.base.digest import Digest, sha256
from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import archive_path
from bareboat.debian.paragraph import Paragraph, decoded, parse_paragraph
from bareboat.debian.relation import Group, Provision, is_package_name, parse_provides, parse_relations
from bareboat.debian.version import Version

_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")
_SIZE = re.compile(r"[0-9]{1,15}")

_MOST_TEXTS = 1 << 16


@frozen
class Package:
    """One stanza of a Packages index.

    `source` and `source_version` are those of the source package it was built from, the package's own where the
    stanza leaves them out; `size` is in bytes; `filename` is relative to the archive's root; the `…_text` fields
    are as in the stanza, empty when absent; `description` is the first line.
    """

    name: str
    version: Version
    architecture: str
    source: str
    source_version: Version
    filename: str
    size: int
    sha256: Digest
    depends_text: str = ""
    pre_depends_text: str = ""
    provides_text: str = ""
    conflicts_text: str = ""
    breaks_text: str = ""
    replaces_text: str = ""
    multi_arch: str = "no"
    essential: bool = False
    priority: str = ""
    section: str = ""
    description: str = ""
    homepage: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.architecture}"

    @classmethod
    def parse(cls, stanza: bytes, where: str) -> Package:
        """Read one stanza.

        Args:
            stanza: Its lines.
            where: What to call it in an error: the index and the package.

        Raises:
            FormatError: When a field is missing or cannot be read; relations are read only when asked for.
        """
        fields = parse_paragraph(decoded(stanza, where), where)
        try:
            return cls._of(fields)
        except BareboatError as error:
            message = error.message if error.message.startswith(where) else f"{where}: {error.message}"
            raise FormatError(message, hint=error.hint) from error

    @classmethod
    def _of(cls, fields: Paragraph) -> Package:
        name = fields.require("Package")
        if not is_package_name(name):
            raise FormatError(f'cannot read "{name[:80]}" as the name of a package')
        version = Version(fields.require("Version"))
        source, source_version = _source_of(fields, name, version)
        return cls(
            name=name,
            version=version,
            architecture=fields.require("Architecture"),
            source=source,
            source_version=source_version,
            filename=archive_path(fields.require("Filename"), where='field "Filename"'),
            size=_size_of(fields.require("Size")),
            sha256=sha256(fields.require("SHA256").lower()),
            depends_text=fields.get("Depends", ""),
            pre_depends_text=fields.get("Pre-Depends", ""),
            provides_text=fields.get("Provides", ""),
            conflicts_text=fields.get("Conflicts", ""),
            breaks_text=fields.get("Breaks", ""),
            replaces_text=fields.get("Replaces", ""),
            multi_arch=fields.get("Multi-Arch", "no"),
            essential=fields.get("Essential", "no") == "yes",
            priority=fields.get("Priority", ""),
            section=fields.get("Section", ""),
            description=fields.get("Description", "").partition("\n")[0],
            homepage=fields.get("Homepage", ""),
        )

    @property
    def depends(self) -> tuple[Group, ...]:
        """What must be configured before this one is: `Depends`.

        Raises:
            FormatError: When the field cannot be read; so do the other relations.
        """
        return self._relations("Depends", self.depends_text)

    @property
    def pre_depends(self) -> tuple[Group, ...]:
        """What must be configured before this one is unpacked: `Pre-Depends`."""
        return self._relations("Pre-Depends", self.pre_depends_text)

    @property
    def conflicts(self) -> tuple[Group, ...]:
        """What may not be unpacked beside this one: `Conflicts`."""
        return self._relations("Conflicts", self.conflicts_text)

    @property
    def breaks(self) -> tuple[Group, ...]:
        """What may not stay configured beside this one: `Breaks`."""
        return self._relations("Breaks", self.breaks_text)

    @property
    def replaces(self) -> tuple[Group, ...]:
        """Whose files this one may overwrite: `Replaces`."""
        return self._relations("Replaces", self.replaces_text)

    @property
    def provides(self) -> tuple[Provision, ...]:
        """The names it stands in for: `Provides`."""
        return _provisions(self.provides_text, f"{self}: Provides") if self.provides_text else ()

    def _relations(self, field: str, text: str) -> tuple[Group, ...]:
        if not text:
            return ()
        try:
            return _groups(text)
        except FormatError as error:
            raise FormatError(f"{self}: {field}{error.message}", hint=error.hint) from error


@lru_cache(maxsize=_MOST_TEXTS)
def _groups(text: str) -> tuple[Group, ...]:
    return parse_relations(text, "")


@lru_cache(maxsize=_MOST_TEXTS)
def _provisions(text: str, where: str) -> tuple[Provision, ...]:
    return parse_provides(text, where)


def _source_of(fields: Paragraph, name: str, version: Version) -> tuple[str, Version]:
    """Policy 5.6.1: omitted "when the source package has the same name and version as the binary package"."""
    text = fields.get("Source", "")
    if not text:
        return name, version
    match = _SOURCE.fullmatch(text)
    if match is None or not is_package_name(match[1]):
        raise FormatError(f'cannot read "{text[:80]}" as a source package')
    return match[1], Version(match[2]) if match[2] else version


def _size_of(text: str) -> int:
    if not _SIZE.fullmatch(text):
        raise FormatError(f'cannot read "{text[:40]}" as a size in bytes')
    return int(text)
