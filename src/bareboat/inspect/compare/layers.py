"""Two layers: their compressed bytes, then their tars, then why the same tar became other bytes.

Tars lie in files without a name meanwhile; memory holds names and headers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, NotFoundError
from bareboat.inspect.compare.bytes import first_difference
from bareboat.inspect.compare.difference import Difference, Part
from bareboat.inspect.compare.members import Packed, compression_difference
from bareboat.inspect.compare.tars import tar_differences
from bareboat.oci.payload import unpacked
from bareboat.store.layer_tar import MOST_BYTES
from bareboat.store.limits import CHUNK_BYTES
from bareboat.store.output import writing

_FAULTS = (DigestMismatchError, FormatError, NotFoundError)
"""What may be wrong with the bytes of a layer; a disk that refuses is another matter."""


def layer_differences(one: Packed, other: Packed, part: Part) -> Iterator[Difference]:
    """Every difference of two layers, the cause where it can be told: an entry of the tar before the compression.

    Of a side whose bytes are missing or damaged nothing else is told: what they would have said nobody knows.
    """
    try:
        with one.open() as left, other.open() as right:
            offset = first_difference(left, right)
        if offset is None:
            return
    except _FAULTS:
        offset = None
    with tempfile.TemporaryFile() as mine, tempfile.TemporaryFile() as yours:
        faults = [_unpack(one, mine), _unpack(other, yours)]
        if faults != [None, None]:
            yield Difference(part=part, field="damage", one=faults[0], other=faults[1])
            return
        first = _first_in(mine, yours)
        if first is not None:
            found = tar_differences(mine, yours, part)
            fallback = Difference(part=part, field="bytes", one=None, other=None, offset=first)
            yield from chain([next(found, fallback)], found)
        elif offset is not None:
            yield compression_difference(one, other, offset, part)


def _unpack(packed: Packed, plain: BinaryIO) -> str | None:
    """Write the tar of a layer into `plain`, and say what is wrong with it."""
    size = 0
    try:
        with packed.open() as stream:
            tar = stream if packed.compression is None else unpacked(stream, packed.compression)
            while chunk := tar.read(CHUNK_BYTES):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise LimitError(f"cannot read: it unpacks to more than {MOST_BYTES} bytes")
                with writing(Path(tempfile.gettempdir())):
                    plain.write(chunk)
            while stream.read(CHUNK_BYTES):  # the digest is that of all bytes
                pass
    except _FAULTS as fault:
        return fault.message
    finally:
        with writing(Path(tempfile.gettempdir())):
            plain.flush()
    return None


def _first_in(mine: BinaryIO, yours: BinaryIO) -> int | None:
    mine.seek(0)
    yours.seek(0)
    return first_difference(mine, yours)
