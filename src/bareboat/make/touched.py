"""Which of the configuration's own globs, in `keep` and `drop`, match anything: a glob that matches nothing is a slip.

Known when a package is read, and kept in its record and in that of its layer, so that asking costs nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareboat.base.path import ImagePath, inside
from bareboat.make.prune import Pruning, matches


class Touched:
    """Sees the paths of one package, each folder before what stands in it, as a .deb has them.

    A folder that a glob names without what stands in it counts only when it is empty: the glob takes nothing away else.
    """

    def __init__(self, pruning: Pruning) -> None:
        self._globs = tuple(sorted({*pruning.keep, *pruning.drop}))
        self._found: set[str] = set()
        self._folders: list[tuple[ImagePath, str]] = []

    def see(self, path: ImagePath, *, is_folder: bool = False) -> None:
        """Look at one path, whatever becomes of it."""
        if self._folders:
            self._folders = [(folder, glob) for folder, glob in self._folders if not inside(path, folder)]
        if not matches(self._globs, path):
            return
        for glob in self._globs:
            if glob not in self._found and matches((glob,), path):
                if is_folder:
                    self._folders.append((path, glob))
                else:
                    self._found.add(glob)

    @property
    def globs(self) -> tuple[str, ...]:
        """Those that matched, sorted."""
        return tuple(sorted(self._found | {glob for _, glob in self._folders}))


def scoped(package: str, globs: Iterable[str]) -> set[str]:
    """Globs that matched something of `package`, as the configuration would write them: `libc-bin:/usr/bin/**`.

    The package is empty for what effects make.
    """
    return {f"{package}:/{glob}" for glob in globs}


def is_touched(word: str, touched: Iterable[str]) -> bool:
    """Whether a word of `keep` or `drop`, with a package or without, is among what `scoped` gave."""
    package, glob = ("", word) if word.startswith("/") else word.split(":", 1)
    wanted = "/" + glob.lstrip("/")
    return any(one.split(":", 1)[1] == wanted and (not package or one.startswith(f"{package}:")) for one in touched)
