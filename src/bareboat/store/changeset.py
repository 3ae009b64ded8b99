"""Layers put over one another: changes in, the filesystem that a container would see out.

OCI image specification 1.1, "Image Layer Filesystem Changeset", "Applying Changesets".
Engines follow links that lie in the way of an entry, each in its own manner; here that is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bareboat.base.errors import FormatError, LimitError, UnsafePathError
from bareboat.base.frozen import frozen
from bareboat.base.path import ROOT, ImagePath, name_of, parent_of
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.layer_tar import Change
from bareboat.store.limits import GIB

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"

_MOST_WEIGHT = 1 * GIB
_ENTRY_WEIGHT = 256

Content = tuple[int, int]
"""Where the bytes of a file are: the layer, and the offset in its tar."""


@frozen(kw_only=False)
class _Named:
    """A name that a layer gave, and the change that says what is there; names of one file share the change."""

    change: Change
    layer: int


class Filesystem:
    """What is there after the layers that were put so far, base first.

    Args:
        most_weight: About how many bytes of names and attributes may be held in memory.
    """

    def __init__(self, *, most_weight: int = _MOST_WEIGHT) -> None:
        self._named: dict[ImagePath, _Named] = {}
        self._below: dict[ImagePath, set[ImagePath]] = {}
        self._weight = 0
        self._most_weight = most_weight

    def copy(self) -> Filesystem:
        """The same for itself: what is put on one is not put on the other."""
        other = Filesystem(most_weight=self._most_weight)
        other._named = dict(self._named)
        other._below = {folder: set(paths) for folder, paths in self._below.items()}
        other._weight = self._weight
        return other

    def put(self, changes: Iterable[Change]) -> None:
        """Put one layer on top.

        Raises:
            FormatError: For a whiteout that is none, or a link to what is not there.
            UnsafePathError: For an entry that stands in a link or in a file, or a whiteout of `.` or `..`.
            LimitError: When the names and attributes would fill the memory.
        """
        whiteouts: list[Change] = []
        others: list[Change] = []
        for change in changes:
            self._weigh(change.entry)
            (whiteouts if _is_whiteout(change.entry) else others).append(change)
        # "Whiteout files MUST only apply to resources in lower/parent layers." and, of opaque ones, the order of
        # entries does not matter: so all are applied first.
        for change in whiteouts:
            self._hide(change.entry)
        for change in others:
            self._place(change)
        for change in whiteouts:
            self._check_above(change.entry.path)

    def result(self) -> tuple[dict[ImagePath, LayerEntry], dict[ImagePath, Content]]:
        """Every entry by path, sorted, and where the content of every file is.

        Of several names of one file, the first is the file and the others are hard links to it.
        """
        entries: dict[ImagePath, LayerEntry] = {}
        contents: dict[ImagePath, Content] = {}
        first: dict[Content, ImagePath] = {}
        for path in sorted(self._named):
            named = self._named[path]
            said = named.change.entry
            is_said = (said.path, said.layer) == (path, named.layer)
            entry = said if is_said else replace(said, path=path, layer=named.layer)
            if said.kind is EntryKind.file:
                content = (said.layer, named.change.offset)
                contents[path] = content
                file = first.setdefault(content, path)
                if file != path:
                    entry = replace(entry, kind=EntryKind.hard_link, size=0, target=file)
            entries[path] = entry
        return entries, contents

    def _hide(self, entry: LayerEntry) -> None:
        name, folder = name_of(entry.path), parent_of(entry.path)
        # "A whiteout file is an empty file with a special filename"
        if entry.kind is not EntryKind.file or entry.size:
            raise FormatError(f'"{entry.path}" is a whiteout and must be an empty file')
        if name == OPAQUE:
            for path in tuple(self._below.get(folder, ())):
                self._remove(path)
            return
        hidden = name.removeprefix(WHITEOUT)
        if hidden in ("", ".", ".."):
            raise UnsafePathError(f'"{entry.path}" is a whiteout of "{hidden}"')
        self._remove(ImagePath(f"{folder}/{hidden}" if folder else hidden))

    def _place(self, change: Change) -> None:
        entry = change.entry
        if entry.path == ROOT:
            if entry.kind is not EntryKind.folder:
                raise UnsafePathError(f"the root of the image must be a folder, not a {entry.kind}")
            return
        self._make_way(entry)
        named = _Named(change, entry.layer)
        if entry.kind is EntryKind.hard_link:
            named = _Named(self._linked(entry), entry.layer)
        there = self._named.get(entry.path)
        # "If the entry in the changeset and the existing path are both a directory, then the existing path's
        # attributes MUST be replaced … In all other cases" the path is removed and made again.
        if there is not None and not (_is_folder(there) and entry.kind is EntryKind.folder):
            self._remove(entry.path)
        self._add(entry.path, named)

    def _linked(self, entry: LayerEntry) -> Change:
        """What the hard link `entry` is another name of."""
        there = self._named.get(ImagePath(entry.target))
        if there is None or _is_folder(there):
            what = "is not there" if there is None else "is a folder"
            raise FormatError(f'"{entry.path}" is a hard link to "{entry.target}", which {what}')
        return there.change

    def _make_way(self, entry: LayerEntry) -> None:
        """Have the folders above `entry`; those that no layer names are as `mkdir -p` makes them."""
        missing = []
        for parent in self._check_above(entry.path):
            if name_of(parent).startswith(WHITEOUT):
                raise UnsafePathError(f'"{entry.path}" stands in a whiteout')
            missing.append(parent)
        for parent in reversed(missing):
            made = LayerEntry(path=parent, kind=EntryKind.folder, mode=0o755, layer=entry.layer)
            self._weigh(made)
            self._add(parent, _Named(Change(entry=made, offset=0), entry.layer))

    def _check_above(self, path: ImagePath) -> tuple[ImagePath, ...]:
        """The folders above `path` that are not there, innermost first, once what is above them is a folder."""
        missing = []
        parent = parent_of(path)
        while parent != ROOT and parent not in self._named:
            missing.append(parent)
            parent = parent_of(parent)
        there = self._named.get(parent)
        if there is not None and not _is_folder(there):
            raise UnsafePathError(f'"{path}" stands in "{parent}", which is a {there.change.entry.kind}')
        return tuple(missing)

    def _add(self, path: ImagePath, named: _Named) -> None:
        self._named[path] = named
        self._below.setdefault(parent_of(path), set()).add(path)

    def _remove(self, path: ImagePath) -> None:
        """Take `path` away with everything below it, if it is there."""
        self._below.get(parent_of(path), set()).discard(path)
        rest = [path]
        while rest:
            gone = rest.pop()
            self._named.pop(gone, None)
            rest.extend(self._below.pop(gone, ()))

    def _weigh(self, entry: LayerEntry) -> None:
        texts = [entry.path, entry.target, *(text for pair in entry.xattrs for text in pair)]
        self._weight += _ENTRY_WEIGHT + sum(len(text) for text in texts)
        if self._weight > self._most_weight:
            raise LimitError(f"cannot read: its names and attributes are larger than {self._most_weight} bytes")


def _is_whiteout(entry: LayerEntry) -> bool:
    return name_of(entry.path).startswith(WHITEOUT)


def _is_folder(named: _Named) -> bool:
    return named.change.entry.kind is EntryKind.folder
