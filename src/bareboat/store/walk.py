"""Following a path through the filesystem of an image, as POSIX, "Pathname Resolution", goes it in a chroot."""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.frozen import frozen
from bareboat.base.path import ROOT, ImagePath, parent_of
from bareboat.store.entry import EntryKind, LayerEntry

_MOST_LINKS = 40  # Linux, path_resolution(7)


@frozen
class Walk:
    """Where a path leads, None when nowhere, and the symbolic links that were followed, in their order."""

    path: ImagePath | None
    links: tuple[LayerEntry, ...]


def walk(entries: Mapping[ImagePath, LayerEntry], path: str) -> Walk:
    """The way to `path` through `entries`; it leads nowhere for a loop or where nothing is."""
    rest = path.split("/")[::-1]  # a stack: the next part is the last one
    here = ROOT
    links: list[LayerEntry] = []
    while rest:
        part = rest.pop()
        if part in ("", "."):
            continue
        if part == "..":
            here = parent_of(here)
            continue
        step = ImagePath(f"{here}/{part}" if here else part)
        entry = entries.get(step)
        if entry is not None and entry.kind is EntryKind.symbolic_link:
            if len(links) == _MOST_LINKS:
                return Walk(path=None, links=tuple(links))
            links.append(entry)
            here = ROOT if entry.target.startswith("/") else here
            rest += entry.target.split("/")[::-1]
        elif entry is None or (entry.kind is not EntryKind.folder and rest):
            return Walk(path=None, links=tuple(links))  # also for a slash behind a file
        else:
            here = step
    return Walk(path=here, links=tuple(links))
