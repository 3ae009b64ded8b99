"""What was left behind: by apt and dpkg, and by people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from bareboat.base.path import ImagePath, inside, name_of, parent_of
from bareboat.inspect.aboard import Files
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import EntryKind

LEFTOVER = Rule(
    name="no-leftover",
    family=Family.invariant,
    severity=Severity.note,
    title="nothing is left of an installation: no package lists, caches, logs or half-replaced files",
    why="nobody reads it, and it makes images differ that were built alike",
)
PRIVATE_KEY = Rule(
    name="private-key",
    family=Family.invariant,
    severity=Severity.warning,
    title="there is no private key in /etc, /root and /home",
    why="whoever can pull the image has the key; mount secrets when the container starts",
)
RULES = (LEFTOVER, PRIVATE_KEY)

_BEGINNING = "var/"
_ENDINGS = ("-new", "-old", "-tmp", "-dist", "-bak")
_FOLDERS = tuple(
    ImagePath(f"{_BEGINNING}{name}") for name in ("lib/apt", "cache/apt", "cache/debconf", "log/apt", "cache/ldconfig")
)
_FILES = re.compile(
    rf"{_BEGINNING}(?:log/(?:dpkg|alternatives|bootstrap)\.log|lib/dpkg/(?:lock(?:-frontend)?|[^/]+-old))"
    rf"|.*\.(?:dpkg|ucf)(?:{'|'.join(_ENDINGS)})"
)


def find_in(files: Files) -> Iterator[Finding]:
    """What could go, and what must not be there."""
    found: defaultdict[ImagePath, int] = defaultdict(int)
    for path, entry in files.entries.items():
        if not (path.startswith(_BEGINNING) or path.endswith(_ENDINGS)) or entry.kind is EntryKind.folder:
            continue
        place = next((folder for folder in _FOLDERS if inside(path, folder)), None)
        if place is not None or _FILES.fullmatch(path):
            found[place or path] += entry.size
    for place, size in found.items():
        what = "is left of an installation" if _FILES.fullmatch(place) else "has what is left of an installation"
        yield Finding(rule=LEFTOVER, path=f"/{place}", message=what, bytes=size, owner=files.owner(place))
    for path in sorted(files.private_keys):
        what = f"{name_of(path)} in /{parent_of(path)} has a private key in it"
        yield Finding(rule=PRIVATE_KEY, path=f"/{path}", message=what, owner=files.owner(path))
