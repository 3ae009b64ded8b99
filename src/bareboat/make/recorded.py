"""Which blobs the records of a build name, for those who look after the store."""

from __future__ import annotations

import json

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.make.join import Stored
from bareboat.make.layer import Layer


def blobs_named(kind: str, record: bytes) -> tuple[Digest, ...]:
    """The blobs without which a record of `kind` is worth nothing; none for kinds that need none.

    Raises:
        FormatError: When it is no record of that kind.
    """
    match kind:
        case "layer":
            return (Layer.from_bytes(record).digest,)
        case "joined":
            return (Stored.from_bytes(record).digest,)
        case "contribution":
            return _of_contribution(record)
        case _:
            return ()


def _of_contribution(record: bytes) -> tuple[Digest, ...]:
    try:
        fields = json.loads(record)
        kept = () if fields["kept"] is None else (Digest.parse(fields["kept"]),)
        return (*(Digest.parse(digest) for digest, _, _ in fields["members"]), *kept)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(f"cannot read the record of a contribution: {error!r}") from error
