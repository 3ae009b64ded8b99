"""Every symbol version that an ELF file needs is defined by the library that it gets."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.finding import Family, Finding, Rule, Severity

VERSION = Rule(
    name="symbol-version",
    family=Family.closure,
    severity=Severity.error,
    title="every symbol version that an ELF file needs is defined by the library that the loader finds",
    why="glibc's `_dl_check_map_versions` ends the program with \"version `GLIBC_2.38' not found\"",
)
UNVERSIONED = Rule(
    name="unversioned-library",
    family=Family.closure,
    severity=Severity.warning,
    title="a library whose symbol versions are needed defines some",
    why='the loader says "no version information available" each time and binds symbols by their names alone',
)
_SHOWN = 3


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Versions that the file that was found does not define; once for each file, soname and library found."""
    seen = set()
    for bindings in grounds.bindings:
        for (path, soname), providers in bindings.provided.items():
            wanted = next((versions for name, versions in grounds.elves[path].needs if name == soname), ())
            for provider in providers if wanted else ():
                if (path, soname, provider) in seen:
                    continue
                seen.add((path, soname, provider))
                defined = grounds.files.elves[provider].defines
                absent = [version for version in wanted if version not in defined]
                if not defined:
                    message = f"needs versions of {soname}, and /{provider} defines none"
                    yield grounds.finding(UNVERSIONED, path, message, needs=soname)
                elif absent:
                    more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
                    message = f"needs {', '.join(absent[:_SHOWN])}{more} of {soname}, not defined by /{provider}"
                    hint = "it was built with a newer library: build it on the image's distro, or use a newer distro"
                    yield grounds.finding(VERSION, path, message, needs=soname, hint=hint)
