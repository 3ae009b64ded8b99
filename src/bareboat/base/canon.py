"""One canonical JSON: the only way in which a document becomes bytes whose digest counts.

Sorted keys, no white space, UTF-8 without escapes; like RFC 8785 for the strings and whole numbers that we use.
"""

from __future__ import annotations

import json

from bareboat.base.digest import Digest


def canonical(document: object) -> bytes:
    """The one encoding of `document`, which holds only strings, whole numbers, booleans, null, lists and mappings."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(document: object) -> Digest:
    """The digest of the canonical encoding: the key of whatever is determined by `document`."""
    return Digest.of(canonical(document))
