"""What the door knows about `bareboat.yaml`, for editors (JSON Schema 2020-12) and for the reference (Markdown)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from bareboat.base.errors import InternalError
from bareboat.plan.config.model import ConfigModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:bareboat:configuration"

_IMAGE = "ImageModel"
_OVERRIDE = "OverrideModel"  # the keys of an image, save `distros`


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `bareboat.yaml`.

    It knows the keys, the types and the closed sets, and so completes and explains in an editor; names of images and
    distros, and what two keys say about each other, only Bareboat itself can judge.
    """
    schema = ConfigModel.model_json_schema(by_alias=True, schema_generator=Generator)
    return {"$schema": DIALECT, "$id": IDENTIFIER, **schema, "title": "bareboat.yaml"}


def reference_table() -> str:
    """The tables of keys for `docs/reference/configuration.md`, one section for each kind of mapping."""
    schema = json_schema()
    definitions: dict[str, dict[str, Any]] = schema["$defs"]
    sections = [("The file", schema), ("An image", definitions[_IMAGE])]
    rest = sorted(set(definitions) - {_IMAGE, _OVERRIDE})
    sections += [(definitions[name]["title"], definitions[name]) for name in rest if "properties" in definitions[name]]
    return tables_of(sections, definitions)


def tables_of(
    sections: Iterable[tuple[str, dict[str, Any]]], definitions: dict[str, dict[str, Any]], level: int = 3
) -> str:
    """A table of keys for each of `sections`, titles with what the schema says; `definitions` are the schema's own."""
    return "\n".join(line for title, section in sections for line in _section(title, section, definitions, level))


class Generator(GenerateJsonSchema):
    """Titles from the keys as they are written, and no defaults that only say "nothing"."""

    def generate(self, schema: Any, mode: Any = "validation") -> dict[str, Any]:
        """As pydantic, and then the titles."""
        document = super().generate(schema, mode)
        for definition in (document, *document.get("$defs", {}).values()):
            definition["title"] = definition["title"].removesuffix("Model")
            for key, field in definition.get("properties", {}).items():
                field["title"] = key
                if field.get("default") in (None, [], {}, "", False):
                    field.pop("default", None)
        return document


def _section(
    title: str, section: dict[str, Any], definitions: dict[str, dict[str, Any]], level: int
) -> Iterator[str]:
    yield f"{'#' * level} {title}"
    yield ""
    yield " ".join(section["description"].split())
    yield ""
    yield "| key | takes | what it says |"
    yield "|---|---|---|"
    needed = section.get("required", ())
    for key, field in sorted(section["properties"].items(), key=lambda item: item[0] not in needed):
        takes = _cell(_takes(field, definitions))
        yield f"| `{key}`{' (needed)' if key in needed else ''} | {takes} | {_cell(field['description'])} |"
    yield ""


def _takes(field: dict[str, Any], definitions: dict[str, dict[str, Any]]) -> str:
    """What a key takes, for people."""
    match field:
        case {"$ref": reference}:
            said = str(definitions[reference.rpartition("/")[2]]["title"])
        case {"const": only}:
            said = f"`{only}`"
        case {"enum": choices}:
            said = ", ".join(f"`{choice}`" for choice in choices)
        case {"anyOf": several} | {"oneOf": several}:
            said = " or ".join(dict.fromkeys(_takes(one, definitions) for one in several))
        case {"type": "array", "items": item}:
            said = f"list of: {_takes(item, definitions)}"
        case {"type": "object", "additionalProperties": value}:
            said = f"names, each with: {_takes(value, definitions)}"
        case {"type": list()}:
            said = "text or number"
        case {"type": kind}:
            said = _KINDS[kind]
        case _:
            raise InternalError(f"the schema has a key that nobody can describe: {field}")
    return said


_KINDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
