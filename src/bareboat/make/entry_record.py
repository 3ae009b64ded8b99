"""Entries as short JSON lists and back: kind, path, mode, owner, time, extended attributes, and what the kind adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import FormatError
from bareboat.base.path import ImagePath
from bareboat.make.elf import ElfFacts
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink


def entry_fields(entry: AnyEntry) -> list[Any]:
    """The list that stands for `entry`; kept contents are not part of it."""
    xattrs = [[name, value.hex()] for name, value in entry.xattrs]
    common: list[Any] = [entry.path, entry.mode, entry.uid, entry.gid, entry.mtime, xattrs]
    match entry:
        case Directory():
            return ["d", *common]
        case File():
            elf = None if entry.elf is None else entry.elf.to_document()
            return ["f", *common, entry.size, str(entry.digest), elf]
        case Symlink():
            return ["l", *common, entry.target]
        case Hardlink():
            return ["h", *common, entry.target]
        case Device():
            return ["n", *common, entry.kind, entry.major, entry.minor]


def entry_of(item: list[Any], origin: str, kept: Mapping[Digest, bytes]) -> AnyEntry:
    """The entry that a list stands for, with its content where `kept` has it.

    Raises:
        FormatError: When it stands for none.
    """
    try:
        kind, path, mode, uid, gid, mtime, xattrs, *rest = item
        common: dict[str, Any] = {
            "path": ImagePath(path), "mode": mode, "uid": uid, "gid": gid, "mtime": mtime, "origin": origin,
            "xattrs": tuple((name, bytes.fromhex(value)) for name, value in xattrs),
        }
        match kind, rest:
            case "d", []:
                return Directory(**common)
            case "f", [size, text, elf]:
                digest = Digest.parse(text)
                facts = None if elf is None else ElfFacts.from_document(Document(elf, path))
                return File(**common, size=size, digest=digest, data=kept.get(digest), elf=facts)
            case "l", [target]:
                return Symlink(**common, target=target)
            case "h", [target]:
                return Hardlink(**common, target=ImagePath(target))
            case "n", [device, major, minor]:
                return Device(**common, kind=device, major=major, minor=minor)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(f"cannot read the record of an entry: {error!r}") from error
    raise FormatError(f"cannot read {str(item)[:80]!r} as the record of an entry")
