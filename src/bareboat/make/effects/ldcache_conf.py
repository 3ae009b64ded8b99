"""Which folders the loader's cache is made from: `/etc/ld.so.conf`, what it includes, and those built in.

Format: ldconfig(8), "/etc/ld.so.conf"; a path per line, `#` begins a comment, `include` takes patterns as glob(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from bareboat.base.path import ImagePath, image_path, parent_of
from bareboat.base.platform import Architecture
from bareboat.make.tree import File, Tree

_CONF = ImagePath("etc/ld.so.conf")


def library_folders(tree: Tree, architecture: Architecture) -> tuple[ImagePath, ...]:
    """The folders in the order in which ldconfig looks at them, under the names that it gives them.

    A folder that is reached twice (as `/lib` and `/usr/lib` where /usr is merged) counts under its first name only;
    folders that the tree does not have are left out.
    Debian's ldconfig has four built in: those of the architecture, then `/lib` and `/usr/lib`.
    """
    built_in = [f"lib/{architecture.gnu}", f"usr/lib/{architecture.gnu}", "lib", "usr/lib"]
    first_names: dict[ImagePath, ImagePath] = {}
    for folder in (*_configured(tree, _CONF, set()), *map(ImagePath, built_in)):
        real = tree.real_path(folder)
        if real is not None:
            first_names.setdefault(real, folder)
    return tuple(first_names.values())


def _configured(tree: Tree, conf: ImagePath, seen: set[ImagePath]) -> Iterator[ImagePath]:
    """The folders of one file and of those that it includes; no file is read twice."""
    file = tree.resolve(conf)
    if conf in seen or not isinstance(file, File):
        return
    seen.add(conf)
    for raw in file.content.decode(errors="replace").splitlines():
        line = raw.partition("#")[0].strip()
        word, *patterns = line.split() or [""]
        if word == "include":
            for pattern in patterns:
                for included in _matching(tree, pattern, parent_of(conf)):
                    yield from _configured(tree, included, seen)
        elif word and word != "hwcap":
            # "path=TYPE" was a way to name the kind of libraries in a folder; ldconfig still cuts it off
            yield image_path(line.partition("=")[0], where=f"/{conf}")


def _matching(tree: Tree, pattern: str, folder: ImagePath) -> tuple[ImagePath, ...]:
    """The paths that a pattern means, sorted; one without a leading slash stands beside the including file."""
    parts = image_path(pattern if pattern.startswith("/") else f"{folder}/{pattern}").split("/")
    return tuple(path for path in tree if _matches(path.split("/"), parts))


def _matches(names: list[str], patterns: list[str]) -> bool:
    return len(names) == len(patterns) and all(
        fnmatchcase(name, pattern) and not (name.startswith(".") and not pattern.startswith("."))
        for name, pattern in zip(names, patterns, strict=True)
    )
