"""Whether a container can be started from the image's configuration."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.base.errors import FormatError
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.accounts import accounts_of, user_ids
from bareboat.inspect.bearing import is_system
from bareboat.inspect.execution import program_of
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.store.entry import EntryKind

PROGRAM = Rule(
    name="entrypoint",
    family=Family.contract,
    severity=Severity.error,
    title="the entrypoint is a program that the image's user may start",
    why="otherwise no container starts",
)
HEALTHCHECK = Rule(
    name="healthcheck-program",
    family=Family.contract,
    severity=Severity.error,
    title="the health check's program is there; one that is written for a shell needs a shell",
    why="a container whose health check cannot run is reported as ill, and restarted again and again",
)
SEARCH_PATH = Rule(
    name="search-path",
    family=Family.contract,
    severity=Severity.warning,
    title="PATH is set",
    why="runtimes differ in what they take instead, and some give programs none at all",
)
WORKING_FOLDER = Rule(
    name="working-folder",
    family=Family.contract,
    severity=Severity.warning,
    title="the working folder is there",
    why="some runtimes make it, as root's, and then the image's user cannot write to it; others refuse to start",
)
STOP_SIGNAL = Rule(
    name="stop-signal",
    family=Family.contract,
    severity=Severity.error,
    title="the stop signal is one that Linux has",
    why="a runtime that does not know it refuses to make the container",
)
RULES = (PROGRAM, HEALTHCHECK, SEARCH_PATH, WORKING_FOLDER, STOP_SIGNAL)


def find(aboard: Aboard) -> Iterator[Finding]:
    """What keeps a container from starting, or from being stopped."""
    execution = aboard.config.config
    words = execution.entrypoint or execution.cmd
    if words:
        yield from _start(aboard, PROGRAM, "the entrypoint" if execution.entrypoint else "the command", words[0])
    check = execution.healthcheck.test if execution.healthcheck is not None else ()
    if len(check) > 1 and check[0] in ("CMD", "CMD-SHELL"):
        word = check[1] if check[0] == "CMD" else "/bin/sh"
        yield from _start(aboard, HEALTHCHECK, "the health check", word)
    if is_system(aboard) and not execution.environment.get("PATH"):
        yield Finding(rule=SEARCH_PATH, path="", message="PATH is not set", hint="write env: {PATH: /usr/bin:/bin}")
    yield from _folder(aboard)
    signal = execution.stop_signal
    if signal.startswith("SIG") or signal.isdecimal():  # what breaks the grammar is reported with the documents
        from bareboat.plan.config.signals import read_signal

        try:
            read_signal(signal)
        except FormatError as fault:
            yield Finding(rule=STOP_SIGNAL, path="", message=fault.message, needs=signal, hint=fault.hint)


def _start(aboard: Aboard, rule: Rule, what: str, word: str) -> Iterator[Finding]:
    program = program_of(aboard, word, user_ids(aboard, accounts_of(aboard)))
    if program.real is None:
        path = program.named if program.named.startswith("/") else ""
        yield Finding(rule=rule, path=path, message=f"{what} {program.fault}", needs=program.named)


def _folder(aboard: Aboard) -> Iterator[Finding]:
    folder = aboard.config.config.working_dir
    if not folder:
        return
    real = aboard.real_path(folder)
    entry = None if real is None else aboard.entries.get(real)
    if real != "" and (entry is None or entry.kind is not EntryKind.folder):
        what = "is the working folder and " + ("is not there" if entry is None else f"is a {entry.kind}")
        yield Finding(rule=WORKING_FOLDER, path=folder, message=what, needs=folder)
