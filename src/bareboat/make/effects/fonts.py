"""What fontconfig-config's postinst adds to `/etc/fonts/conf.d` with debconf's defaults.

Hinting style *slight* and no bitmap fonts; hinting type *native* and sub-pixel rendering *automatic* need no link.
Sources: fontconfig-config 2.14, 2.15 and 2.17, `config` and `postinst`.
"""

from __future__ import annotations

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Tree

_AVAILABLE = "usr/share/fontconfig/conf.avail"
_ENABLED = "etc/fonts/conf.d"
_CHOICES = (
    ("10-hinting-slight.conf",),
    ("70-no-bitmaps-except-emoji.conf", "70-no-bitmaps.conf"),  # the second until fontconfig 2.15
)


def entries(tree: Tree, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """The links that the tree does not have yet, and the folder for local fonts.

    Raises:
        BuildError: When the tree has none of the files that a choice may lead to.
    """
    stamp = Stamp("fonts", moment)
    made: list[AnyEntry] = []
    for names in _CHOICES:
        name = next((name for name in names if f"{_AVAILABLE}/{name}" in tree), None)
        if name is None:
            hint = "add the package fontconfig-config"
            raise BuildError(f'cannot set up fonts: the image has no "/{_AVAILABLE}/{names[0]}"', hint=hint)
        if f"{_ENABLED}/{name}" not in tree:
            made.append(stamp.link(f"{_ENABLED}/{name}", f"/{_AVAILABLE}/{name}"))
    if "usr/local/share/fonts" not in tree:
        made.append(stamp.folder("usr/local/share/fonts"))
    return tuple(made)
