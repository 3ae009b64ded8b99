"""Scripts that may be executed have what executes them aboard."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.path import ImagePath
from bareboat.inspect.closure.grounds import Grounds, and_others
from bareboat.inspect.finding import Family, Finding, Rule, Severity

STARTED = Rule(
    name="script-interpreter",
    family=Family.closure,
    severity=Severity.error,
    title="the interpreter of a script that the image starts is there",
    why='execve(2) fails with ENOENT: the container ends with "no such file or directory" about the script itself',
)
DEAD = Rule(
    name="dead-script",
    family=Family.closure,
    severity=Severity.note,
    title="the interpreter of every script that may be executed is there",
    why="such a script cannot run here; packages bring some for administrators, and they serve nothing",
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """The image's own program first; then the others, by package and by what they lack."""
    started = grounds.program
    groups: dict[tuple[str | None, str], list[ImagePath]] = {}
    for path, line in grounds.files.scripts.items():
        entry = grounds.files.entries[path]
        if not entry.mode & 0o111:
            continue
        missing = _missing(grounds, line)
        if missing is not None and path == started:
            provider = grounds.providers.of_program(missing)
            message = f"is what the image starts, and {missing}, which runs it, is not in the image"
            yield grounds.finding(STARTED, path, message, needs=missing, provider=provider)
        elif missing is not None:
            groups.setdefault((grounds.files.owner(path), missing), []).append(path)
    for (_, missing), paths in groups.items():
        size = sum(grounds.files.entries[path].size for path in paths)
        message = f"this{and_others(len(paths) - 1, 'script')} cannot run without {missing}"
        provider = grounds.providers.of_program(missing)
        yield grounds.finding(DEAD, paths[0], message, needs=missing, provider=provider, size=size)


def _missing(grounds: Grounds, line: str) -> str | None:
    """What of a script's first line is not there: the interpreter, or the program that env(1) would look for."""
    interpreter, _, rest = line.strip().partition(" ")
    interpreter, _, more = interpreter.partition("\t")
    if grounds.places.program(interpreter if interpreter.startswith("/") else f"/{interpreter}") is None:
        return interpreter or "an interpreter"
    if interpreter.rpartition("/")[2] != "env":
        return None
    word = _asked_of_env(f"{more} {rest}".split())
    return word if word is not None and grounds.found_program(word) is None else None


def _asked_of_env(words: list[str]) -> str | None:
    """The program among env's words: behind its options and assignments."""
    return next((word for word in words if not word.startswith("-") and "=" not in word), None)
