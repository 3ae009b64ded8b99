"""Symbolic links lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath, image_path, inside, parent_of
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import LayerEntry

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
    ends = grounds.places.dead_ends
    groups: dict[tuple[ImagePath, str | None], list[LayerEntry]] = {}
    for path, end in ends.items():
        if not any(inside(end, place) for place in later) and path not in _MOUNTED:
            groups.setdefault((parent_of(path), grounds.files.owner(path)), []).append(grounds.files.entries[path])
    for links in groups.values():
        if len(links) <= _SINGLE:
            for link in links:
                message = f"leads to {link.target}, which is not in the image"
                yield grounds.finding(DANGLING, link.path, message, needs=f"/{ends[link.path]}")
        else:
            link = links[0]
            message = f"leads to {link.target}, which is not in the image{and_others(len(links) - 1, 'link')} beside it"
            yield grounds.finding(DANGLING, link.path, f"{message} lead nowhere", needs=f"/{ends[link.path]}")
