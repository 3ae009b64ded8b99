"""A terminal for a program: we can only lend what we have."""

from __future__ import annotations

import sys

from bareboat.base.errors import UsageError


def need_terminal(hint: str = "leave out --tty") -> None:
    """Refuse where our standard input is no terminal.

    Raises:
        UsageError: As said.
    """
    if not sys.stdin.isatty():
        raise UsageError("cannot give a terminal: the standard input is none", hint=hint)
