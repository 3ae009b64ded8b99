"""What is loaded when a program starts, breadth first, as the dynamic loader maps it: who needs what, and who gives it.

Source: glibc's `_dl_map_object_deps` and `_dl_map_object`: what is loaded already is found by the name it was asked
for or by its soname, before any folder is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bareboat.base.path import ImagePath, name_of
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.closure.machine import BARE, HOSTS, Machine
from bareboat.inspect.closure.search import Loaded, Search
from bareboat.inspect.places import Places
from bareboat.make.elf import ElfFacts

Need = tuple[ImagePath, str]
"""A file, and a soname that it needs."""


@dataclass(slots=True)
class Bindings:
    """What several programs load: who provides each need, and at which programs nothing does."""

    provided: dict[Need, dict[ImagePath, None]] = field(default_factory=dict)
    missing: dict[Need, list[ImagePath]] = field(default_factory=dict)


class Loader:
    """Loads programs of an image, and libraries for themselves, into `Bindings`."""

    def __init__(self, aboard: Aboard, places: Places, search: Search) -> None:
        self._elves = aboard.elves
        self._places = places
        self._search = search

    def load(self, root: ImagePath, into: Bindings, *, already: Mapping[str, ImagePath]) -> None:
        """Start `root`, or load it alone; `already` are libraries that whoever loads it has loaded, by soname."""
        names: dict[str, ImagePath] = {**already, **self._own_names(root)}
        asking: dict[ImagePath, tuple[Loaded, ...]] = {root: (Loaded.program(root),)}
        waiting = [root]
        for path in waiting:  # grows as libraries are loaded
            for soname in self._elves[path].needed:
                found = names.get(soname)
                if found is None:
                    loaded = self._search.find(soname, asking[path])
                    if loaded is None:
                        into.missing.setdefault((path, soname), []).append(root)
                        continue
                    found = loaded.path
                    names[soname] = found
                    names.setdefault(self._elves[found].soname or soname, found)
                    if found not in asking:
                        asking[found] = (loaded, *asking[path])
                        waiting.append(found)
                into.provided.setdefault((path, soname), {})[found] = None

    def _own_names(self, root: ImagePath) -> dict[str, ImagePath]:
        """What is there before anything is searched: the file itself and the program interpreter."""
        facts = self._elves[root]
        names = {facts.soname: root} if facts.soname else {}
        interpreter = self._places.file(facts.interpreter or HOSTS.get(Machine.of(facts), BARE).interpreter or "/")
        loader = self._elves.get(interpreter) if interpreter is not None else None
        if interpreter is not None and loader is not None and Machine.of(loader) == Machine.of(facts):
            names.setdefault(loader.soname or name_of(interpreter), interpreter)
        return names


def is_program(facts: ElfFacts) -> bool:
    """Whether an ELF file is started by the kernel: it has an interpreter, or is made for one address."""
    return facts.kind == "EXEC" or (facts.kind == "DYN" and facts.interpreter is not None and facts.soname is None)


def bindings_of(
    elves: Mapping[ImagePath, ElfFacts], natives: Iterable[ImagePath], loader: Loader,
    already: Mapping[ImagePath, Mapping[str, ImagePath]],
) -> tuple[Bindings, Bindings]:
    """What programs load, and what the libraries need that no program loads at its start, each of them for itself.

    A library that some other one loads is in its company there: what is missing when it is alone, but not in that
    company, is not missing.
    """
    programs, libraries = Bindings(), Bindings()
    paths = tuple(natives)
    for path in paths:
        if is_program(elves[path]):
            loader.load(path, programs, already=already.get(path, {}))
    loaded = {found for providers in programs.provided.values() for found in providers}
    for path in paths:
        if elves[path].kind == "DYN" and path not in loaded and not is_program(elves[path]):
            loader.load(path, libraries, already=already.get(path, {}))
    for need in [*libraries.missing]:
        if need in libraries.provided or need in programs.provided or need in programs.missing:
            del libraries.missing[need]
    return programs, libraries
