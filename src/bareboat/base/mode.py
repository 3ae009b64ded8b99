"""File modes: octal, always."""

from __future__ import annotations

FILE = 0o644
PROGRAM = 0o755
FOLDER = 0o755
PRIVATE_FOLDER = 0o700
STICKY_FOLDER = 0o1777
LINK = 0o777

SETUID = 0o4000
SETGID = 0o2000
