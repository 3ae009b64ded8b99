"""The folders that base-files ships or makes when it is configured, as far as a container can use them.

Left out of what its postinst does: mail folders and login records (nobody gets mail or logs in), shell profiles and the
message of the day (there is no login shell).
Sources: the Filesystem Hierarchy Standard 3.0; base-files 12.4, 13.8 and 14.2, `postinst`.
"""

from __future__ import annotations

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BuildError
from bareboat.base.mode import FOLDER, PRIVATE_FOLDER, STICKY_FOLDER
from bareboat.base.path import ImagePath
from bareboat.make.effects.stamp import Stamp
from bareboat.make.tree import AnyEntry, Directory, Symlink, Tree

_FOLDERS = {
    **dict.fromkeys(("dev", "etc", "home", "proc", "run", "sys", "usr", "var", "var/lib"), FOLDER),
    **dict.fromkeys(("etc/opt", "media", "mnt", "opt", "srv", "var/opt"), FOLDER),
    "usr/local": FOLDER,
    **{
        f"usr/local/{name}": FOLDER
        for name in ("bin", "etc", "games", "include", "lib", "libexec", "sbin", "share", "share/man", "src")
    },
    **dict.fromkeys(("run/lock", "tmp", "var/tmp"), STICKY_FOLDER),
    "root": PRIVATE_FOLDER,
}
_MIGRATED = {"var/lock": "/run/lock", "var/run": "/run"}
_WORD_LENGTHS = ("lib32", "libo32", "libx32")


def entries(tree: Tree, *, moment: Epoch) -> tuple[AnyEntry, ...]:
    """What the tree does not have yet, sorted by path.

    `/var/run` and `/var/lock`, which base-files ships as folders, become links to `/run` and `/run/lock`.

    Raises:
        BuildError: When one of those two is a folder that something stands in.
    """
    stamp = Stamp("folders", moment)
    made: list[AnyEntry] = [stamp.folder(path, mode=mode) for path, mode in _FOLDERS.items() if path not in tree]
    made += [stamp.link(path, target) for path, target in _MIGRATED.items() if _may_become_link(tree, ImagePath(path))]
    if "usr/local/man" not in tree:
        made.append(stamp.link("usr/local/man", "share/man"))
    if "etc/dpkg/origins/debian" in tree and "etc/dpkg/origins/default" not in tree:
        made.append(stamp.link("etc/dpkg/origins/default", "debian"))
    if isinstance(tree.get(ImagePath("lib")), Symlink):  # only a merged /usr has aliases
        made += [
            stamp.link(name, f"usr/{name}")
            for name in _WORD_LENGTHS
            if name not in tree and isinstance(tree.get(ImagePath(f"usr/{name}")), Directory)
        ]
    return tuple(sorted(made, key=lambda entry: entry.path))


def _may_become_link(tree: Tree, path: ImagePath) -> bool:
    if isinstance(tree.get(path), Symlink):
        return False
    inside = tree.under(path)
    if inside:
        raise BuildError(
            f'cannot make "/{path}" a link: "/{inside[0].path}" ({inside[0].origin}) stands in it',
            hint=f'put it under "{_MIGRATED[path]}" instead',
        )
    return True
