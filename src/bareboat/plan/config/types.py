"""The scalar types of `bareboat.yaml` as pydantic sees them: what each accepts, and what an editor is told.

Values come from `plan.config.nodes`: text is `str`, a number or truth value is `Written`, nothing is None.
Where text is wanted a number is a fault, except in `Words`, which takes everything as it was written.
The reading itself is in `plan.config.words` and `plan.config.units`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bareboat.base.digest import sha256
from bareboat.base.epoch import parse_rfc3339
from bareboat.base.errors import BareboatError
from bareboat.base.platform import ARCHITECTURES
from bareboat.plan.components import COMPONENTS, read_component
from bareboat.plan.config import health, names, units, words
from bareboat.plan.config.config import LayerStrategy, Variant
from bareboat.plan.config.nodes import Written, kind_of
from bareboat.plan.config.signals import MOST, SIGNALS, read_signal

_MOST_ID = (1 << 32) - 2
_MOST_LAYERS = 120
_MOST_PRIORITY = 32767
DURATION = "^([0-9]+(ns|us|ms|s|m|h))+$"
"""What an editor is told of durations."""


def fault(message: str, hint: str | None = None) -> PydanticCustomError:
    """The error that a validator raises; `plan.config.faults` gives it its place."""
    return PydanticCustomError("fault", "{message}", {"message": message, "hint": hint or ""})


def as_text(value: object) -> str:
    """Take text, and only text."""
    if isinstance(value, Written):
        raise fault(f"must be text, not {value.kind}", f'put it in quotes: "{value}"')
    if not isinstance(value, str):
        raise fault(f"must be text, {kind_of(value)}")
    return value


def as_words(value: object) -> str:
    """Take text, a number or a truth value as it was written."""
    return str(value) if isinstance(value, Written) else as_text(value)


def as_whole(value: object) -> int:
    """Take a whole number."""
    if isinstance(value, Written) and re.fullmatch(r"[-+]?[0-9]{1,15}", value):
        return int(value)
    raise fault(f"must be a whole number, {kind_of(value)}")


def as_flag(value: object) -> bool:
    """Take true or false."""
    if isinstance(value, Written) and value.kind == "true or false":
        return value.lower() == "true"
    raise fault(f"must be true or false, {kind_of(value)}")


def as_command(value: object) -> object:
    """Take a list; a command line in one text is a common slip."""
    if isinstance(value, str):
        raise fault("must be a list of texts, not text", 'write each argument by itself: ["/app/main", "--verbose"]')
    return value


def by(read: Callable[[str], object]) -> Callable[[str], Any]:
    """`read`, with its errors as faults."""

    def checked(value: str) -> object:
        try:
            return read(value)
        except BareboatError as error:
            raise fault(error.message, error.hint) from error

    return checked


def _mode(value: object) -> object:
    read = units.read_plain_mode if isinstance(value, Written) else units.read_quoted_mode
    return by(read)(as_words(value))


def _strategy(value: str) -> object:
    if value == LayerStrategy.budget:
        raise fault("needs the largest number of layers", "write {budget: 8}")
    return by(lambda word: words.read_choice(word, LayerStrategy, "layer strategy"))(value)


def _between(least: int, most: int) -> AfterValidator:
    def checked(value: int) -> int:
        if not least <= value <= most:
            raise fault(f"must be from {least} to {most}, not {value}")
        return value

    return AfterValidator(checked)


def _integer(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def pattern(expression: str) -> WithJsonSchema:
    """What an editor is told of text that `expression` finds."""
    return WithJsonSchema({"type": "string", "pattern": expression})


_ARCHITECTURE_NAMES = sorted({name for arch in ARCHITECTURES for name in (arch.oci, arch.debian)})

Text = Annotated[str, BeforeValidator(as_text), WithJsonSchema({"type": "string"})]
Words = Annotated[str, BeforeValidator(as_words), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Flag = Annotated[bool, BeforeValidator(as_flag), WithJsonSchema({"type": "boolean"})]
Whole = Annotated[int, BeforeValidator(as_whole)]
Command = Annotated[list[Words], BeforeValidator(as_command)]

AccountId = Annotated[Whole, _between(0, _MOST_ID), _integer(0, _MOST_ID)]
Count = Annotated[Whole, _between(1, 1000), _integer(1, 1000)]
LayerCount = Annotated[Whole, _between(1, _MOST_LAYERS), _integer(1, _MOST_LAYERS)]
Priority = Annotated[Whole, _between(-_MOST_PRIORITY, _MOST_PRIORITY), _integer(-_MOST_PRIORITY, _MOST_PRIORITY)]

VariantName = Annotated[
    Text,
    AfterValidator(by(lambda word: words.read_choice(word, Variant, "variant"))),
    WithJsonSchema({"enum": [variant.value for variant in Variant]}),
]
Strategy = Annotated[Text, AfterValidator(_strategy), WithJsonSchema({"enum": ["stage", "single", "package"]})]
ArchitectureName = Annotated[
    Text, AfterValidator(by(words.read_architecture)), WithJsonSchema({"enum": _ARCHITECTURE_NAMES})
]

PackageText = Annotated[Text, AfterValidator(by(words.read_wish)), pattern("^-?[a-zA-Z0-9]")]
Relation = Annotated[Text, AfterValidator(by(words.read_relation)), pattern("^[a-zA-Z0-9]")]
PackageName = Annotated[Text, AfterValidator(by(words.read_package_name)), pattern("^[a-z0-9][a-z0-9+.-]+$")]

ImagePathText = Annotated[Text, AfterValidator(by(words.read_image_path)), pattern("^/")]
LocalPath = Annotated[
    Text, AfterValidator(by(words.read_local_path)), WithJsonSchema({"type": "string", "minLength": 1})
]
Url = Annotated[Text, AfterValidator(by(words.read_url)), pattern(r"^(https?|file)://[^@\s]*$")]
Sha256 = Annotated[Words, AfterValidator(by(sha256)), pattern("^[0-9a-f]{64}$")]
Mode = Annotated[
    Any,
    BeforeValidator(_mode),
    WithJsonSchema({
        "anyOf": [
            {"type": "string", "pattern": "^(0o?)?[0-7]{3,4}$"},
            {"type": "integer", "minimum": 0, "maximum": 4095},
        ]
    }),
]

Owner = Annotated[Words, AfterValidator(by(words.read_owner)), WithJsonSchema({"type": ["string", "integer"]})]
AccountName = Annotated[Text, AfterValidator(by(words.read_account_name)), pattern("^[a-z_]")]
PlainName = Annotated[Text, AfterValidator(by(words.read_plain_name)), pattern("^[a-z0-9][a-z0-9._-]*$")]
SignalName = Annotated[
    Words,
    AfterValidator(by(read_signal)),
    WithJsonSchema({
        "anyOf": [
            {"type": "string", "pattern": rf"^({'|'.join(map(re.escape, SIGNALS))}|[1-9][0-9]?)$"},
            {"type": "integer", "minimum": 1, "maximum": MOST},
        ]
    }),
]
PruningWord = Annotated[
    Text,
    AfterValidator(by(words.removable(names.read_pruning_word))),
    pattern(rf"^-?([a-z0-9][a-z0-9+.-]*:)?(/.*|{'|'.join((*names.PRUNING, *names.REFUSED))})$"),
]
EffectName = Annotated[Text, AfterValidator(by(names.read_effect)), WithJsonSchema({"enum": [*names.EFFECTS]})]
ComponentName = Annotated[Text, AfterValidator(by(read_component)), WithJsonSchema({"enum": [*COMPONENTS]})]
CheckName = Annotated[
    Text, AfterValidator(by(names.read_check)), pattern(rf"^({'|'.join(sorted(names.CHECKS))})$")
]
Glob = Annotated[Text, AfterValidator(by(names.read_glob)), pattern("^/")]
VariableName = Annotated[str, AfterValidator(by(words.read_variable))]

Port = Annotated[
    Words,
    AfterValidator(by(words.removable(units.read_port))),
    WithJsonSchema({
        "anyOf": [
            {"type": "string", "pattern": "^-?[0-9]{1,5}(/(tcp|udp|sctp))?$"},
            {"type": "integer", "minimum": -65535, "maximum": 65535},
        ]
    }),
]
Volume = Annotated[Text, AfterValidator(by(words.removable(words.read_absolute_path))), pattern("^-?/")]
Size = Annotated[
    Words, AfterValidator(by(units.read_size)), WithJsonSchema({"type": ["string", "integer"], "minimum": 1})
]
Duration = Annotated[Words, AfterValidator(by(health.read_check_duration)), pattern(DURATION)]
Moment = Annotated[
    Words, AfterValidator(by(parse_rfc3339)), WithJsonSchema({"type": "string", "format": "date-time"})
]
