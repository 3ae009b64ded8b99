"""The closure proof: every rule about what files of an image need, and all that they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bareboat.base.frozen import frozen
from bareboat.inspect.aboard import Aboard
from bareboat.inspect.closure import (
    gconv,
    hints,
    interpreter,
    java,
    libraries,
    links,
    name_service,
    openssl,
    python,
    scripts,
    unsound,
    unused,
    versions,
)
from bareboat.inspect.closure.grounds import Grounds
from bareboat.inspect.closure.provider import Providers
from bareboat.inspect.finding import Finding, Rule, in_order

ANY_ARCHIVE = Providers()


@frozen(kw_only=False)
class Check:
    """A function and the rules whose breaches it finds."""

    findings: Callable[[Grounds], Iterable[Finding]]
    rules: tuple[Rule, ...]


CLOSURE: tuple[Check, ...] = (
    Check(interpreter.findings, (interpreter.INTERPRETER,)),
    Check(libraries.findings, (libraries.NEEDED,)),
    Check(versions.findings, (versions.VERSION, versions.UNVERSIONED)),
    Check(hints.findings, (hints.REQUIRED, hints.RECOMMENDED, hints.SUGGESTED)),
    Check(hints.unwinder, (hints.UNWINDER,)),
    Check(name_service.findings, (name_service.NAME_SERVICE, name_service.FURTHER)),
    Check(openssl.findings, (openssl.PROVIDER, openssl.LEGACY)),
    Check(gconv.findings, (gconv.GCONV,)),
    Check(scripts.findings, (scripts.STARTED, scripts.DEAD)),
    Check(links.findings, (links.DANGLING,)),
    Check(python.findings, (python.ABI,)),
    Check(java.findings, (java.VIRTUAL_MACHINE,)),
    Check(unused.findings, (unused.UNUSED,)),
    Check(interpreter.foreign, (interpreter.FOREIGN,)),
    Check(unsound.findings, (unsound.UNSOUND,)),
)

RULES: tuple[Rule, ...] = tuple(rule for check in CLOSURE for rule in check.rules)


def prove(aboard: Aboard, providers: Providers = ANY_ARCHIVE) -> tuple[Finding, ...]:
    """What an image lacks, and what in it serves nothing; the gravest first. An image that is closed has no errors.

    Raises:
        FormatError: When the image's annotation of wishes cannot be read.
    """
    grounds = Grounds(aboard=aboard, providers=providers)
    return in_order(finding for check in CLOSURE for finding in check.findings(grounds))
