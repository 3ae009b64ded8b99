"""The JSON Schema of structure tests takes what the reader takes, and refuses what it can know to be wrong."""

from __future__ import annotations

import json

import jsonschema
import pytest

from bareboat.inspect.structure.schema import json_schema, reference_tables

GOOD = {"schemaVersion": "2.0.0", "bareboat": {"closed": True, "absent": ["shells"]}, "metadataTest": {"cmd": []}}
BAD = [
    {},
    {"schemaVersion": "1.0.0"},
    {"schemaVersion": "2.0.0", "commandTest": []},
    {"schemaVersion": "2.0.0", "commandTests": [{"name": "a"}]},
    {"schemaVersion": "2.0.0", "bareboat": {"absent": ["shell"]}},
    {"schemaVersion": "2.0.0", "fileExistenceTests": [{"name": "a", "path": "/", "permissions": "0644"}]},
]


def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_what_is_right_is_taken() -> None:
    assert validator().is_valid(GOOD)


@pytest.mark.parametrize("document", BAD, ids=json.dumps)
def test_what_is_wrong_is_refused(document: object) -> None:
    assert not validator().is_valid(document)


def test_every_key_is_in_the_reference() -> None:
    tables = reference_tables()
    keys = {key for one in json_schema()["$defs"].values() for key in one.get("properties", {})}

    assert [key for key in keys if f"| `{key}`" not in tables] == []

