"""The facts of a layer that was just made, from what it was made of: its bytes are not read once more.

They hold for our own build and are remembered apart; `bareboat check` takes those of the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.layer_facts import facts_key, listed_files
from bareboat.inspect.layer_record import LayerFacts, record_of
from bareboat.make.composition import Composition
from bareboat.make.contents import is_read
from bareboat.make.layer import Layer
from bareboat.make.note import Note, note_of
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink
from bareboat.oci.media import Compression
from bareboat.store.blobs import Records
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.layer_tar import Change

MADE_KIND = "made-facts"

_DEVICES = {"char": EntryKind.character_device, "block": EntryKind.block_device, "fifo": EntryKind.fifo}


def witness(layer: Layer, composition: Composition, records: Records) -> None:
    """Remember the facts of `layer`, which was made from `composition`."""
    key = facts_key(layer.digest, Compression(layer.compression))
    records.put(MADE_KIND, key, record_of(facts_of_made(layer, composition)))


def facts_of_made(layer: Layer, composition: Composition) -> LayerFacts:
    """The facts that reading the bytes of `layer` would give, save for what a strict reader says against the tar."""
    notes: dict[str, Note] = {path: note for one in composition.contributions for path, note in one.notes.items()}
    entries = list(_entries(composition))
    changes = tuple(Change(entry=_layer_entry(entry), offset=number) for number, entry in enumerate(entries))
    files = [(number, entry) for number, entry in enumerate(entries) if isinstance(entry, File)]
    contents = {
        number: file.data for number, file in files if file.data and is_read(file.path, file.size)
    }
    noted = {number: notes.get(file.path) or note_of(file.path, file.content) for number, file in files}
    listed = set(listed_files(changes, contents))
    return LayerFacts(
        diff_id=layer.diff_id,
        changes=changes,
        elves={number: file.elf for number, file in files if file.elf is not None},
        unsound={number: note.unsound for number, note in noted.items() if note.unsound is not None},
        scripts={number: note.script for number, note in noted.items() if note.script is not None},
        contents=contents,
        md5s={number: noted[number].md5 for number, file in files if file.path in listed},
        private_keys=frozenset(number for number, note in noted.items() if note.has_key),
        problems=(),
    )


def _entries(composition: Composition) -> Iterator[AnyEntry]:
    """What the layer holds, in its order."""
    yield from composition.folders
    for one in composition.contributions:
        yield from (entry for entry in one.entries if not isinstance(entry, Directory))
    yield from composition.files


def _layer_entry(entry: AnyEntry) -> LayerEntry:
    kind, size, target, major, minor = EntryKind.folder, 0, "", 0, 0
    match entry:
        case File():
            kind, size = EntryKind.file, entry.size
        case Symlink():
            kind, target = EntryKind.symbolic_link, entry.target
        case Hardlink():
            kind, target = EntryKind.hard_link, str(entry.target)
        case Device():
            kind, major, minor = _DEVICES[entry.kind], entry.major, entry.minor
    return LayerEntry(
        path=entry.path, kind=kind, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime, size=size,
        target=target, xattrs=entry.xattrs, major=major, minor=minor, layer=0,
    )  # fmt: skip
