"""What every rule of the proof stands on: the image, where its paths lead, and what its programs load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bareboat.base.path import ImagePath, name_of
from bareboat.inspect.aboard import Aboard, Files
from bareboat.inspect.closure.homes import already_loaded, homes_of
from bareboat.inspect.closure.loading import Bindings, Loader, bindings_of
from bareboat.inspect.closure.machine import HOSTS, Machine, is_for_musl, machine_of
from bareboat.inspect.closure.provider import Providers
from bareboat.inspect.closure.search import Search
from bareboat.inspect.finding import Finding, Rule
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.places import Places
from bareboat.make.elf import ElfFacts
from bareboat.store.entry import EntryKind

# Linux, execve(2), takes no path from anywhere; this is Debian's for a process that was given none.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)  # no slots: what is worked out from the fields is kept beside them
class Grounds:
    """An image, and what several rules work out of it; each is worked out once."""

    aboard: Aboard
    providers: Providers = field(default_factory=Providers)

    @property
    def files(self) -> Files:
        """Its files, without its documents."""
        return self.aboard.files

    @property
    def places(self) -> Places:
        """Where its paths lead."""
        return self.files.places

    @cached_property
    def search(self) -> Search:
        """Where its loaders look."""
        return Search(self.aboard, self.places)

    @cached_property
    def elves(self) -> Mapping[ImagePath, ElfFacts]:
        """The ELF files that could be executed or loaded, each under its first name."""
        entries = self.files.entries
        return {
            path: facts
            for path, facts in self.files.elves.items()
            if facts.kind in ("EXEC", "DYN") and entries[path].kind is EntryKind.file
        }

    @cached_property
    def machine(self) -> Machine | None:
        """What the image runs on."""
        return machine_of(self.aboard.config.architecture)

    @cached_property
    def natives(self) -> tuple[ImagePath, ...]:
        """The ELF files that something in the image could start or load."""
        return tuple(path for path, facts in self.elves.items() if self.is_native(facts))

    def is_native(self, facts: ElfFacts) -> bool:
        """Whether the image has, or should have, a loader for an ELF file.

        It is so for its own architecture, and for another where that one's loader is aboard; for a library that was
        linked with musl only where musl is aboard.
        """
        machine = Machine.of(facts)
        if self.machine is not None and machine != self.machine and machine not in self._loaders:
            return False
        return facts.interpreter is not None or not is_for_musl(facts) or self._has_musl

    @cached_property
    def bindings(self) -> tuple[Bindings, Bindings]:
        """What programs load at their start, and what other libraries would load."""
        loader = Loader(self.aboard, self.places, self.search)
        return bindings_of(self.elves, self.natives, loader, already_loaded(self.elves, self.java_homes))

    @cached_property
    def java_homes(self) -> tuple[ImagePath, ...]:
        """The homes of Java in the image."""
        return homes_of(self.elves)

    @cached_property
    def program(self) -> ImagePath | None:
        """The file that a container executes when nothing else is said; None when there is none."""
        words = (*self.aboard.config.config.entrypoint, *self.aboard.config.config.cmd)
        return self.found_program(words[0]) if words else None

    def found_program(self, word: str) -> ImagePath | None:
        """The file that is executed for `word`: a path, or a name in a folder of PATH."""
        execution = self.aboard.config.config
        if "/" in word:
            return self.places.program(word if word.startswith("/") else f"{execution.working_dir or '/'}/{word}")
        folders = execution.environment.get("PATH", _PATH).split(":")
        return next((path for one in folders if (path := self.places.program(f"{one}/{word}")) is not None), None)

    @cached_property
    def glibc(self) -> ImagePath | None:
        """glibc's own library, where programs of the image find it."""
        if self.machine is None:
            return None
        names = ("libc.so.6", "libc.so.6.1")
        found = (self.search.system(name, self.machine) for name in names)
        return next((one.path for one in found if one is not None), None)

    def system_library(self, soname: str) -> ImagePath | None:
        """The library that a program of the image gets for `soname` without a search path of its own."""
        found = self.search.system(soname, self.machine) if self.machine is not None else None
        return None if found is None else found.path

    def finding(
        self, rule: Rule, path: ImagePath, message: str, *, needs: str | None = None, provider: str | None = None,
        hint: str | None = None, size: int = 0,
    ) -> Finding:
        """A finding about the file at `path`, with its package."""
        return Finding(
            rule=rule, path=f"/{path}", message=message, owner=self.files.owner(path), needs=needs, provider=provider,
            hint=hint, bytes=size,
        )

    def library_provider(self, soname: str, path: ImagePath) -> str | None:
        """The package that has `soname`, which the file at `path` needs."""
        return self.providers.of_library(soname, owner=self.package_of(path), installed=self.installed)

    def package_of(self, path: ImagePath) -> InstalledPackage | None:
        """The package that brought the file at `path`."""
        return self._packages.get(self.files.owner(path) or "")

    @cached_property
    def installed(self) -> frozenset[str]:
        """The names that the image's packages have and provide."""
        provided = {one.name for package in self.files.packages for one in package.provides}
        return frozenset({*self._packages, *provided})

    @cached_property
    def _packages(self) -> Mapping[str, InstalledPackage]:
        return {package.name: package for package in self.files.packages}

    @cached_property
    def _loaders(self) -> frozenset[Machine]:
        """The machines for which the image has a program interpreter of glibc."""
        found = (self.places.file(host.interpreter) for host in HOSTS.values())
        return frozenset(Machine.of(self.elves[path]) for path in found if path is not None and path in self.elves)

    @cached_property
    def _has_musl(self) -> bool:
        return any(name_of(path).startswith("ld-musl-") for path in self.files.entries)


def and_others(count: int, noun: str) -> str:
    """How a finding says that it stands for `count` places more: ` and 3 other modules`."""
    return f" and {count} other {noun}{'' if count == 1 else 's'}" if count else ""
