"""Which effects an image has, by name, and how each is called.

Effects see everything below them, packages and the configuration's files; they only add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError
from bareboat.base.path import ImagePath
from bareboat.base.platform import Architecture
from bareboat.base.problem import suggestion
from bareboat.make.effects import (
    accounts,
    busybox,
    certificates,
    folders,
    fonts,
    keystore,
    ldcache,
    localtime,
    nsswitch,
    osrelease,
)
from bareboat.make.tree import AnyEntry, Tree
from bareboat.plan.config import Accounts
from bareboat.plan.distro import Distro

_HOME = "https://www.debian.org/"
_SUPPORT = "https://www.debian.org/support"
_BUGS = "https://bugs.debian.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What effects are told besides the tree: `authorities` are the user's further certificates."""

    distro: Distro
    architecture: Architecture
    accounts: Accounts
    authorities: tuple[certificates.Trusted, ...]
    moment: Epoch


_Effect = Callable[[Tree, Scene], tuple[AnyEntry, ...]]


def _os_release(tree: Tree, scene: Scene) -> tuple[AnyEntry, ...]:
    release = osrelease.OsRelease(
        version_id=scene.distro.version, codename=scene.distro.codename,
        home_url=_HOME, support_url=_SUPPORT, bug_report_url=_BUGS,
    )
    return osrelease.entries(tree, release, moment=scene.moment)


EFFECTS: Mapping[str, _Effect] = {
    "folders": lambda tree, scene: folders.entries(tree, moment=scene.moment),
    "accounts": lambda tree, scene: accounts.entries(tree, scene.accounts, moment=scene.moment),
    "nsswitch": lambda tree, scene: nsswitch.entries(tree, moment=scene.moment),
    "os-release": _os_release,
    "localtime": lambda tree, scene: localtime.entries(tree, moment=scene.moment),
    "certificates": lambda tree, scene: certificates.entries(tree, scene.authorities, moment=scene.moment),
    "keystore": lambda tree, scene: keystore.entries(tree, moment=scene.moment),
    "fonts": lambda tree, scene: fonts.entries(tree, moment=scene.moment),
    "ldcache": lambda tree, scene: ldcache.entries(tree, scene.architecture, moment=scene.moment),
    "busybox": lambda tree, scene: busybox.entries(tree, moment=scene.moment),
}
"""Every effect, in the order in which they run: each sees what those before it made."""

RELOCATED: Mapping[str, Mapping[str, tuple[tuple[ImagePath, ImagePath], ...]]] = {
    "busybox": {
        "busybox-static": (
            (ImagePath("usr/bin/busybox"), ImagePath("busybox/busybox")),
            (ImagePath("bin/busybox"), ImagePath("busybox/busybox")),
        )
    }
}
"""Files of packages that an effect wants elsewhere, by effect and package."""


def enact(names: Iterable[str], tree: Tree, scene: Scene) -> tuple[AnyEntry, ...]:
    """What the effects called `names` put over `tree`.

    Raises:
        ConfigurationError: For an effect that does not exist.
        BuildError: When one of them cannot work on this tree.
    """
    wanted = set(names)
    for name in sorted(wanted - set(EFFECTS)):
        hint = suggestion(name, EFFECTS) or f"one of: {', '.join(EFFECTS)}"
        raise ConfigurationError(f'no effect is called "{name}"', hint=hint)
    made: dict[ImagePath, AnyEntry] = {}
    for name, effect in EFFECTS.items():
        if name in wanted:
            fresh = effect(tree, scene)
            made.update({entry.path: entry for entry in fresh})
            tree = tree.with_entries(fresh)
    return tuple(made[path] for path in sorted(made))
