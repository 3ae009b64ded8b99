"""Opening documents that others wrote: a limit on their size, JSON that can be written again, fields we do not know.

The values of this room keep what they were given: unknown fields always, the received bytes until a field is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import BareboatError, FormatError, LimitError

MOST_BYTES = 4 * 1024 * 1024
"""The largest document that is read: no registry must take a larger one (distribution specification)."""

NO_TEXTS: Mapping[str, str] = MappingProxyType({})


def no_texts() -> Mapping[str, str]:
    """No annotations, no labels."""
    return NO_TEXTS


def nothing() -> Mapping[str, object]:
    """No unknown fields."""
    return NO_TEXTS


def received(data: bytes, where: str, *, max_bytes: int = MOST_BYTES) -> Document:
    """The JSON mapping in `data`.

    Raises:
        LimitError: When there are more than `max_bytes`.
        FormatError: When it is not a JSON mapping, or holds what JSON forbids to write (NaN, half characters).
    """
    if len(data) > max_bytes:
        raise LimitError(f"{where}: cannot read {len(data)} bytes: the limit is {max_bytes}")
    document = Document.parse(data, where)
    try:
        canonical(document.fields)
    except (ValueError, RecursionError) as fault:
        raise FormatError(f"{where}: cannot read as JSON: it holds what cannot be written again") from fault
    return document


def unknown(document: Document, known: frozenset[str]) -> Mapping[str, object]:
    """The fields that are not `known`, as they were received."""
    return MappingProxyType({key: value for key, value in document.fields.items() if key not in known})


def texts(document: Document, key: str) -> Mapping[str, str]:
    """The mapping from text to text at `key`; empty when absent."""
    return MappingProxyType(document.string_map(key))


def digest_at(document: Document, key: str) -> Digest:
    """The digest at `key`.

    Raises:
        FormatError: When it is missing or no digest.
    """
    text = document.string(key)
    try:
        return Digest.parse(text)
    except BareboatError as fault:
        raise FormatError(f"{document.where}: {key}: {fault.message}") from fault


def filled(fields: Mapping[str, object]) -> dict[str, object]:
    """`fields` without those that say nothing.

    "Any OPTIONAL field MAY also be set to null, which is equivalent to being absent." (config.md)
    """
    return {key: value for key, value in fields.items() if value not in (None, "", [], {}) and value is not False}
