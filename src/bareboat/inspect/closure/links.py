"""Symbolic links lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath, image_path, inside, link_target, parent_of
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.walk import walk

DANGLING = Rule(
    name="dangling-link",
    family=Family.closure,
    severity=Severity.warning,
    title="every symbolic link leads to something in the image",
    why="whoever opens the link finds nothing; mostly a package or a file was left out that it leads to",
)

# What the kernel, a runtime or the program itself puts there when a container starts: the runtime specification's
# default mounts, and the files that engines write.
_LATER = tuple(map(ImagePath, ("proc", "dev", "sys", "run", "tmp", "var/run", "var/tmp")))
_MOUNTED = tuple(map(ImagePath, ("etc/resolv.conf", "etc/hosts", "etc/hostname", "etc/mtab")))
_SINGLE = 3  # so many of one folder are told one by one


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Links that lead nowhere; where a folder has many, one finding for all of a package."""
    volumes = tuple(image_path(path) for path in grounds.aboard.config.config.volumes if ".." not in path)
    later = (*_LATER, *_MOUNTED, *volumes)
    groups: dict[tuple[ImagePath, str | None], list[LayerEntry]] = {}
    for path, entry in grounds.aboard.entries.items():
        if entry.kind is EntryKind.symbolic_link and grounds.places.real(path) is None:
            end = _end(grounds, entry)
            if not any(inside(end, place) for place in later) and path not in _MOUNTED:
                groups.setdefault((parent_of(path), grounds.aboard.owner(path)), []).append(entry)
    for links in groups.values():
        if len(links) <= _SINGLE:
            for link in links:
                message = f"leads to {link.target}, which is not in the image"
                yield grounds.finding(DANGLING, link.path, message, needs=f"/{_end(grounds, link)}")
        else:
            link = links[0]
            message = f"leads to {link.target}, which is not in the image{and_others(len(links) - 1, 'link')} beside it"
            yield grounds.finding(DANGLING, link.path, f"{message} lead nowhere", needs=f"/{_end(grounds, link)}")


def _end(grounds: Grounds, entry: LayerEntry) -> ImagePath:
    """Where the last link on the way points, though nothing is there."""
    last = walk(grounds.aboard.entries, entry.path).links[-1]
    return link_target(last.path, last.target)
