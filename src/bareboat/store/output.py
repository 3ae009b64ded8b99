"""Files that belong to the user: whole or not there at all, with the permissions that their umask gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bareboat.base.errors import StoreError
from bareboat.store.unfinished import passing_name, sync_folder


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write and read that stands at `path` when the block ends well, over whatever stood there.

    Raises:
        StoreError: When this machine refuses (full disk, no permission).
    """
    with writing(path):
        unfinished = path.parent / f".{path.name[:100]}.{passing_name()}"
        try:
            with unfinished.open("x+b") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn every OSError inside into a StoreError about writing to `path`."""
    try:
        yield
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno is not None else str(fault)
        raise StoreError(f'cannot write to "{path}": {reason}') from fault
