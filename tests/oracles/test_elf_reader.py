"""pyelftools reads the same facts from the libraries of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.segments import InterpSegment

from bareboat.make.elf import ElfFacts, read_elf

FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/bin", "/usr/sbin")
KINDS = {"ET_REL": "REL", "ET_EXEC": "EXEC", "ET_DYN": "DYN", "ET_CORE": "CORE"}


def _facts_of_pyelftools(path: Path) -> ElfFacts:
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        tags: dict[str, list[str]] = {}
        interpreter = None
        for segment in elf.iter_segments():
            if isinstance(segment, InterpSegment):
                interpreter = segment.get_interp_name()
            if isinstance(segment, DynamicSegment):
                for tag in segment.iter_tags():
                    for name in ("needed", "soname", "runpath", "rpath"):
                        if tag.entry.d_tag == f"DT_{name.upper()}":
                            tags.setdefault(name, []).append(getattr(tag, name))
        needs: dict[str, set[str]] = {}
        defines: set[str] = set()
        for section in elf.iter_sections():
            if isinstance(section, GNUVerNeedSection):
                for need, versions in section.iter_versions():
                    wanted = {version.name for version in versions if not version["vna_flags"] & 2}
                    needs.setdefault(need.name, set()).update(wanted)
            if isinstance(section, GNUVerDefSection):
                for definition, names in section.iter_versions():
                    if not definition["vd_flags"] & 1:
                        defines.add(next(iter(names)).name)
        return ElfFacts(
            bits=elf.elfclass,
            little_endian=elf.little_endian,
            machine=int.from_bytes(path.read_bytes()[18:20], "little" if elf.little_endian else "big"),
            flags=elf["e_flags"],
            kind=KINDS[elf["e_type"]],
            interpreter=interpreter,
            soname=next(iter(tags.get("soname", [])), None),
            needed=tuple(tags.get("needed", ())),
            runpath=_parts(tags.get("runpath", [])),
            rpath=_parts(tags.get("rpath", [])),
            needs=tuple(sorted((name, tuple(sorted(versions))) for name, versions in needs.items())),
            defines=tuple(sorted(defines)),
        )


def _parts(texts: list[str]) -> tuple[str, ...]:
    return tuple(part for text in texts for part in text.split(":") if part)


@pytest.mark.oracle
def test_pyelftools_reads_the_same_facts() -> None:
    paths = [path for folder in FOLDERS for path in sorted(Path(folder).glob("*")) if path.is_file()]
    libraries = [path for path in paths if not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF"][::4]
    assert len(libraries) > 50
    ours = {str(path): read_elf(path.read_bytes(), str(path)) for path in libraries}
    assert ours == {str(path): _facts_of_pyelftools(path) for path in libraries}
