"""Which effects an image has, by name, and how each is called.

Effects see everything below them, packages and the configuration's files; they only add.
What the configuration puts somewhere, here or below, is not replaced by an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bareboat.base.errors import ConfigurationError
from bareboat.base.path import ImagePath
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
from bareboat.make.scene import Scene
from bareboat.make.tree import AnyEntry, Tree

_HOME = "https://www.debian.org/"
_SUPPORT = "https://www.debian.org/support"
_BUGS = "https://bugs.debian.org/"


_Effect = Callable[[Tree, Scene], tuple[AnyEntry, ...]]


def _os_release(tree: Tree, scene: Scene) -> tuple[AnyEntry, ...]:
    release = osrelease.OsRelease(
        version_id=scene.distro.version, codename=scene.distro.codename,
        home_url=_HOME, support_url=_SUPPORT, bug_report_url=_BUGS,
    )
    return osrelease.entries(tree, release, moment=scene.moment)


def _certificates(tree: Tree, scene: Scene) -> tuple[AnyEntry, ...]:
    trusted = [certificates.Trusted(pem=pem, where=where) for where, pem in scene.authorities]
    return certificates.entries(tree, trusted, moment=scene.moment)


EFFECTS: Mapping[str, _Effect] = {
    "folders": lambda tree, scene: folders.entries(tree, moment=scene.moment),
    "accounts": lambda tree, scene: accounts.entries(tree, scene.accounts, moment=scene.moment),
    "nsswitch": lambda tree, scene: nsswitch.entries(tree, moment=scene.moment),
    "os-release": _os_release,
    "localtime": lambda tree, scene: localtime.entries(tree, moment=scene.moment),
    "certificates": _certificates,
    "keystore": lambda tree, scene: keystore.entries(tree, moment=scene.moment),
    "fonts": lambda tree, scene: fonts.entries(tree, moment=scene.moment),
    "ldcache": lambda tree, scene: ldcache.entries(tree, scene.architecture, moment=scene.moment),
    "busybox": lambda tree, scene: busybox.entries(tree, moment=scene.moment),
}
"""Every effect, in the order in which they run: each sees what those before it made."""


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
            fresh = [entry for entry in effect(tree, scene) if not _is_configured(tree, entry)]
            made.update({entry.path: entry for entry in fresh})
            tree = tree.with_entries(fresh)
    return tuple(made[path] for path in sorted(made))


def _is_configured(tree: Tree, entry: AnyEntry) -> bool:
    known = tree.get(entry.path)
    return known is not None and known.origin.startswith("config:")
