"""Every library that an ELF file needs is found where the loader looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bareboat.base.path import ImagePath, name_of, parent_of
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.closure.machine import Machine
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.make.elf import ElfFacts

NEEDED = Rule(
    name="needed-library",
    family=Family.closure,
    severity=Severity.error,
    title="every library that an ELF file needs is found where the dynamic loader looks",
    why='ld.so(8) ends a program with "error while loading shared libraries" before its first line, and dlopen() fails',
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Needs that nothing answers, each file and soname once."""
    programs, libraries = grounds.bindings
    places = _places_by_name(grounds.elves)
    for missing in (programs.missing, libraries.missing):
        for (path, soname), roots in missing.items():
            others = [root for root in roots if root != path]
            in_company = (path, soname) in programs.provided or (path, soname) in libraries.provided
            yield _finding(grounds, path, soname, others if in_company else [], places)


def _finding(
    grounds: Grounds, path: ImagePath, soname: str, roots: list[ImagePath],
    places: Mapping[str, tuple[ImagePath, ...]],
) -> Finding:
    mine = Machine.of(grounds.elves[path])
    elsewhere = [one for one in places.get(soname, ()) if one != path]
    fitting = [one for one in elsewhere if Machine.of(grounds.elves[one]) == mine and grounds.elves[one].kind == "DYN"]
    provider = grounds.library_provider(soname, path)
    when = f" when /{roots[0]}{and_others(len(roots) - 1, 'program')} loads it" if roots else ""
    if fitting:
        folder = f"/{parent_of(fitting[0])}"
        message = f"needs {soname}{when}, which lies in {folder}, where the loader does not look"
        hint = (
            f"name {folder} in a file of /etc/ld.so.conf.d and use the effect ldcache, "
            f"or set LD_LIBRARY_PATH={folder} in `env`"
        )
        return grounds.finding(NEEDED, path, message, needs=soname, hint=hint)
    message = f"needs {soname}{when}, which is not in the image"
    if elsewhere:
        other = Machine.of(grounds.elves[elsewhere[0]])
        fault = f"for {other}" if other != mine else "no shared library"
        message = f"needs {soname}{when} for {mine}, and /{elsewhere[0]} is {fault}"
    advice = f"add the package {provider}" if provider is not None else None
    return grounds.finding(NEEDED, path, message, needs=soname, provider=provider, hint=advice)


def _places_by_name(elves: Mapping[ImagePath, ElfFacts]) -> Mapping[str, tuple[ImagePath, ...]]:
    """Where libraries lie, by soname and by the names of their files."""
    found: dict[str, tuple[ImagePath, ...]] = {}
    for path, facts in elves.items():
        for name in {facts.soname or name_of(path), name_of(path)}:
            found[name] = (*found.get(name, ()), path)
    return found
