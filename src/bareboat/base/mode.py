"""File modes: octal, always."""

from __future__ import annotations

import re

from bareboat.base.errors import FormatError

FILE = 0o644
PROGRAM = 0o755
FOLDER = 0o755
PRIVATE_FOLDER = 0o700
STICKY_FOLDER = 0o1777
LINK = 0o777

SETUID = 0o4000
SETGID = 0o2000

_OCTAL = re.compile(r"0?o?([0-7]{3,4})")


def parse_mode(text: str) -> int:
    """Read an octal mode: `644`, `0644`, `0o1777`.

    Raises:
        FormatError: When it is not three or four octal digits.
    """
    match = _OCTAL.fullmatch(text)
    if match is None:
        raise FormatError(f'cannot read "{text}" as an octal mode such as "0644"')
    return int(match[1], 8)


def format_mode(mode: int) -> str:
    """`0644`, `1777`."""
    return f"{mode & 0o7777:04o}"
