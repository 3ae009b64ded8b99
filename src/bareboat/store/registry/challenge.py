"""How a registry asks who we are: the header `WWW-Authenticate` (RFC 9110, 11.6.1).

Several challenges may stand in one header, and their parameters are separated by commas too; a name that is followed
by no equals sign begins the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from bareboat.base.frozen import frozen

_MOST_CHARACTERS = 16 * 1024
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  RFC 9110, 5.6.2
_PARAMETER = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?:,|$)', re.DOTALL)
_SCHEME = re.compile(rf"({_TOKEN})(?:\s+|,|$)")
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*\s*(?:,|$)")
_GAP = re.compile(r"[\s,]*")


@frozen
class Challenge:
    """One way to be let in; `scheme` and the names of the parameters are in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def challenges_in(header: str) -> tuple[Challenge, ...]:
    """The challenges of a header, in order; what cannot be read ends them."""
    text = header[:_MOST_CHARACTERS]
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(text):
        position = _end(_GAP.match(text, position), position)
        parameter = _PARAMETER.match(text, position)
        if parameter is not None and found:
            name, quoted, plain = parameter.groups()
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
            found[-1][1].setdefault(name.lower(), value)
            position = parameter.end()
        elif (scheme := _SCHEME.match(text, position)) is not None:
            found.append((scheme[1].lower(), {}))
            position = scheme.end()
            if _PARAMETER.match(text, position) is None and (token := _TOKEN68.match(text, position)) is not None:
                # `Bearer, Basic realm=…`: what follows a comma is the next scheme, not a token of this one.
                position = token.end() if text[scheme.end() - 1] != "," else position
        else:
            break
    return tuple(Challenge(scheme=scheme, parameters=MappingProxyType(values)) for scheme, values in found)


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return otherwise if match is None else match.end()
