"""Every program's interpreter is aboard: without it the kernel answers "no such file" about the program itself."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.closure.machine import Machine, is_for_musl
from bareboat.inspect.finding import Family, Finding, Rule, Severity

INTERPRETER = Rule(
    name="interpreter",
    family=Family.closure,
    severity=Severity.error,
    title="the program interpreter of every ELF executable is there, may be executed, and is of the same machine",
    why="execve(2) fails with ENOENT for a program whose interpreter is missing, and ELIBBAD for a wrong one",
)
FOREIGN = Rule(
    name="foreign-elf",
    family=Family.closure,
    severity=Severity.note,
    title="every ELF file is for the image's architecture and C library",
    why="nothing in the image can start or load a file for another one; it takes room and serves nothing",
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Interpreters that are missing or wrong; then a program of another machine that the image is to start."""
    for path in grounds.natives:
        wanted = grounds.elves[path].interpreter
        fault = None if wanted is None else _fault(grounds, path, wanted)
        if wanted is not None and fault is not None:
            provider = grounds.library_provider(wanted.rpartition("/")[2], path)
            message = f"needs the program interpreter {wanted}, which {fault}"
            hint = f"add the package {provider}" if provider is not None else None
            yield grounds.finding(INTERPRETER, path, message, needs=wanted, provider=provider, hint=hint)
    program = grounds.program
    facts = grounds.elves.get(program) if program is not None else None
    if program is not None and facts is not None and not grounds.is_native(facts):
        message = f"is what the image starts, and is for {Machine.of(facts)}, not {grounds.machine}"
        yield grounds.finding(INTERPRETER, program, message, hint="put in the program that was built for this platform")


def foreign(grounds: Grounds) -> Iterator[Finding]:
    """Files that nothing here could load, by package and by what they are for."""
    groups: dict[tuple[str | None, str], list[ImagePath]] = {}
    natives = {*grounds.natives, grounds.program}
    for path, facts in grounds.elves.items():
        if path not in natives:
            other = "musl" if Machine.of(facts) == grounds.machine and is_for_musl(facts) else str(Machine.of(facts))
            groups.setdefault((grounds.files.owner(path), other), []).append(path)
    for (_, other), paths in groups.items():
        size = sum(grounds.files.entries[path].size for path in paths)
        verb = "is" if len(paths) == 1 else "are"
        message = f"this{and_others(len(paths) - 1, 'file')} {verb} for {other}, which the image has no loader for"
        yield grounds.finding(FOREIGN, paths[0], message, hint="leave it out with `drop`", size=size)


def _fault(grounds: Grounds, path: ImagePath, wanted: str) -> str | None:
    """What is wrong with the interpreter that the file at `path` names; None when it would do."""
    file = grounds.places.file(wanted)
    if file is None:
        return "is not in the image"
    facts = grounds.files.elves.get(file)
    if facts is None:
        return "is no ELF file"
    mine = Machine.of(grounds.elves[path])
    if Machine.of(facts) != mine:
        return f"is for {Machine.of(facts)}, not {mine}"
    return None if grounds.places.program(wanted) is not None else "may not be executed"
