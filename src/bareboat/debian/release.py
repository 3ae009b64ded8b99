"""A Release file: what an archive says of itself, and the digests of its indexes.

Obeys DebianRepository/Format, "Release files": https://wiki.debian.org/DebianRepository/Format.
It computes no trust: the caller has verified the signature over the text, and judges dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from bareboat.base.digest import Digest, sha256
from bareboat.base.epoch import Epoch, parse_rfc2822
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath, archive_path
from bareboat.debian.paragraph import Paragraph, parse_paragraph

_SIZE = re.compile(r"[0-9]{1,15}")
_COMPRESSIONS = (".xz", ".zst", ".gz", "")


@frozen
class IndexFile:
    """One line of the SHA256 table; `path` is relative to the folder of the Release file, `size` is in bytes."""

    path: ImagePath
    size: int
    sha256: Digest

    @property
    def by_hash(self) -> ImagePath:
        """Where the same bytes stay while the archive changes: `main/binary-amd64/by-hash/SHA256/…`."""
        folder = self.path.rpartition("/")[0]
        return ImagePath(f"{folder}/by-hash/SHA256/{self.sha256.hex}".removeprefix("/"))


@frozen
class Release:
    """What stands in a Release file; texts are empty when their field is absent.

    `components` are as the paths of the table begin: `main` even where the file says `updates/main`.
    `files` has only what the SHA256 section promises; MD5Sum and SHA1 are never read.
    `separate_all` says that packages for all architectures must be looked for in `binary-all` too.
    """

    origin: str
    label: str
    suite: str
    codename: str
    version: str
    date: Epoch
    valid_until: Epoch | None
    architectures: tuple[str, ...]
    components: tuple[str, ...]
    acquire_by_hash: bool
    separate_all: bool
    files: Mapping[str, IndexFile]

    @classmethod
    def parse(cls, text: str, where: str) -> Release:
        """Read the text of a Release file, without its signature.

        Args:
            text: The text that was signed.
            where: What to call it in an error.

        Raises:
            FormatError: When a field is missing, given twice, or cannot be read.
        """
        fields = parse_paragraph(text, where)
        return cls(
            origin=fields.get("Origin", ""),
            label=fields.get("Label", ""),
            suite=fields.get("Suite", ""),
            codename=fields.get("Codename", ""),
            version=fields.get("Version", ""),
            date=_date(fields, "Date", fields.require("Date")),
            valid_until=_date(fields, "Valid-Until", fields["Valid-Until"]) if "Valid-Until" in fields else None,
            architectures=fields.words("Architectures"),
            # The security archive says `updates/main`: what stands before the slash is a relic.
            components=tuple(dict.fromkeys(name.rpartition("/")[2] for name in fields.words("Components"))),
            acquire_by_hash=fields.get("Acquire-By-Hash", "no") == "yes",
            # With `No-Support-for-Architecture-all: Packages` the other indexes repeat what binary-all has.
            separate_all="all" in fields.words("Architectures")
            and "Packages" not in fields.words("No-Support-for-Architecture-all"),
            files=_table(fields),
        )

    def packages_index(self, component: str, architecture: str) -> IndexFile | None:
        """The Packages file of a component and architecture in the best compression that there is; None without any."""
        stem = f"{component}/binary-{architecture}/Packages"
        return next((self.files[stem + suffix] for suffix in _COMPRESSIONS if stem + suffix in self.files), None)


def _date(fields: Paragraph, name: str, text: str) -> Epoch:
    try:
        return parse_rfc2822(text)
    except FormatError as error:
        raise FormatError(f"{fields.where}: {name}: {error.message}") from error


def _table(fields: Paragraph) -> Mapping[str, IndexFile]:
    """The SHA256 section: a digest, a size and a path on each line."""
    fields.require("SHA256")
    files: dict[str, IndexFile] = {}
    for line in fields.lines("SHA256"):
        where = f'{fields.where}: SHA256: "{line[:160]}"'
        words = line.split()
        if len(words) != 3 or not _SIZE.fullmatch(words[1]):
            raise FormatError(f"{where} is not a digest, a size in bytes and a path")
        try:
            path = archive_path(words[2])
            file = IndexFile(path=path, size=int(words[1]), sha256=sha256(words[0].lower()))
        except FormatError as error:
            raise type(error)(f"{where}: {error.message}") from error
        if files.setdefault(path, file) != file:
            raise FormatError(f'{where}: "{path}" is promised twice, with different bytes')
    return MappingProxyType(files)
