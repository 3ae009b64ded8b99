"""What programs load while they run, as far as they say it, and what glibc loads when a thread ends.

Sources: UAPI Group, "ELF Note .note.dlopen Metadata"; glibc's `misc/unwind-link.c` ("libgcc_s.so.1 must be installed
for pthread_exit to work" and for backtrace).
"""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.closure.search import Loaded
from bareboat.inspect.finding import Family, Finding, Rule, Severity
from bareboat.make.elf_notes import Dlopen, Priority

_WHY = "the file says so in its dlopen metadata: "
REQUIRED = Rule(
    name="dlopen-required",
    family=Family.closure,
    severity=Severity.error,
    title="what an ELF file says it cannot do without is found by dlopen()",
    why=_WHY + "the program fails where it loads the library",
)
RECOMMENDED = Rule(
    name="dlopen-recommended",
    family=Family.closure,
    severity=Severity.warning,
    title="what an ELF file recommends to have is found by dlopen()",
    why=_WHY + "an important feature is missing without the library",
)
SUGGESTED = Rule(
    name="dlopen-suggested",
    family=Family.closure,
    severity=Severity.note,
    title="what an ELF file suggests to have is found by dlopen()",
    why=_WHY + "a feature of minor importance is missing without the library",
)
UNWINDER = Rule(
    name="unwinder",
    family=Family.closure,
    severity=Severity.warning,
    title="where glibc is, libgcc_s.so.1 is",
    why='pthread_exit() and pthread_cancel() abort with "libgcc_s.so.1 must be installed for pthread_exit to work", '
    "and backtrace() finds nothing",
)

_RULES = {Priority.required: REQUIRED, Priority.recommended: RECOMMENDED, Priority.suggested: SUGGESTED}
_UNWINDER = "libgcc_s.so.1"


def findings(grounds: Grounds) -> Iterator[Finding]:
    """Hints of which no soname is found; whoever is the program, the file's own search path counts."""
    for path in grounds.natives:
        for hint in grounds.elves[path].dlopen:
            asking = (Loaded.program(path),)
            if all(grounds.search.find(soname, asking) is None for soname in hint.sonames):
                provider = grounds.library_provider(hint.sonames[0], path)
                message = f"loads {' or '.join(hint.sonames)} while it runs{_purpose(hint)}, which is not found"
                yield grounds.finding(
                    _RULES[hint.priority], path, message, needs=hint.sonames[0], provider=provider,
                    hint=f"add the package {provider}" if provider is not None else None,
                )


def unwinder(grounds: Grounds) -> Iterator[Finding]:
    """glibc without the library that it unwinds stacks with."""
    glibc = grounds.glibc
    if glibc is not None and grounds.system_library(_UNWINDER) is None:
        provider = grounds.library_provider(_UNWINDER, glibc)
        message = f"loads {_UNWINDER} when a thread is ended or cancelled, and it is not found"
        hint = f"add the package {provider}" if provider is not None else None
        yield grounds.finding(UNWINDER, glibc, message, needs=_UNWINDER, provider=provider, hint=hint)


def _purpose(hint: Dlopen) -> str:
    said = hint.description or hint.feature
    return f", for {hint.feature} ({said})" if hint.feature and hint.feature != said else f" ({said})" if said else ""
