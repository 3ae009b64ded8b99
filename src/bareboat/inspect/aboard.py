"""What rules look at: one image on one platform, as facts, with no file left open.

Rules are pure functions from this to findings.
One that is about files alone gets `Files`, which have no documents to look at: what it finds holds for every image that
has these files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType

from bareboat.base.path import ImagePath
from bareboat.base.problem import Problem
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.places import Places
from bareboat.make.elf import ElfFacts
from bareboat.oci.config import ImageConfig
from bareboat.store.entry import LayerEntry
from bareboat.store.walk import walk


@dataclass(frozen=True, kw_only=True)  # no slots: what is worked out from the fields is kept beside them
class Files:
    """What the layers of an image come to, whatever its documents say.

    `entries` are sorted by path, hard links among them.
    `elves` are the facts of every sound ELF file, `unsound` says of the others what is wrong with them.
    `scripts` has the first line after `#!` of every file that begins so, stripped.
    `texts` has the contents of the small files that rules read (`make.contents`).
    `md5s` has the MD5 of every file, in lower-case hexadecimal; `private_keys` are the files that hold one.
    `damaged` says of control files in status.d what is wrong with them; they are missing from `packages`.
    `whiteouts` are what layers hide of those below, each once; `faults` are against OCI's specification.
    """

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
    def places(self) -> Places:
        """Where its paths lead."""
        return Places(self.entries)

    @cached_property
    def _owners(self) -> Mapping[ImagePath, str]:
        found: dict[ImagePath, str] = {}
        for package in self.packages:
            for path in package.files or ():
                found.setdefault(path, package.name)
        return MappingProxyType(found)


@dataclass(frozen=True, kw_only=True)
class Aboard(Files):
    """An image as a container sees it: its files, and the documents that say how it runs.

    `name` is what to call it in reports; `faults` are those of the documents too, which come first.
    """

    name: str
    config: ImageConfig
    annotations: Mapping[str, str]

    @classmethod
    def of(
        cls, files: Files, *, name: str, config: ImageConfig, annotations: Mapping[str, str],
        faults: tuple[Problem, ...] = (),
    ) -> Aboard:
        """The image that has `files`, and documents with these `faults`."""
        said = {one.name: getattr(files, one.name) for one in fields(Files)}
        said["faults"] = (*faults, *files.faults)
        aboard = cls(name=name, config=config, annotations=annotations, **said)
        vars(aboard)["files"] = files
        return aboard

    @cached_property
    def files(self) -> Files:
        """The same without the documents; images that were made `of` the same files have one and the same."""
        return Files(**{one.name: getattr(self, one.name) for one in fields(Files)})
