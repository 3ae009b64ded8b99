"""`/etc/localtime`: the time zone of programs that are not told another by `TZ`; see localtime(5).

`/etc/timezone` is not made: Debian's own tzdata has not made it since 2023.
"""

from __future__ import annotations

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.base.path import image_path
from bareboat.base.problem import suggestion
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, File, Tree

_ZONES = "usr/share/zoneinfo"


def entries(tree: Tree, zone: str = "Etc/UTC", *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The link to `zone`, as tzdata's postinst makes it.

    Raises:
        BuildError: When the tree has no such zone.
        UnsafePathError: When the name has `..` in it.
    """
    path = image_path(f"{_ZONES}/{zone}", where="time zone")
    if not isinstance(tree.resolve(path), File):
        zones = [entry.path.removeprefix(f"{_ZONES}/") for entry in tree.under(_ZONES)]
        hint = suggestion(zone, zones) if zones else "add the package tzdata"
        raise BuildError(f'cannot set the time zone: the image has no "/{path}"', hint=hint or None)
    return (Stamp("localtime", moment).link("etc/localtime", f"/{path}"),)
