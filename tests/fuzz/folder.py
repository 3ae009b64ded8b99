"""A file for parsers that open one themselves; it goes with the process."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(prefix="bareboat-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(folder.cleanup)
    return folder


def file_of(data: bytes) -> Path:
    """A file that holds `data`, until the next one."""
    path = Path(_folder().name) / "file"
    path.write_bytes(data)
    return path
