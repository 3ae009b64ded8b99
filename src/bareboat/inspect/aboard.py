"""What rules look at: one image on one platform, as facts, with no file left open.

Rules are pure functions from this to findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from bareboat.base.path import ImagePath
from bareboat.base.problem import Problem
from bareboat.inspect.installed import InstalledPackage
from bareboat.make.elf import ElfFacts
from bareboat.oci.config import ImageConfig
from bareboat.store.entry import LayerEntry
from bareboat.store.walk import walk


@dataclass(frozen=True, kw_only=True)  # no slots: what is worked out from the fields is kept beside them
class Aboard:
    """An image as a container sees it.

    `name` is what to call it in reports; `entries` are sorted by path, hard links among them.
    `elves` are the facts of every sound ELF file, `unsound` says of the others what is wrong with them.
    `scripts` has the first line after `#!` of every file that begins so, stripped.
    `texts` has the contents of the small files that rules read (`inspect.contents`).
    `md5s` has the MD5 of every file, in lower-case hexadecimal; `private_keys` are the files that hold one.
    `damaged` says of control files in status.d what is wrong with them; they are missing from `packages`.
    `whiteouts` are what layers hide of those below, each once; `faults` are against OCI's specification.
    """

    name: str
    config: ImageConfig
    annotations: Mapping[str, str]
    entries: Mapping[ImagePath, LayerEntry]
    elves: Mapping[ImagePath, ElfFacts] = field(default_factory=lambda: MappingProxyType({}))
    unsound: Mapping[ImagePath, str] = field(default_factory=lambda: MappingProxyType({}))
    scripts: Mapping[ImagePath, str] = field(default_factory=lambda: MappingProxyType({}))
    texts: Mapping[ImagePath, bytes] = field(default_factory=lambda: MappingProxyType({}))
    packages: tuple[InstalledPackage, ...] = ()
    md5s: Mapping[ImagePath, str] = field(default_factory=lambda: MappingProxyType({}))
    private_keys: frozenset[ImagePath] = frozenset()
    damaged: Mapping[ImagePath, str] = field(default_factory=lambda: MappingProxyType({}))
    whiteouts: tuple[ImagePath, ...] = ()
    faults: tuple[Problem, ...] = ()

    def real_path(self, path: str) -> ImagePath | None:
        """`path` with every symbolic link on the way followed as in a chroot; None for a loop or where nothing is."""
        return walk(self.entries, path).path

    def owner(self, path: ImagePath) -> str | None:
        """The package that lists `path`, the first by name; None for what no package brought."""
        return self._owners.get(path)

    @cached_property
    def _owners(self) -> Mapping[ImagePath, str]:
        found: dict[ImagePath, str] = {}
        for package in self.packages:
            for path in package.files or ():
                found.setdefault(path, package.name)
        return MappingProxyType(found)
