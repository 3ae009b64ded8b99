"""`/busybox`: a link for every program that the busybox binary holds.

Busybox keeps their names as `applet_names`, one array of NUL-terminated names sorted by their bytes, which begins with
`[` and `[[` and ends with an empty name; it is read from the bytes, so no architecture has to be run.
"""

from __future__ import annotations

import re

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError, FormatError
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, File, Tree

_FOLDER = "busybox"
_PROGRAM = f"{_FOLDER}/busybox"
_PACKAGED = ("usr/bin/busybox", "bin/busybox")
_NAMES = re.compile(rb"\[\0\[\[\0(?:[A-Za-z0-9_.+-]{1,32}\0)+(?=\0)")


def entries(tree: Tree, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The links, and `/busybox/busybox` itself where the tree has busybox only at Debian's place.

    Raises:
        BuildError: When the tree has no busybox, or its bytes were not kept.
        FormatError: When the binary holds no list of names.
    """
    stamp = Stamp("busybox", moment)
    place = next((path for path in (_PROGRAM, *_PACKAGED) if isinstance(tree.resolve(path), File)), None)
    program = tree.resolve(place) if place else None
    if not isinstance(program, File):
        raise BuildError("cannot link busybox: the image has no busybox", hint="add the package busybox-static")
    itself = () if place == _PROGRAM else (stamp.link(_PROGRAM, f"/{place}"),)
    names = applets(program.content, f"/{program.path}")
    links = [stamp.link(f"{_FOLDER}/{name}", f"/{_PROGRAM}") for name in names if name != "busybox"]
    return (*itself, *links)


def applets(data: bytes, where: str) -> tuple[str, ...]:
    """The names of the programs that the busybox binary `data` holds, sorted; `where` names it in an error.

    Raises:
        FormatError: When it holds no list of names.
    """
    found = [match[0].rstrip(b"\0").split(b"\0") for match in _NAMES.finditer(data)]
    lists = [names for names in found if names == sorted(set(names)) and b"sh" in names]
    if not lists:
        raise FormatError(f"{where}: cannot find busybox's list of programs")
    return tuple(name.decode() for name in max(lists, key=len))
