"""The dynamic loader of this machine finds the same libraries for its programs as our search does."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import pytest

from bareboat.base.path import ImagePath
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.closure.loading import Bindings, Loader
from bareboat.make.elf import ElfFacts, read_elf
from bareboat.oci.config import Execution, ImageConfig
from bareboat.store.entry import EntryKind, LayerEntry

pytestmark = pytest.mark.oracle

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
FOLDERS = ("/bin", "/sbin", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt")
PROGRAMS = 60
_LINE = re.compile(r"\s+(\S+)(?: => (\S+| *not found))?(?: \(0x[0-9a-f]+\))?")


def _programs() -> list[Path]:
    """Programs spread over `/usr/bin`, with those of the system's own folders that need much."""
    found = []
    for path in sorted(Path("/usr/bin").iterdir()):
        if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
            continue
        data = path.read_bytes()
        facts = read_elf(data, str(path)) if data[:4] == b"\x7fELF" else None
        if facts is not None and facts.interpreter is not None:
            found.append((len(facts.needed), str(path)))
    many = [Path(name) for _, name in sorted(found, reverse=True)[: PROGRAMS // 2]]
    step = max(1, len(found) // (PROGRAMS // 2))
    return list(dict.fromkeys([*many, *(Path(name) for _, name in found[::step])]))


def _listed(program: Path) -> dict[str, str | None]:
    """What the loader says: a path for every soname, None for what it does not find."""
    facts = read_elf(program.read_bytes(), str(program))
    assert facts is not None
    assert facts.interpreter is not None
    run = subprocess.run(
        [facts.interpreter, "--list", program], capture_output=True, text=True, env={"LC_ALL": "C"}, check=False
    )
    found: dict[str, str | None] = {}
    for line in run.stdout.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None and match[2] is not None:
            found[match[1]] = None if "not found" in match[2] else os.path.realpath(match[2])
    return found


def _machine(programs: list[Path]) -> Aboard:
    """This machine as an image: its folders of libraries, and the programs."""
    entries: dict[ImagePath, LayerEntry] = {}
    elves: dict[ImagePath, ElfFacts] = {}
    paths = [Path(folder) for folder in FOLDERS]
    for folder in ("/lib", "/usr/lib", "/usr/local/lib"):
        for pattern in ("*.so*", "*/*.so*", "*/*/*.so*"):
            paths += Path(folder).glob(pattern)
    for path in [*paths, *programs]:
        for place in [*reversed(path.parents), path]:
            _add(place, entries, elves)
    cache = Path("/etc/ld.so.cache").read_bytes()
    architecture = ARCHITECTURES[platform.machine()]
    return Aboard(
        name="this machine",
        config=ImageConfig(architecture=architecture, config=Execution()),
        annotations={},
        entries=dict(sorted(entries.items())),
        elves=elves,
        texts={ImagePath("etc/ld.so.cache"): cache},
    )


def _add(path: Path, entries: dict[ImagePath, LayerEntry], elves: dict[ImagePath, ElfFacts]) -> None:
    place = ImagePath(str(path).lstrip("/"))
    if not place or place in entries:
        return
    if path.is_symlink():
        entries[place] = LayerEntry(
            path=place, kind=EntryKind.symbolic_link, mode=0o777, target=str(path.readlink()), layer=0
        )
        target = Path(os.path.realpath(path))
        if target.exists():
            for one in [*reversed(target.parents), target]:
                _add(one, entries, elves)
    elif path.is_dir():
        entries[place] = LayerEntry(path=place, kind=EntryKind.folder, mode=0o755, layer=0)
    elif path.is_file():
        entries[place] = LayerEntry(path=place, kind=EntryKind.file, mode=0o755, size=1, layer=0)
        with path.open("rb") as stream:
            head = stream.read(4)
        facts = read_elf(path.read_bytes(), str(path)) if head == b"\x7fELF" else None
        if facts is not None:
            elves[place] = facts


@pytest.mark.skipif(platform.machine() not in ARCHITECTURES, reason="other loaders have other names")
def test_the_loader_finds_the_same_libraries() -> None:
    programs = _programs()
    assert len(programs) > 20
    grounds = Grounds(aboard=_machine(programs))
    loader = Loader(grounds.aboard, grounds.places, grounds.search)
    ours, theirs = {}, {}
    for program in programs:
        bindings = Bindings()
        loader.load(ImagePath(os.path.realpath(program).lstrip("/")), bindings, already={})
        found: dict[str, str | None] = {soname: None for _, soname in bindings.missing}
        found |= {soname: f"/{next(iter(paths))}" for (_, soname), paths in bindings.provided.items()}
        listed = _listed(program)
        # a program's own interpreter is listed by its path; its soname has no line of its own
        ours[str(program)] = {soname: path for soname, path in found.items() if not soname.startswith("ld-")}
        theirs[str(program)] = {soname: path for soname, path in listed.items() if not soname.startswith(("/", "ld-"))}
    assert ours == theirs
