"""Makes what rules look at, of one line per path: an image as facts, without layers and blobs.

    make_aboard({"usr/bin/sail": make_program("libmast.so.2"), "lib": "-> usr/lib", "etc/nsswitch.conf": b"hosts: dns"})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bareboat.base.path import ImagePath, parents_of
from bareboat.debian.relation import parse_provides, parse_relations
from bareboat.debian.version import Version
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.finding import Finding
from bareboat.inspect.installed import InstalledPackage
from bareboat.make.effects.ldcache_file import Library, cache_file
from bareboat.make.elf import ElfFacts
from bareboat.oci.config import Execution, ImageConfig
from bareboat.store.entry import EntryKind, LayerEntry

What = ElfFacts | bytes | str | None
"""Facts make an ELF file, bytes a file with that text, `-> target` a link, `= path` a hard link, None a folder."""

LOADER = "/lib64/ld-linux-x86-64.so.2"
LIB = "usr/lib/x86_64-linux-gnu"
CONFIG = Execution(env=("PATH=/usr/bin",), entrypoint=("/usr/bin/sail",), working_dir="/")


def told(findings: Iterable[Finding]) -> list[str]:
    """One line per finding: its rule, its path and what it says."""
    return [f"{one.rule.name} {one.path} {one.message}" for one in findings]


def make_aboard(
    paths: Mapping[str, What],
    *,
    architecture: str = "amd64",
    config: Execution = CONFIG,
    annotations: Mapping[str, str] | None = None,
    unsound: Mapping[str, str] | None = None,
    modes: Mapping[str, int] | None = None,
    packages: Sequence[InstalledPackage] = (),
) -> Aboard:
    """An image of `paths`, with the folders above them.

    ELF files have 1000 bytes; what lies in a folder `bin` or begins with `#!` may be executed, unless `modes` say else;
    `unsound` are files that cannot be read as ELF, with the fault.
    """
    said: dict[str, What] = {**paths, **dict.fromkeys(unsound or {}, b"\x7fELF")}
    places = {path.strip("/"): what for path, what in said.items()}
    above = {str(folder) for path in places for folder in parents_of(ImagePath(path))}
    whole: dict[str, What] = {**dict.fromkeys(above - set(places), None), **places}
    entries = {ImagePath(path): _entry(path, whole[path], (modes or {}).get(path)) for path in sorted(whole)}
    texts = {ImagePath(path): what for path, what in places.items() if isinstance(what, bytes)}
    return Aboard(
        name="sail:latest",
        config=ImageConfig(architecture=architecture, config=config),
        annotations=annotations or {},
        entries=entries,
        elves={ImagePath(path): what for path, what in sorted(places.items()) if isinstance(what, ElfFacts)},
        unsound={ImagePath(path): fault for path, fault in (unsound or {}).items()},
        scripts={
            path: text[2:].split(b"\n")[0].decode().strip() for path, text in texts.items() if text.startswith(b"#!")
        },
        texts=texts,
        packages=tuple(sorted(packages, key=lambda package: package.name)),
    )


def make_program(*needed: str, interpreter: str | None = LOADER, machine: int = 62, **facts: object) -> ElfFacts:
    """The facts of an executable, of amd64 unless stated; without an interpreter it is static."""
    return make_facts(*needed, interpreter=interpreter, machine=machine, **facts)


def make_facts(*needed: str, machine: int = 62, **facts: object) -> ElfFacts:
    """The facts of an ELF file that needs these sonames."""
    said = {"bits": 64, "little_endian": True, "machine": machine, "flags": 0, "kind": "DYN", "needed": needed}
    return ElfFacts(**{**said, **facts})  # type: ignore[arg-type]


def make_shared(soname: str, *needed: str, machine: int = 62, **facts: object) -> ElfFacts:
    """The facts of a shared library, of amd64 unless stated."""
    return make_facts(*needed, machine=machine, soname=soname, **facts)


SYSTEM: Mapping[str, What] = {
    "lib": "-> usr/lib",
    "lib64": "-> usr/lib64",
    "usr/lib64/ld-linux-x86-64.so.2": "-> ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    f"{LIB}/ld-linux-x86-64.so.2": make_shared("ld-linux-x86-64.so.2", defines=("GLIBC_2.2.5",)),
    f"{LIB}/libc.so.6": make_shared(
        "libc.so.6", "ld-linux-x86-64.so.2", interpreter=LOADER, defines=("GLIBC_2.17", "GLIBC_2.34")
    ),
    f"{LIB}/libgcc_s.so.1": make_shared("libgcc_s.so.1", "libc.so.6"),
    f"{LIB}/gconv/gconv-modules": b"",
}
"""glibc on amd64 with a merged /usr, whole enough that nothing is to be said of it."""


def make_package(
    name: str, files: Sequence[str] = (), *, version: str = "1.0-1", depends: str = "", provides: str = "",
    size: int = 0,
) -> InstalledPackage:
    """A package that lists `files`."""
    return InstalledPackage(
        name=name, version=Version(version), architecture="amd64", source=name, source_version=Version(version),
        depends=parse_relations(depends, "Depends"), pre_depends=(), provides=parse_provides(provides, "Provides"),
        files=tuple(map(ImagePath, files)), installed_bytes=size, layer=0,
    )


def make_cache(libraries: Mapping[str, str], *, flags: int = 0x0303) -> bytes:
    """The loader's cache: sonames and where they are, of amd64 unless stated."""
    return cache_file([Library(soname, path, flags) for soname, path in libraries.items()], little_endian=True)


def _entry(path: str, what: What, mode: int | None) -> LayerEntry:
    place = ImagePath(path)
    match what:
        case None:
            return LayerEntry(path=place, kind=EntryKind.folder, mode=mode or 0o755, layer=0)
        case ElfFacts():
            return LayerEntry(path=place, kind=EntryKind.file, mode=mode or 0o755, size=1000, layer=0)
        case bytes():
            executable = what.startswith(b"#!") or "bin/" in path
            usual = 0o755 if executable else 0o644
            return LayerEntry(path=place, kind=EntryKind.file, mode=mode or usual, size=len(what), layer=0)
        case str() if what.startswith("= "):
            return LayerEntry(path=place, kind=EntryKind.hard_link, mode=mode or 0o755, target=what[2:], layer=0)
        case _:
            target = what.removeprefix("-> ")
            return LayerEntry(path=place, kind=EntryKind.symbolic_link, mode=0o777, target=target, layer=0)
