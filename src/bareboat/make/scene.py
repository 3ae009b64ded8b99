"""What effects are told besides the tree, and which files of packages they want elsewhere.

Apart from `enact`, so that a build that finds everything in the records loads no effects.
"""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.path import ImagePath
from bareboat.base.platform import Architecture
from bareboat.plan.config.config import Accounts
from bareboat.plan.distro import Distro


@frozen
class Scene:
    """The surroundings of effects; `authorities` are the user's further certificates: what to call them, and PEM."""

    distro: Distro
    architecture: Architecture
    accounts: Accounts
    authorities: tuple[tuple[str, bytes], ...]
    moment: Epoch


RELOCATED: Mapping[str, Mapping[str, tuple[tuple[ImagePath, ImagePath], ...]]] = {
    "busybox": {
        "busybox-static": (
            (ImagePath("usr/bin/busybox"), ImagePath("busybox/busybox")),
            (ImagePath("bin/busybox"), ImagePath("busybox/busybox")),
        )
    }
}
"""Files of packages that an effect wants elsewhere, by effect and package."""
