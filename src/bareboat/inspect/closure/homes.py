"""The homes of Java, and what is loaded in them before a library asks for it.

Source: OpenJDK's `src/java.base/unix/native/libjli/java_md.c`, where `LoadJavaVM` opens `lib/TYPE/libjvm.so` by its
path; `src/hotspot/share/runtime/os.cpp`, where the virtual machine opens libjava.so and its like by theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.make.elf import ElfFacts

_TYPES = ("server", "client", "minimal", "zero")


def homes_of(elves: Mapping[ImagePath, ElfFacts]) -> tuple[ImagePath, ...]:
    """The homes of Java: folders with a `lib/TYPE/libjvm.so`, or a launcher's `lib/libjli.so`; sorted."""
    found = set()
    for path in elves:
        name, folder = name_of(path), parent_of(path)
        if name == "libjvm.so" and name_of(folder) in _TYPES:
            folder = parent_of(folder)
        elif name != "libjli.so":
            continue
        if name_of(folder) == "lib":
            found.add(parent_of(folder))
    return tuple(sorted(found))


def already_loaded(
    elves: Mapping[ImagePath, ElfFacts], homes: tuple[ImagePath, ...]
) -> Mapping[ImagePath, Mapping[str, ImagePath]]:
    """The libraries that are loaded before each library of a home of Java: those of its `lib` and `lib/server`.

    The launcher opens libjvm.so by its path, the virtual machine libjava.so and the rest of its core by theirs; what a
    native library of the home needs of these is found by its soname, whatever the search path.
    """
    found: dict[ImagePath, Mapping[str, ImagePath]] = {}
    for home in homes:
        folders = [f"{home}/lib".lstrip("/"), *(f"{home}/lib/{kind}".lstrip("/") for kind in _TYPES)]
        within = tuple(path for path in elves if parent_of(path) in folders and elves[path].interpreter is None)
        names = {elves[path].soname or name_of(path): path for path in within}
        found |= dict.fromkeys(within, names)
    return found
