"""One canonical JSON: the only way in which a document becomes bytes whose digest counts.

Sorted keys, no white space, UTF-8 without escapes; like RFC 8785 for the strings and whole numbers that we use.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from bareboat.base.digest import Digest

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(document: object) -> bytes:
    """The one encoding of `document`, which holds only strings, whole numbers, booleans, null, lists and mappings."""
    return _ENCODER.encode(document).encode()


def list_of(items: Iterable[bytes]) -> bytes:
    """The one encoding of a list, from those of its items."""
    return b"[" + b",".join(items) + b"]"


def mapping_of(values: Mapping[str, bytes]) -> bytes:
    """The one encoding of a mapping, from those of its values."""
    return b"{" + b",".join(canonical(key) + b":" + values[key] for key in sorted(values)) + b"}"


def digest_of(document: object) -> Digest:
    """The digest of the canonical encoding: the key of whatever is determined by `document`."""
    return Digest.of(canonical(document))
