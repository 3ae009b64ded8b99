"""Makes trees of one line per path, for everything that works on the filesystem of an image.

    make_tree({"usr/bin/": None, "usr/bin/sh": b"#!", "bin": "-> usr/bin"})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bareboat.base.mode import FOLDER, LINK
from bareboat.base.path import ImagePath
from bareboat.make.elf import ElfFacts, read_elf
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink, Tree, file_of

ORIGIN = "package:test"


def make_tree(paths: Mapping[str, bytes | str | ElfFacts | None]) -> Tree:
    """A tree: bytes make a file, `-> target` a link, `= path` a hard link, facts a library, None a folder."""
    return Tree.of(_entry(path.rstrip("/"), what) for path, what in paths.items())


def make_tree_of(folder: Path) -> Tree:
    """The tree of what stands in a folder of this machine, with all contents and the facts of ELF files."""
    return Tree.of(_entry_of(path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*")))


def dump(entries: Tree | tuple[AnyEntry, ...]) -> list[str]:
    """One line per entry: mode, owner, path, and where it leads or what is in it."""
    found = entries.entries.values() if isinstance(entries, Tree) else entries
    return [f"{entry.mode:04o} {entry.uid}:{entry.gid} {entry.path}{_content(entry)}" for entry in found]


def contents(entries: tuple[AnyEntry, ...]) -> dict[str, bytes]:
    """The bytes of every regular file among `entries`."""
    return {entry.path: entry.content for entry in entries if isinstance(entry, File)}


def links(entries: tuple[AnyEntry, ...]) -> dict[str, str]:
    """The target of every symbolic link among `entries`."""
    return {entry.path: entry.target for entry in entries if isinstance(entry, Symlink)}


def _entry(path: str, what: bytes | str | ElfFacts | None) -> AnyEntry:
    place = ImagePath(path)
    match what:
        case None:
            return Directory(path=place, mode=FOLDER, origin=ORIGIN)
        case ElfFacts():
            return replace(file_of(path, b"\x7fELF", origin=ORIGIN), elf=what)
        case bytes():
            return file_of(path, what, origin=ORIGIN)
        case str() if what.startswith("= "):
            return Hardlink(path=place, mode=0o644, origin=ORIGIN, target=ImagePath(what[2:]))
        case _:
            return Symlink(path=place, mode=LINK, origin=ORIGIN, target=what.removeprefix("-> "))


def _entry_of(path: Path, name: str) -> AnyEntry:
    if path.is_symlink():
        return _entry(name, f"-> {path.readlink()}")
    if path.is_dir():
        return _entry(name, None)
    if not path.is_file():
        return Device(path=ImagePath(name), mode=0o644, origin=ORIGIN, kind="fifo")
    data = path.read_bytes()
    return replace(file_of(name, data, origin=ORIGIN), elf=read_elf(data, name))


def _content(entry: AnyEntry) -> str:
    match entry:
        case Directory():
            return "/"
        case Symlink():
            return f" -> {entry.target}"
        case Hardlink():
            return f" = {entry.target}"
        case File():
            return f" {entry.size} bytes"
        case Device():
            return f" {entry.kind}"
