"""Typed reading of JSON-like documents: every getter says where in the document it failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar, cast

from bareboat.base.errors import BareboatError, FormatError
from bareboat.base.frozen import frozen

_T = TypeVar("_T")

_DEPTH_MESSAGE = "is nested too deeply"


@frozen(kw_only=False)
class Document:
    """A mapping inside a document, with the path that leads to it.

    Raises:
        BareboatError: Every getter raises `error` (FormatError unless stated) naming the field that is wrong.
    """

    fields: Mapping[str, object]
    where: str
    error: type[BareboatError] = FormatError

    @classmethod
    def parse(cls, data: bytes | str, where: str, error: type[BareboatError] = FormatError) -> Document:
        """Read JSON text whose outermost value is a mapping."""
        try:
            value = json.loads(data)
        except RecursionError as fault:
            raise error(f"{where}: {_DEPTH_MESSAGE}") from fault
        except ValueError as fault:
            raise error(f"{where}: cannot read as JSON: {fault}") from fault
        if not isinstance(value, dict):
            raise error(f"{where}: must be a mapping, not {_kind(value)}")
        return cls(value, where, error)

    def has(self, key: str) -> bool:
        """Whether `key` is there and not null."""
        return self.fields.get(key) is not None

    def string(self, key: str) -> str:
        """The text at `key`."""
        return self._of_type(key, str, "text")

    def optional_string(self, key: str) -> str | None:
        """The text at `key`, or None."""
        return self.string(key) if self.has(key) else None

    def integer(self, key: str) -> int:
        """The whole number at `key`."""
        value = self._of_type(key, int, "a whole number")
        if isinstance(value, bool):
            raise self._wrong(key, "a whole number", value)
        return value

    def boolean(self, key: str) -> bool:
        """The truth value at `key`."""
        return self._of_type(key, bool, "true or false")

    def strings(self, key: str) -> tuple[str, ...]:
        """The list of texts at `key`; empty when absent."""
        values = self._list(key)
        for value in values:
            if not isinstance(value, str):
                raise self._wrong(key, "a list of texts", value)
        return cast("tuple[str, ...]", tuple(values))

    def string_map(self, key: str) -> dict[str, str]:
        """The mapping from text to text at `key`; empty when absent."""
        if not self.has(key):
            return {}
        value = self._of_type(key, dict, "a mapping")
        for name, text in value.items():
            if not isinstance(name, str) or not isinstance(text, str):
                raise self._wrong(key, "a mapping of texts", text)
        return dict(value)

    def document(self, key: str) -> Document:
        """The mapping at `key`."""
        return Document(self._of_type(key, dict, "a mapping"), f"{self.where}: {key}", self.error)

    def documents(self, key: str) -> tuple[Document, ...]:
        """The list of mappings at `key`; empty when absent."""
        result = []
        for position, value in enumerate(self._list(key)):
            if not isinstance(value, dict):
                raise self._wrong(f"{key}[{position}]", "a mapping", value)
            result.append(Document(value, f"{self.where}: {key}[{position}]", self.error))
        return tuple(result)

    def items(self) -> tuple[tuple[str, Document], ...]:
        """Every field as a mapping, sorted by name."""
        return tuple((key, self.document(key)) for key in sorted(self.fields))

    def _list(self, key: str) -> list[object]:
        return self._of_type(key, list, "a list") if self.has(key) else []

    def _of_type(self, key: str, kind: type[_T], name: str) -> _T:
        value = self.fields.get(key)
        if not isinstance(value, kind):
            raise self._wrong(key, name, value)
        return value

    def _wrong(self, key: str, name: str, value: object) -> BareboatError:
        what = "is missing" if value is None else f"must be {name}, not {_kind(value)}"
        return self.error(f"{self.where}: {key} {what}")


def _kind(value: object) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
