"""What the door knows about files of structure tests, for editors (JSON Schema 2020-12) and for the reference."""

from __future__ import annotations

from typing import Any

from bareboat.inspect.structure.model import MODELS
from bareboat.plan.config.schema import DIALECT, Generator, tables_of

IDENTIFIER = "urn:bareboat:structure-tests"
VERSION = "2.0.0"

_TITLES = {
    "RunOptions": "How commands are run",
    "Further": "What only Bareboat can claim",
    "Setting": "A setting",
    "LayerSetting": "A setting of a layer",
    "Licence": "Licences",
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a file of version 2.0.0: keys, types and closed sets.

    Whether an expression can be read, and what the original takes beyond, such as null or `yes`, it does not know.
    """
    schema = MODELS[VERSION].model_json_schema(by_alias=True, schema_generator=Generator)
    return {"$schema": DIALECT, "$id": IDENTIFIER, **schema, "title": "structure tests"}


def reference_tables() -> str:
    """The tables of keys for `docs/reference/structure-tests.md`, one for each kind of mapping."""
    schema = json_schema()
    definitions: dict[str, dict[str, Any]] = schema["$defs"]
    sections = [("The file", schema)]
    for definition in definitions.values():
        definition["title"] = _TITLES.get(definition["title"], definition["title"])
    sections += [(one["title"], one) for _, one in sorted(definitions.items()) if "properties" in one]
    return tables_of(sections, definitions)
