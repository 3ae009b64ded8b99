"""The virtual machine that Java's launcher takes by default is there.

Source: OpenJDK's `src/java.base/share/native/libjli/java.c`, `ReadKnownVMs` and `CheckJvmType`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.finding import Family, Finding, Rule, Severity

VIRTUAL_MACHINE = Rule(
    name="java-virtual-machine",
    family=Family.closure,
    severity=Severity.error,
    title="the virtual machine that jvm.cfg names first is there",
    why="the launcher takes it when no other is asked for, and ends without its libjvm.so",
)


def findings(grounds: Grounds) -> Iterator[Finding]:
    """The default of each home's jvm.cfg, where its library is not there.

    "-NAME KNOWN" offers a virtual machine; other words (IGNORE, ERROR, WARN, ALIASED_TO ...) say what becomes of a name
    that is none. Those behind the first are taken on request only.
    """
    for home in grounds.java_homes:
        config = grounds.places.file(f"{home}/lib/jvm.cfg")
        text = grounds.files.texts.get(config, b"").decode(errors="replace") if config is not None else ""
        lines = (line.partition("#")[0].split() for line in text.splitlines())
        known = next((words[0] for words in lines if len(words) > 1 and words[1] == "KNOWN"), None)
        if config is None or known is None:
            continue
        library = f"/{home}/lib/{known.removeprefix('-')}/libjvm.so"
        if grounds.places.file(library) is None:
            message = f"makes {known} the virtual machine, and {library} is not in the image"
            yield grounds.finding(VIRTUAL_MACHINE, config, message, needs=library)
