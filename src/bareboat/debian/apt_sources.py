"""Where apt looks for packages: `sources.list` and `.sources` files, as values.

Obeys sources.list(5), "ONE-LINE-STYLE FORMAT" and "DEB822-STYLE FORMAT".
Reading the files is the caller's; so are the keys that `signed_by` names.
Options that would switch verification off (`trusted`, `allow-insecure`) are not carried over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bareboat.base.errors import FormatError
from bareboat.debian.paragraph import Paragraph, parse_paragraphs

_ENTRY = re.compile(r"(?P<type>deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<rest>[^\s\[].*)")
_WORD = re.compile(r"(?:\[[^\]]*\]|[^\s\[])+")
_OPTION = re.compile(r"([a-z-]+)(?:[+-])?=(\S*)", re.IGNORECASE)
_EXAMPLE = "deb [signed-by=/etc/apt/keyrings/k.gpg] https://mirror.example/debian trixie main"
_ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"

# The words that apt reads as "no".
_OFF = frozenset({"no", "false", "without", "off", "disable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One entry; a suite that ends in `/` is a path, and has no components.

    `signed_by` has paths and fingerprints as they stand there, or one armored certificate; empty when not said.
    `architectures` is empty when not said, which means all that the reader cares for.
    """

    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    enabled: bool = True


def parse_sources_list(text: str, where: str) -> tuple[AptSource, ...]:
    """Read a file in the one-line style, `deb [signed-by=/k.gpg] https://mirror.example/debian trixie main`.

    Raises:
        FormatError: For a line that is no entry, with file and line.
    """
    entries = []
    for number, line in enumerate(text.split("\n"), start=1):
        # "a # character anywhere on a line marks the remainder of that line as a comment"
        said = line.partition("#")[0].strip()
        if said:
            entries.append(_one_line(said, f"{where}:{number}"))
    return tuple(entries)


def parse_sources(text: str, where: str) -> tuple[AptSource, ...]:
    """Read a file in the deb822 style (`.sources`).

    Raises:
        FormatError: When a paragraph misses Types, URIs or Suites, or cannot be read.
    """
    return tuple(_stanza(paragraph) for paragraph in parse_paragraphs(text, where, comments=True))


def _one_line(line: str, where: str) -> AptSource:
    match = _ENTRY.fullmatch(line)
    uri, suite, *components = [*_WORD.findall(match["rest"]), "", ""] if match else ["", ""]
    if match is None or not suite:
        raise FormatError(f'{where}: cannot read "{line[:120]}" as a source', hint=f"such as `{_EXAMPLE}`")
    options = {name.lower(): value for name, value in _OPTION.findall(match["options"] or "")}
    return _checked(
        AptSource(
            types=(match["type"],),
            uris=(uri,),
            suites=(suite,),
            components=tuple(word for word in components if word),
            architectures=_listed(options.get("arch", "")),
            signed_by=_listed(options.get("signed-by", "")),
            enabled=options.get("enabled", "yes").lower() not in _OFF,
        ),
        where,
    )


def _stanza(paragraph: Paragraph) -> AptSource:
    for name in ("Types", "URIs", "Suites"):
        paragraph.require(name)
    return _checked(
        AptSource(
            types=paragraph.words("Types"),
            uris=paragraph.words("URIs"),
            suites=paragraph.words("Suites"),
            components=paragraph.words("Components"),
            architectures=paragraph.words("Architectures"),
            signed_by=_signed_by(paragraph),
            enabled=paragraph.get("Enabled", "yes").lower() not in _OFF,
        ),
        paragraph.where,
    )


def _signed_by(paragraph: Paragraph) -> tuple[str, ...]:
    """Paths and fingerprints, or a certificate in place, whose empty lines are written as dots."""
    if _ARMOR not in paragraph.get("Signed-By", ""):
        return tuple(word.rstrip(",") for word in paragraph.words("Signed-By"))
    return ("".join("\n" if line == "." else f"{line}\n" for line in paragraph.lines("Signed-By")),)


def _checked(source: AptSource, where: str) -> AptSource:
    for suite in source.suites:
        # "suite can specify an exact path, in which case the components must be omitted and suite must end with a
        # slash (/)." "If suite does not specify an exact path, at least one component must be present."
        if suite.endswith("/") and source.components:
            raise FormatError(f'{where}: the suite "{suite}" is a path, so it has no components')
        if not suite.endswith("/") and not source.components:
            raise FormatError(f'{where}: the suite "{suite}" needs a component such as "main"')
    return source


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)
