"""Components: programs that Bareboat carries itself and puts into an image by one word.

A component is an upstream program (`plan.upstream`) whose bytes come with Bareboat, so that a lock pins it by content
as it does any other; `catalog/healthcheck/build.json` says how they were made.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bareboat.base.errors import FormatError
from bareboat.base.problem import suggestion

HEALTHCHECK = "healthcheck"
"""The component that a health check of any form but `test` brings along."""

HEALTHCHECK_PROGRAM = "/usr/bin/healthcheck"
"""Where its program stands in an image."""

COMPONENTS: Mapping[str, str] = MappingProxyType({HEALTHCHECK: "1"})
"""The release line of every component, by name."""

_SHOWN = 80


def read_component(text: str) -> str:
    """Read the name of a component.

    Raises:
        FormatError: When there is none of this name.
    """
    if text in COMPONENTS:
        return text
    hint = suggestion(text, COMPONENTS) or f"one of: {', '.join(COMPONENTS)}"
    raise FormatError(f'no component is called "{text[:_SHOWN]}"', hint=hint)
