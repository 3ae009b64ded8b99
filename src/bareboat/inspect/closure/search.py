"""Where the dynamic loader looks for a library, in its order.

glibc: ld.so(8), "DESCRIPTION" and "Dynamic string tokens", and `_dl_map_object` in its `elf/dl-load.c`.
musl: its `ldso/dynlink.c`, `load_library`.
Builds for newer processors in `glibc-hwcaps` are no part of it: what must hold, holds on the oldest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from bareboat.base.errors import FormatError
from bareboat.base.path import ROOT, ImagePath, name_of, parent_of
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.closure.machine import BARE, HOSTS, Machine, is_for_musl
from bareboat.inspect.places import Places
from bareboat.make.effects.ldcache_file import Library, read_cache

_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))")
_CACHE = ImagePath("etc/ld.so.cache")
_MUSL_FOLDERS = ("/lib", "/usr/local/lib", "/usr/lib")  # `ldso/dynlink.c`: "/lib:/usr/local/lib:/usr/lib"
# musl's own names for parts of itself, `load_library`: "Catch and block attempts to reload the implementation itself"
_MUSL_ITSELF = re.compile(r"lib(?:c|pthread|rt|m|dl|util|xnet)\..*")


class Loaded(NamedTuple):
    """A file that is loaded, and the folder in which it was found: that of the link, where a link led to it.

    glibc's `_dl_new_object` takes `$ORIGIN` from the name by which a library was opened; of a program it is the folder
    of the file itself, which the kernel says.
    """

    path: ImagePath
    origin: ImagePath

    @classmethod
    def program(cls, path: ImagePath) -> Loaded:
        """What nothing else loads."""
        return cls(path, parent_of(path))


class Search:
    """The search of the image's loaders; everything that does not depend on who asks is found once."""

    def __init__(self, aboard: Aboard, places: Places) -> None:
        self._aboard = aboard
        self._places = places
        self._system: dict[tuple[str, Machine, bool], Loaded | None] = {}
        self._paths: dict[tuple[Loaded, bool], tuple[ImagePath, ...]] = {}

    def find(self, name: str, asking: tuple[Loaded, ...]) -> Loaded | None:
        """What is loaded for `name`; None when the loader finds none.

        Args:
            name: As it stands in DT_NEEDED, or is given to dlopen().
            asking: Who needs it, who loaded that, and so on up to the program.
        """
        facts = self._aboard.elves[asking[0].path]
        machine, musl = Machine.of(facts), is_for_musl(self._aboard.elves[asking[-1].path])
        if "/" in name:  # ld.so(8): "If so, then the dependency string is interpreted as a (relative or absolute) path"
            path = self._expanded(name, asking[0])
            return None if path is None else self._library(path, machine)
        for folders in (self._before(asking, musl), self._environment(asking[-1]), self._after(asking, musl)):
            for folder in folders:
                found = self._in_folder(folder, name, machine)
                if found is not None:
                    return found
        return self.system(name, machine, musl=musl)

    def system(self, name: str, machine: Machine, *, musl: bool = False) -> Loaded | None:
        """What is found whoever asks: by the cache, then in the folders that are built in."""
        key = (name, machine, musl)
        if key not in self._system:
            self._system[key] = self._find_system(name, machine, musl=musl)
        return self._system[key]

    @cached_property
    def folders(self) -> frozenset[ImagePath]:
        """Every folder in which some program of the image looks, whoever asks."""
        machines = {Machine.of(facts) for facts in self._aboard.elves.values()}
        built_in = [folder for machine in machines for folder in HOSTS.get(machine, BARE).folders]
        cached = [one.path.rpartition("/")[0] for libraries in self._cache.values() for one in libraries]
        texts = {*built_in, *cached, *self._library_path, *_MUSL_FOLDERS}
        real = (self._places.folder(text) for text in texts)
        return frozenset(folder for folder in real if folder is not None)

    def _before(self, asking: tuple[Loaded, ...], musl: bool) -> Iterator[ImagePath]:
        """DT_RPATH of who asks and of all above: "Use of DT_RPATH is deprecated", and is void beside a DT_RUNPATH."""
        if not musl and not self._aboard.elves[asking[0].path].runpath:
            for one in asking:
                if not self._aboard.elves[one.path].runpath:
                    yield from self._said(one, inherited=True)

    def _environment(self, program: Loaded) -> Iterator[ImagePath]:
        """LD_LIBRARY_PATH: "The items in the list are separated by either colons or semicolons"."""
        for item in self._library_path:
            folder = self._folder(item, program)
            if folder is not None:
                yield folder

    def _after(self, asking: tuple[Loaded, ...], musl: bool) -> Iterator[ImagePath]:
        """DT_RUNPATH of who asks, and of nobody else: directories "searched to find those objects required by
        DT_NEEDED (direct dependencies) entries and do not apply to those objects' children".

        To musl both tags are one, and count for all below.
        """
        for one in asking if musl else asking[:1]:
            yield from self._said(one, inherited=False)
            if musl:
                yield from self._said(one, inherited=True)

    def _said(self, loaded: Loaded, *, inherited: bool) -> tuple[ImagePath, ...]:
        """The folders of DT_RPATH (`inherited`) or DT_RUNPATH of a file that are there."""
        key = (loaded, inherited)
        if key not in self._paths:
            facts = self._aboard.elves[loaded.path]
            texts = facts.rpath if inherited else facts.runpath
            real = (self._folder(text, loaded) for text in texts)
            self._paths[key] = tuple(folder for folder in real if folder is not None)
        return self._paths[key]

    def _find_system(self, name: str, machine: Machine, *, musl: bool) -> Loaded | None:
        if musl:
            if _MUSL_ITSELF.fullmatch(name):
                return self._musl_loader(machine)
            return self._first(self._musl_folders, name, machine)
        host = HOSTS.get(machine, BARE)
        # "dl_cache_lookup" gives one path, that of the first record for this loader; a file that is not there or is of
        # another machine is passed over, and the folders that are built in come next
        cached = next((one for one in self._cache.get(name, ()) if one.flags in host.flags), None)
        found = None if cached is None else self._library(cached.path, machine)
        return found or self._first(host.folders, name, machine)

    def _first(self, folders: Iterable[str], name: str, machine: Machine) -> Loaded | None:
        for text in folders:
            folder = self._places.folder(text)
            found = None if folder is None else self._in_folder(folder, name, machine)
            if found is not None:
                return found
        return None

    def _in_folder(self, folder: ImagePath, name: str, machine: Machine) -> Loaded | None:
        place = f"{folder}/{name}" if folder else name
        return self._library(place, machine) if place in self._aboard.entries else None

    def _library(self, path: str, machine: Machine) -> Loaded | None:
        """The library at `path`, when the loader of `machine` would take it."""
        file = self._places.file(path)
        facts = self._aboard.elves.get(file) if file is not None else None
        if file is None or facts is None or facts.kind != "DYN" or Machine.of(facts) != machine:
            return None
        return Loaded(file, self._places.folder(path.rpartition("/")[0]) or ROOT)

    def _folder(self, text: str, loaded: Loaded) -> ImagePath | None:
        """The folder that an item of a search path means; one with a token that stands for nothing means none."""
        expanded = self._expanded(text, loaded)
        return None if expanded is None else self._places.folder(expanded)

    def _expanded(self, text: str, loaded: Loaded) -> str | None:
        """`text` with its tokens put in, beginning at the root; a relative path begins where the program does."""
        if "$" in text:
            host = HOSTS.get(Machine.of(self._aboard.elves[loaded.path]), BARE)
            words = {"ORIGIN": f"/{loaded.origin}", "LIB": host.lib, "PLATFORM": host.platform}
            if any(not words[token[1] or token[2]] for token in _TOKEN.finditer(text)):
                return None
            text = _TOKEN.sub(lambda token: words[token[1] or token[2]], text)
        return text if text.startswith("/") else f"{self._aboard.config.config.working_dir or '/'}/{text}"

    @cached_property
    def _library_path(self) -> tuple[str, ...]:
        said = self._aboard.config.config.environment.get("LD_LIBRARY_PATH", "")
        return tuple(item for item in re.split("[:;]", said) if item)

    @cached_property
    def _cache(self) -> Mapping[str, tuple[Library, ...]]:
        """The records of the loader's cache by soname, without those for newer processors."""
        data = self._aboard.texts.get(_CACHE)
        if data is None:
            return {}
        try:
            libraries = read_cache(data, little_endian=self._is_little_endian)
        except FormatError:
            return {}  # the loader, too, goes on without it
        found: dict[str, tuple[Library, ...]] = {}
        for library in libraries:
            if library.level is None:
                found[library.soname] = (*found.get(library.soname, ()), library)
        return found

    @property
    def _is_little_endian(self) -> bool:
        orders = [facts.little_endian for facts in self._aboard.elves.values() if facts.kind == "DYN"]
        return 2 * sum(orders) >= len(orders)

    @cached_property
    def _musl_folders(self) -> tuple[str, ...]:
        """`/etc/ld-musl-ARCH.path` instead of the folders that are built in; "newline or colon delimited"."""
        for path, data in self._aboard.texts.items():
            if path.startswith("etc/ld-musl-") and path.endswith(".path"):
                return tuple(part for part in re.split(r"[\n:]", data.decode(errors="replace")) if part)
        return _MUSL_FOLDERS

    def _musl_loader(self, machine: Machine) -> Loaded | None:
        loaders = (path for path in self._aboard.entries if name_of(path).startswith("ld-musl-"))
        return next((found for path in loaders if (found := self._library(path, machine)) is not None), None)
