"""The facts of one layer, and how they are written down.

The record is canonical JSON: what cannot be read of one is taken for no record, for facts can be taken again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.epoch import Epoch
from bareboat.base.errors import BareboatError
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.make.elf import ElfFacts
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.layer_tar import Change

_KINDS = {str(kind): kind for kind in EntryKind}


@frozen
class LayerFacts:
    """What a layer says and holds; files are named by the offset in the tar at which their content begins.

    `changes` are its entries in their order, as those of the layer at `position`, counted from the base.
    `elves` are the sound ELF files, `unsound` says what is wrong with the others.
    `scripts` has what stands behind `#!`, `contents` the bytes of the files that rules read, `md5s` the MD5 of those
    that a package of the same layer lists, `private_keys` the files that hold one.
    `problems` are what a strict reader says against the tar.
    """

    diff_id: Digest
    changes: tuple[Change, ...]
    elves: Mapping[int, ElfFacts]
    unsound: Mapping[int, str]
    scripts: Mapping[int, str]
    contents: Mapping[int, bytes]
    md5s: Mapping[int, str]
    private_keys: frozenset[int]
    problems: tuple[str, ...]
    position: int = 0

    def at(self, position: int) -> LayerFacts:
        """The facts of the same layer at another position."""
        if position == self.position:
            return self
        changes = (
            Change(entry=replace(change.entry, layer=position), offset=change.offset) for change in self.changes
        )
        return replace(self, changes=tuple(changes), position=position)


def record_of(facts: LayerFacts) -> bytes:
    """`facts` as a record, which does not say the position."""
    return canonical({
        "diff-id": str(facts.diff_id),
        "changes": [_change_fields(change) for change in facts.changes],
        "elves": _keyed({offset: elf.to_document() for offset, elf in facts.elves.items()}),
        "unsound": _keyed(facts.unsound),
        "scripts": _keyed(facts.scripts),
        "contents": _keyed({offset: data.decode("latin-1") for offset, data in facts.contents.items()}),
        "md5s": _keyed(facts.md5s),
        "private-keys": sorted(facts.private_keys),
        "problems": list(facts.problems),
    })


def facts_from(record: bytes, position: int = 0) -> LayerFacts | None:
    """The facts of a record, of the layer at `position`, or None when it is none."""
    try:
        fields = json.loads(record)
        return LayerFacts(
            diff_id=Digest.parse(fields["diff-id"]),
            changes=tuple(_change(item, position) for item in fields["changes"]),
            elves={
                int(key): ElfFacts.from_document(Document(document, "record"))
                for key, document in fields["elves"].items()
            },
            unsound=_texts(fields["unsound"]),
            scripts=_texts(fields["scripts"]),
            contents={key: text.encode("latin-1") for key, text in _texts(fields["contents"]).items()},
            md5s=_texts(fields["md5s"]),
            private_keys=frozenset(map(int, fields["private-keys"])),
            problems=tuple(map(str, fields["problems"])),
            position=position,
        )
    except (ValueError, KeyError, TypeError, AttributeError, BareboatError):
        return None


def _keyed(values: Mapping[int, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in values.items()}


def _texts(fields: Mapping[str, str]) -> dict[int, str]:
    return {int(key): str(text) for key, text in fields.items()}


def _change_fields(change: Change) -> list[Any]:
    entry = change.entry
    xattrs = [[name, value.hex()] for name, value in entry.xattrs]
    return [
        change.offset, str(entry.kind), entry.path, entry.mode, entry.uid, entry.gid, entry.mtime, entry.size,
        entry.target, xattrs, entry.major, entry.minor,
    ]  # fmt: skip


def _change(item: list[Any], layer: int) -> Change:
    offset, kind, path, mode, uid, gid, mtime, size, target, xattrs, major, minor = item
    entry = LayerEntry(
        path=ImagePath(path),
        kind=_KINDS[kind],
        mode=mode,
        uid=uid,
        gid=gid,
        mtime=Epoch(mtime),
        size=size,
        target=target,
        xattrs=tuple((name, bytes.fromhex(value)) for name, value in xattrs) if xattrs else (),
        major=major,
        minor=minor,
        layer=layer,
    )
    return Change(entry=entry, offset=offset)
