"""Records as files that vouch for themselves.

Records are many and small and can be computed again, so they are not forced onto the disk; what a power cut leaves of
one (nothing, a part, zeros) is recognised and taken for none.
The first line is `bareboat-record 1 KIND KEY SHA256`, the rest is the record, whose digest SHA256 is.
"""

from __future__ import annotations

import re

from bareboat.base.digest import Digest
from bareboat.base.errors import InternalError

_MAGIC = "bareboat-record 1"
_KIND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def checked_kind(kind: str) -> str:
    """`kind`, which is a plain word and so can be the name of a folder.

    Raises:
        InternalError: When it is not.
    """
    if not is_kind(kind):
        raise InternalError(f'"{kind}" is not a plain word for a kind of records')
    return kind


def is_kind(text: str) -> bool:
    """Whether `text` can be a kind of records."""
    return _KIND.fullmatch(text) is not None


def sealed(kind: str, key: Digest, data: bytes) -> bytes:
    """The file of a record."""
    return _first_line(kind, key, data) + data


def unsealed(kind: str, key: Digest, file: bytes) -> bytes | None:
    """The record in a file, or None when the file is damaged or another record's."""
    end = file.find(b"\n") + 1
    data = file[end:]
    return data if file[:end] == _first_line(kind, key, data) else None


def _first_line(kind: str, key: Digest, data: bytes) -> bytes:
    return f"{_MAGIC} {kind} {key} {Digest.of(data).hex}\n".encode()
