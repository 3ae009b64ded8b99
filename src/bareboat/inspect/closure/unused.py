"""What serves nothing: libraries that no ELF file of the image needs, and that nobody asked for.

Only libraries in the folders of the loader count, for others are loaded by their paths: plugins, extension modules,
the homes of Java.
Libraries that something is known to load by name are in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.closure.machine import BARE, HOSTS, Machine
from bareboat.inspect.closure.search import Loaded
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.inspect.installed import InstalledPackage
from bareboat.inspect.wishes import wishes_in

UNUSED = Rule(
    name="unused-library",
    family=Family.closure,
    severity=Severity.note,
    title="every library that came along is needed by an ELF file",
    why="a package that nobody asked for and nothing loads costs bytes, and turns up in reports of vulnerabilities",
)

# glibc loads its own by name (nss, gconv, libgcc_s for threads); its small libraries serve programs that were linked
# before 2.34 or are debugged
_WHOLE_PACKAGES = ("libc6", "libc-bin", "libc6-dev")
# libpcsclite.so.1 is a front of libpcsclite_real.so.1
_LOADED_BY_NAME = re.compile(r"libgcc_s\.so\.1|libnss_.*\.so\.2|libpcsclite_real\.so\.1")
# OpenJDK: `src/java.desktop/unix/native` (fontconfig, cups, gtk), `src/java.smartcardio` (pcsclite), `src/jdk.crypto.*`
_LOADED_BY_JAVA = re.compile(
    r"lib(?:fontconfig|freetype|cups|pcsclite|nss3|softokn3|nssutil3|gtk-3|gio-2\.0|asound|atk-bridge.*)\.so.*"
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Packages all of whose libraries nothing needs, else the single libraries."""
    wished = _wished(grounds)
    if wished is None:
        return
    idle = _idle(grounds, wished)
    by_package: dict[str, list[ImagePath]] = {}
    for path in sorted(idle):
        by_package.setdefault(grounds.files.owner(path) or "", []).append(path)
    for name, paths in by_package.items():
        package = grounds.package_of(paths[0])
        sonames = ", ".join(grounds.elves[path].soname or name_of(path) for path in paths)
        because = _because(grounds, name)
        if package is not None and _serves_nothing(grounds, package, idle):
            message = f"{name} serves nothing: no ELF file needs {sonames}{because}"
            hint = f"leave it out: `omit: [{{package: {name}, reason: ...}}]`"
            yield grounds.finding(UNUSED, paths[0], message, hint=hint, size=package.installed_bytes)
            continue
        for path in paths:
            message = f"no ELF file needs {grounds.elves[path].soname}{because}"
            hint = f'leave it out: `drop: ["{name}:{_pattern(grounds, path)}"]`'
            yield grounds.finding(UNUSED, path, message, hint=hint, size=grounds.files.entries[path].size)


def _idle(grounds: Grounds, wished: frozenset[str]) -> frozenset[ImagePath]:
    """The libraries that nothing reaches which is there for itself."""
    candidates = frozenset(path for path in grounds.natives if _may_be_idle(grounds, path, wished))
    needs: dict[ImagePath, list[ImagePath]] = {}
    for bindings in grounds.bindings:
        for (path, _), providers in bindings.provided.items():
            needs.setdefault(path, []).extend(providers)
    reached = {path for path in grounds.elves if path not in candidates}
    waiting = list(reached)
    for path in waiting:  # grows as libraries are reached
        for found in (*needs.get(path, ()), *_hinted(grounds, path)):
            if found not in reached:
                reached.add(found)
                waiting.append(found)
    return candidates - reached


def _may_be_idle(grounds: Grounds, path: ImagePath, wished: frozenset[str]) -> bool:
    facts = grounds.elves[path]
    owner = grounds.files.owner(path)
    soname = facts.soname
    if soname is None or facts.interpreter is not None or facts.kind != "DYN" or owner is None:
        return False
    if owner in wished or owner in _WHOLE_PACKAGES or parent_of(path) not in grounds.search.folders:
        return False
    if _LOADED_BY_NAME.fullmatch(soname) or (grounds.java_homes and _LOADED_BY_JAVA.fullmatch(soname)):
        return False
    return not any(name in (soname, name_of(path)) for name in _preloaded(grounds))


def _preloaded(grounds: Grounds) -> tuple[str, ...]:
    """The names of what LD_PRELOAD and `/etc/ld.so.preload` load into every program; ld.so(8)."""
    said = grounds.aboard.config.config.environment.get("LD_PRELOAD", "")
    text = grounds.files.texts.get(ImagePath("etc/ld.so.preload"), b"").decode(errors="replace")
    return tuple(name.rpartition("/")[2] for name in re.split(r"[:\s]+", f"{said} {text}") if name)


def _hinted(grounds: Grounds, path: ImagePath) -> Iterator[ImagePath]:
    """What a file says it loads while it runs."""
    for hint in grounds.elves[path].dlopen:
        found = (grounds.search.find(soname, (Loaded.program(path),)) for soname in hint.sonames)
        yield from (one.path for one in found if one is not None)


def _serves_nothing(grounds: Grounds, package: InstalledPackage, idle: frozenset[ImagePath]) -> bool:
    """Whether nothing of a package could run or be loaded but what is idle."""
    files = package.files or ()
    if any(path in grounds.elves and path not in idle for path in files):
        return False
    return not any(path in grounds.files.scripts and grounds.files.entries[path].mode & 0o111 for path in files)


def _pattern(grounds: Grounds, path: ImagePath) -> str:
    """A glob for a library and the links to it, for every architecture."""
    triplet = HOSTS.get(Machine.of(grounds.elves[path]), BARE).gnu
    folders = ["*" if part == triplet else part for part in parent_of(path).split("/")]
    return f"/{'/'.join(folders)}/{grounds.elves[path].soname}*"


def _because(grounds: Grounds, name: str) -> str:
    """Who brought the package along."""
    for package in grounds.files.packages:
        groups = (*package.pre_depends, *package.depends)
        if any(one.name == name for group in groups for one in group.alternatives):
            return f"; {package.name} depends on {name}"
    return ""


def _wished(grounds: Grounds) -> frozenset[str] | None:
    """The packages that were asked for, by their names or by what they provide; None when the image does not say."""
    wishes = wishes_in(grounds.aboard.annotations)
    if wishes is None:
        return None
    names = {wish.package for wish in wishes}
    provided = {one.name for one in grounds.files.packages if any(made.name in names for made in one.provides)}
    return frozenset(names | provided)
