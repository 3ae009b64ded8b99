"""What one package brings to an image after pruning: its entries, and its part of a layer, compressed once.

A contribution is determined by the bytes of the package and by its treatment; it is cached under that key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from bareboat.base.canon import canonical, digest_of
from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch
from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.elf import FACTS_FORMAT
from bareboat.make.entry_record import entry_fields, entry_of
from bareboat.make.note import Note
from bareboat.make.prune import Pruning
from bareboat.make.tree import AnyEntry, Directory
from bareboat.plan.lock import BYTE_FORMAT


@frozen
class Treatment:
    """How a package is turned into entries: everything besides its bytes that determines them.

    `exclude` are paths that something else of the same layer puts there; `shared` are paths that another package of
    the image has with the same content; neither are written, but shared ones stay in the package's md5sums.
    `relocate` moves single files.
    """

    pruning: Pruning = field(default_factory=Pruning)
    merged_usr: bool = True
    relocate: tuple[tuple[ImagePath, ImagePath], ...] = ()
    exclude: tuple[ImagePath, ...] = ()
    shared: tuple[ImagePath, ...] = ()
    compression: str = "gzip-6-10"

    def verdict(self, path: ImagePath) -> str | None:
        """Why `path` is not written: `replaced`, `shared` or the name of a pruning rule; None when it is written."""
        if path in self.exclude:
            return "replaced"
        if path in self.shared:
            return "shared"
        return self.pruning.verdict(path)

    def key(self, content: Digest) -> Digest:
        """The key of the contribution of the package with the digest `content`."""
        return digest_of({
            "byte-format": BYTE_FORMAT,
            "content": str(content),
            "pruning": self.pruning.key,
            "merged-usr": self.merged_usr,
            "relocate": [list(pair) for pair in self.relocate],
            "exclude": sorted(self.exclude),
            "shared": sorted(self.shared),
            "compression": self.compression,
        })


@frozen(kw_only=False)
class Member:
    """A part of a layer: `digest` of its compressed bytes, how many they are, and how many before compression."""

    digest: Digest
    size: int
    unpacked_size: int


@frozen
class Contribution:
    """Entries (folders included, sorted by path) and the members that hold all of them but the folders.

    `saved` is bytes dropped by rule; `warnings` name what was not done; `licences` are SPDX identifiers;
    `kept` is a blob with the contents that effects read; `touched` are the configuration's own globs, in `keep` and
    `drop`, that match something in the package; `notes` are what a check asks of each of its files.
    """

    package: str
    entries: tuple[AnyEntry, ...]
    members: tuple[Member, ...]
    moment: Epoch
    saved: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    kept: Digest | None = None
    touched: tuple[str, ...] = ()
    notes: Mapping[ImagePath, Note] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def folders(self) -> tuple[Directory, ...]:
        """The folders it brings."""
        return tuple(entry for entry in self.entries if isinstance(entry, Directory))

    def to_bytes(self) -> bytes:
        """The record of a contribution; contents stay in the `kept` blob."""
        return canonical({
            "facts": FACTS_FORMAT,
            "package": self.package,
            "entries": [entry_fields(entry) for entry in self.entries],
            "members": [[str(member.digest), member.size, member.unpacked_size] for member in self.members],
            "moment": self.moment,
            "saved": dict(self.saved),
            "warnings": list(self.warnings),
            "licences": list(self.licences),
            "kept": None if self.kept is None else str(self.kept),
            "touched": list(self.touched),
            "notes": {path: note.fields() for path, note in self.notes.items()},
        })

    @classmethod
    def from_bytes(cls, data: bytes, kept: Mapping[Digest, bytes]) -> Contribution:
        """Read a record; `kept` maps digests to the contents that travel along.

        Raises:
            FormatError: When it is not one, or has other facts of ELF files than are read today.
        """
        try:
            fields = json.loads(data)
            if fields.get("facts") != FACTS_FORMAT:
                raise FormatError(f"cannot use a contribution with facts of format {fields.get('facts')!r}")
            origin = f"package:{fields['package']}"
            return cls(
                package=fields["package"],
                entries=tuple(entry_of(item, origin, kept) for item in fields["entries"]),
                members=tuple(Member(Digest.parse(digest), size, full) for digest, size, full in fields["members"]),
                moment=Epoch(fields["moment"]),
                saved=MappingProxyType(fields["saved"]),
                warnings=tuple(fields["warnings"]),
                licences=tuple(fields["licences"]),
                kept=None if fields["kept"] is None else Digest.parse(fields["kept"]),
                touched=tuple(fields["touched"]),
                notes=MappingProxyType({
                    ImagePath(path): Note.of_fields(note) for path, note in fields["notes"].items()
                }),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise FormatError(f"cannot read the record of a contribution: {error!r}") from error


def kept_of(record: bytes) -> Digest | None:
    """The digest of the blob of kept contents that a record names."""
    text = Document.parse(record, "record").optional_string("kept")
    return None if text is None else Digest.parse(text)


def pack_kept(contents: Iterable[bytes]) -> bytes:
    """Kept contents as one blob: each with its length before it, eight bytes, big-endian."""
    return b"".join(len(content).to_bytes(8, "big") + content for content in contents)


def unpack_kept(blob: bytes) -> dict[Digest, bytes]:
    """The contents of a blob by their digests."""
    found: dict[Digest, bytes] = {}
    position = 0
    while position < len(blob):
        size = int.from_bytes(blob[position : position + 8], "big")
        content = blob[position + 8 : position + 8 + size]
        found[Digest.of(content)] = content
        position += 8 + size
    return found
