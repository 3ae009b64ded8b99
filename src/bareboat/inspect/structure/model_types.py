"""The scalar types of a file of structure tests as pydantic sees them; in the style of `plan.config.types`.

Where the original's YAML reader (yaml.v2, which is YAML 1.1) is more lenient than ours, so is this: numbers and truth
values stand for text, `yes` and `no` for truth values, and null for what is not said.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from bareboat.inspect.expression.machine import Expression
from bareboat.inspect.structure.claims import Absence, Executor
from bareboat.plan.config.config import Variant
from bareboat.plan.config.nodes import Written
from bareboat.plan.config.types import (
    AccountId,
    ArchitectureName,
    LayerCount,
    Size,
    Text,
    Whole,
    Words,
    as_flag,
    as_words,
    by,
    fault,
)
from bareboat.plan.config.words import read_choice

__all__ = ["AccountId", "ArchitectureName", "LayerCount", "Size", "Text"]

_YES = frozenset({"yes", "on", "y"})
_NO = frozenset({"no", "off", "n"})  # YAML 1.1, type "bool"
_PERMISSIONS = re.compile(r"(?:-|[dalTLDpSugct]+)(?:[r-][w-][x-]){3}")


def _flag(value: object) -> bool:
    if isinstance(value, str) and not isinstance(value, Written) and value.lower() in _YES | _NO:
        return value.lower() in _YES
    return as_flag(value)


def _filled(value: str) -> str:
    if not value:
        raise fault("must not be empty")
    return value


def _permissions(value: str) -> str:
    if not _PERMISSIONS.fullmatch(value):
        hint = 'write it as Go does: "-rw-r--r--", "drwxr-xr-x", a setuid file "urwxr-xr-x", /tmp "dtrwxrwxrwx"'
        raise fault(f'cannot read the permissions "{value[:40]}"', hint)
    return value


def _commandline(value: object) -> object:
    if isinstance(value, str):
        raise fault("must be a list of texts, not text", 'write each argument by itself: ["apt-get", "update"]')
    return value


def _expression(value: object) -> object:
    return by(Expression)(as_words(value))


Filled = Annotated[Words, AfterValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Number = Annotated[Whole, WithJsonSchema({"type": "integer"})]
Pattern = Annotated[Any, BeforeValidator(_expression), WithJsonSchema({"type": "string", "format": "regex"})]
Commandline = Annotated[list[Words], BeforeValidator(_commandline), Field(min_length=1)]
Arguments = Annotated[list[Words], BeforeValidator(_commandline)]
Permissions = Annotated[
    Filled, AfterValidator(_permissions), WithJsonSchema({"type": "string", "pattern": f"^{_PERMISSIONS.pattern}$"})
]
ExecutorName = Annotated[
    Text,
    AfterValidator(by(lambda word: read_choice(word, Executor, "executor"))),
    WithJsonSchema({"enum": [one.value for one in Executor]}),
]
AbsenceName = Annotated[
    Text,
    AfterValidator(by(lambda word: read_choice(word, Absence, "class of files"))),
    WithJsonSchema({"enum": [one.value for one in Absence]}),
]
VariantName = Annotated[
    Text,
    AfterValidator(by(lambda word: read_choice(word, Variant, "variant"))),
    WithJsonSchema({"enum": [one.value for one in Variant]}),
]
