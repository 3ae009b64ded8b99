"""Blobs that come in several goes: what has arrived stays on the disk when a run ends too early, and is gone on with.

    tmp/partial-HEX    the first bytes of the blob sha256:HEX, for a day

Whoever writes to such a file has it locked; another run that wants the same blob meanwhile fetches it for itself.
Nothing believes what lies there: all of it is hashed again before the blob gets its name.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress

from bareboat.base.errors import DigestMismatchError
from bareboat.oci.descriptor import Descriptor
from bareboat.store.disk import DiskStore
from bareboat.store.limits import CHUNK_BYTES, MIB
from bareboat.store.refusal import refusing
from bareboat.store.unfinished import make_folder
from bareboat.store.verify import Check

_WORTH_KEEPING = MIB

From = Callable[[int], Generator[bytes, None, None]]
"""Gives the bytes of something from a position on."""


def add_in_goes(store: DiskStore, descriptor: Descriptor, bytes_from: From) -> int:
    """Have a blob in `store`, and return how many bytes of it had to come now.

    Args:
        store: Where.
        descriptor: What the bytes must be.
        bytes_from: Who gives them; asked for what is missing alone.

    Raises:
        DigestMismatchError: When the bytes are not what was promised; nothing is kept then.
        StoreError: When this machine refuses.
        BareboatError: What giving the bytes raises; what had arrived stays.
    """
    digest, size = descriptor.digest, descriptor.size
    if store.has(digest) and store.size(digest) == size:
        return 0
    if digest.algorithm != "sha256" or size < _WORTH_KEEPING:
        return _at_once(store, descriptor, bytes_from)
    with _locked(store, descriptor) as file:
        if file is None:
            return _at_once(store, descriptor, bytes_from)
        there = os.fstat(file).st_size
        try:
            return _go_on(store, descriptor, file, bytes_from)
        except DigestMismatchError:
            if not there:
                raise
            os.ftruncate(file, 0)  # What was there before may be what is wrong: all of it anew.
        return _go_on(store, descriptor, file, bytes_from)


def _at_once(store: DiskStore, descriptor: Descriptor, bytes_from: From) -> int:
    with closing(bytes_from(0)) as chunks:
        store.add(chunks, expected=descriptor.digest, size=descriptor.size)
    return descriptor.size


@contextmanager
def _locked(store: DiskStore, descriptor: Descriptor) -> Iterator[int | None]:
    """The file of what has arrived, open and ours alone; None while another run has it."""
    path = store.folder / "tmp" / f"partial-{descriptor.digest.hex}"
    with refusing(f'write to "{store.folder}"'):
        make_folder(path.parent)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have finished it a moment ago: it is a blob then, which nobody writes to.
            is_ours = os.path.samestat(path.stat(), os.fstat(file))
        except OSError:
            is_ours = False
        yield file if is_ours else None
        if is_ours:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    except DigestMismatchError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)


def _go_on(store: DiskStore, descriptor: Descriptor, file: int, bytes_from: From) -> int:
    """Read what is there, take the rest in, and give the file its name; returns how many bytes came."""
    check = Check(descriptor.digest, descriptor.size)
    os.lseek(file, 0, os.SEEK_SET)
    while chunk := os.read(file, CHUNK_BYTES):
        check.feed(chunk)
    there = check.count
    if there < descriptor.size:
        with closing(bytes_from(there)) as chunks:
            for chunk in chunks:
                check.feed(chunk)
                with refusing(f'write to "{store.folder}"'):
                    _write(file, chunk)
    check.finish()
    store.adopt(store.folder / "tmp" / f"partial-{descriptor.digest.hex}", file, descriptor.digest)
    return descriptor.size - there


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
