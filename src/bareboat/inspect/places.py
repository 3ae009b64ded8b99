"""Where the paths of an image lead, with the way to each folder gone once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from bareboat.base.path import ImagePath, link_target
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.walk import walk

_MOST_LINKS = 40  # as in `store.walk`


class Places:
    """The paths of an image, links followed as in a chroot."""

    def __init__(self, entries: Mapping[ImagePath, LayerEntry]) -> None:
        self._entries = entries
        self._folders: dict[str, ImagePath | None] = {}

    def folder(self, path: str) -> ImagePath | None:
        """The real path of the folder at `path`; None where there is none."""
        if path not in self._folders:
            real = walk(self._entries, path).path
            is_folder = not real or self._entries[real].kind is EntryKind.folder
            self._folders[path] = real if is_folder else None
        return self._folders[path]

    def real(self, path: str) -> ImagePath | None:
        """The real path of whatever stands at `path`; None where nothing does, or a link leads nowhere."""
        link = EntryKind.symbolic_link
        for _ in range(_MOST_LINKS):
            above, _, name = path.rpartition("/")
            if name in ("", ".", ".."):
                return walk(self._entries, path).path
            folder = self._folders[above] if above in self._folders else self.folder(above)
            if folder is None:
                return None
            place = ImagePath(f"{folder}/{name}" if folder else name)
            entry = self._entries.get(place)
            if entry is None:
                return None
            if entry.kind is not link:
                return place
            path = entry.target if entry.target.startswith("/") else f"{folder}/{entry.target}"
        return None

    def file(self, path: str) -> ImagePath | None:
        """The file that is read at `path`, under the first of its names; None where there is none."""
        real = self.real(path)
        entry = self._entries.get(real) if real is not None else None
        if entry is None:
            return None
        if entry.kind is EntryKind.hard_link:
            return ImagePath(entry.target)
        return entry.path if entry.kind is EntryKind.file else None

    @cached_property
    def dead_ends(self) -> Mapping[ImagePath, ImagePath]:
        """The symbolic links that lead nowhere, and where the last link on the way of each points."""
        link = EntryKind.symbolic_link
        links = (path for path, entry in self._entries.items() if entry.kind is link)
        return {path: self._end(path) for path in links if self.real(path) is None}

    def program(self, path: str) -> ImagePath | None:
        """The file at `path`, when it may be executed."""
        file = self.file(path)
        return file if file is not None and self._entries[file].mode & 0o111 else None

    def _end(self, path: ImagePath) -> ImagePath:
        last = walk(self._entries, path).links[-1]
        return link_target(last.path, last.target)
