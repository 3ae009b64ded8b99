"""Which folders the loader's cache is made from: `/etc/ld.so.conf`, what it includes, and those built in.

Format: ldconfig(8), "/etc/ld.so.conf"; a path per line, `#` begins a comment, `include` takes patterns as glob(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from bareboat.base.errors import LimitError
from bareboat.base.path import ImagePath, image_path, parent_of
from bareboat.base.platform import Architecture
from bareboat.make.tree import File, Tree

_CONF = ImagePath("etc/ld.so.conf")

# Many times what a system has; each word is looked for in the whole tree.
_MOST_WORDS = 1_000
_MOST_DEPTH = 16
_LONGEST_WORD = 4_096  # Linux, PATH_MAX


def library_folders(tree: Tree, architecture: Architecture) -> tuple[ImagePath, ...]:
    """The folders in the order in which ldconfig looks at them, under the names that it gives them.

    A folder that is reached twice (as `/lib` and `/usr/lib` where /usr is merged) counts under its first name only;
    folders that the tree does not have are left out.
    Debian's ldconfig has four built in: those of the architecture, then `/lib` and `/usr/lib`.

    Raises:
        UnsafePathError: For a folder or pattern with `..` in it.
        LimitError: For more folders, or includes inside each other, than any system has.
    """
    built_in = [f"lib/{architecture.gnu}", f"usr/lib/{architecture.gnu}", "lib", "usr/lib"]
    first_names: dict[ImagePath, ImagePath] = {}
    for folder in (*_Configuration(tree).folders(_CONF), *map(ImagePath, built_in)):
        real = tree.real_path(folder)
        if real is not None:
            first_names.setdefault(real, folder)
    return tuple(first_names.values())


class _Configuration:
    """The files that configure the loader, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._seen: set[ImagePath] = set()
        self._words = 0

    def folders(self, conf: ImagePath, depth: int = 0) -> Iterator[ImagePath]:
        """The folders of one file and of those that it includes."""
        file = self._tree.resolve(conf)
        if conf in self._seen or not isinstance(file, File):
            return
        if depth > _MOST_DEPTH:
            raise LimitError(f"/{conf}: is included more than {_MOST_DEPTH} levels deep")
        self._seen.add(conf)
        for raw in file.content.decode(errors="replace").splitlines():
            line = raw.partition("#")[0].strip()
            word, *patterns = line.split() or [""]
            if word == "include":
                for pattern in patterns:
                    self._count(pattern, conf)
                    for included in _matching(self._tree, pattern, parent_of(conf)):
                        yield from self.folders(included, depth + 1)
            elif word and word != "hwcap":
                self._count(line, conf)
                # "path=TYPE" was a way to name the kind of libraries in a folder; ldconfig still cuts it off
                yield image_path(line.partition("=")[0], where=f"/{conf}")

    def _count(self, word: str, conf: ImagePath) -> None:
        self._words += 1
        if self._words > _MOST_WORDS or len(word) > _LONGEST_WORD:
            most = f"more than {_MOST_WORDS} folders, or one of more than {_LONGEST_WORD} bytes"
            raise LimitError(f"/{conf}: names {most}")


def _matching(tree: Tree, pattern: str, folder: ImagePath) -> tuple[ImagePath, ...]:
    """The paths that a pattern means, sorted; one without a leading slash stands beside the including file."""
    parts = image_path(pattern if pattern.startswith("/") else f"{folder}/{pattern}").split("/")
    return tuple(path for path in tree if _matches(path.split("/"), parts))


def _matches(names: list[str], patterns: list[str]) -> bool:
    return len(names) == len(patterns) and all(
        fnmatchcase(name, pattern) and not (name.startswith(".") and not pattern.startswith("."))
        for name, pattern in zip(names, patterns, strict=True)
    )
