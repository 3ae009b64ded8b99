"""A file for parsers that open one themselves; it goes with the process."""

from __future__ import annotations

import tempfile
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(prefix="bareboat-fuzz-", dir=memory if memory.is_dir() else None)
    Finalize(None, folder.cleanup, exitpriority=0)  # a forked worker ends without what `atexit` was told
    return folder


def file_of(data: bytes) -> Path:
    """A file that holds `data`, until the next one."""
    path = Path(_folder().name) / "file"
    path.write_bytes(data)
    return path
