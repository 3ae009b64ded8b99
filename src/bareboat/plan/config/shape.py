"""What all models of the door have in common: their keys, and how text and mappings are told apart."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

TEXT_TAG = "<text>"
MAPPING_TAG = "<mapping>"

NOT_SAID: Any = None
"""The value of a key that is not there, where null would be a fault."""


class Model(BaseModel):
    """A mapping with a fixed set of keys, written with hyphens."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, alias_generator=lambda name: name.rstrip("_").replace("_", "-")
    )

    def said(self, name: str) -> bool:
        """Whether the field was written, be it as null."""
        return name in self.model_fields_set


def tag_of(value: object) -> str:
    """Which of the two a value is."""
    return TEXT_TAG if isinstance(value, str) else MAPPING_TAG
