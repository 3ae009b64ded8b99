"""The JSON Schema and the reference say what the door does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bareboat.plan.catalog import catalog
from bareboat.plan.config.schema import json_schema, reference_table
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.inherit import config_recipes
from tests.plan.config.test_yaml import EVERYTHING


class Loader(yaml.SafeLoader):
    """As editors read YAML: version 1.2 knows no dates."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def errors_of(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema())
    return sorted(
        "/".join(map(str, error.absolute_path)) for error in validator.iter_errors(yaml.load(text, Loader))
    )


def test_the_schema_is_a_schema() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"], schema["title"]) == (
        "https://json-schema.org/draft/2020-12/schema", "urn:bareboat:configuration", "bareboat.yaml",
    )


def mappings() -> list[dict[str, Any]]:
    schema = json_schema()
    return [one for one in (schema, *schema["$defs"].values()) if "properties" in one]


def test_every_key_has_a_title_and_a_description() -> None:
    for mapping in mappings():
        assert mapping["description"]
        for key, field in mapping["properties"].items():
            assert (field["title"], bool(field.get("description"))) == (key, True)


def test_no_mapping_takes_unknown_keys() -> None:
    assert [mapping["additionalProperties"] for mapping in mappings()] == [False] * len(mappings())


@pytest.mark.parametrize(
    "text",
    [
        EVERYTHING,
        "images: {app: {from: base}}",
        "images: {app: {from: base, healthcheck: none, entrypoint: null, env: {A: null, B: 3, C: true}}}",
        "images: {app: {from: base, stop-signal: 15, keep: [-docs, /a, 'libstdc++6:man'], drop: ['-x1:/b/**']}}",
        "images: {app: {from: base, stop-signal: SIGRTMIN+3, accept: [{path: '/**', rule: no-shell, reason: x}]}}",
        "images: {app: {from: base, layers: single, ports: ['-80', -81], trust: [{text: PEM}]}}",
        "images: {app: {from: base, files: [{path: /a, text: x, mode: 0644}, {path: /b, text: y, mode: '755'}]}}",
    ],
)
def test_what_the_door_lets_in_validates(text: str) -> None:
    assert errors_of(text) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("distro: debian13", [""]),
        ("images: {app: {}}", ["images/app"]),
        ("images: {app: {from: base, pakages: []}}", ["images/app"]),
        ("images: {app: {from: base, packages: libpq5}}", ["images/app/packages"]),
        ("images: {app: {from: base, packages: [7]}}", ["images/app/packages/0"]),
        ("images: {app: {from: base, variants: [nonrot]}}", ["images/app/variants/0"]),
        ("images: {app: {from: base, architectures: [amd46]}}", ["images/app/architectures/0"]),
        ("images: {app: {from: base, files: [{path: a, text: x}]}}", ["images/app/files/0/path"]),
        ("images: {app: {from: base, files: [{path: /a, text: x, mode: rwx}]}}", ["images/app/files/0/mode"]),
        ("images: {app: {from: base, layers: budget}}", ["images/app/layers"]),
        ("images: {app: {from: base, healthcheck: off}}", ["images/app/healthcheck"]),
        ("images: {app: {from: base, cmd: serve}}", ["images/app/cmd"]),
        ("images: {app: {from: base, accept: [{path: a, reason: x}]}}", ["images/app/accept/0/path"]),
        ("images: {app: {from: base, accept: [{path: /a, rule: x, reason: x}]}}", ["images/app/accept/0/rule"]),
        ("images: {app: {from: base, keep: [doc]}}", ["images/app/keep/0"]),
        ("images: {app: {from: base, drop: ['libc6:usr']}}", ["images/app/drop/0"]),
        ("images: {app: {from: base, effects: [font]}}", ["images/app/effects/0"]),
        ("images: {app: {from: base, stop-signal: TERM}}", ["images/app/stop-signal"]),
        ("images: {app: {from: base, stop-signal: 65}}", ["images/app/stop-signal"]),
        ("images: {app: {from: base, title: null}}", ["images/app/title"]),
        ("images: {}\ncompression: lz4", ["compression"]),
        ("images: {}\nmirrors: ['https://me:sekret@mirror.example/']", ["mirrors/0"]),
        ("images: {app: {from: base, debug: {from: x}}}", ["images/app/debug"]),
    ],
)
def test_what_the_door_refuses_does_not_validate(text: str, places: list[str]) -> None:
    assert errors_of(text) == places


def test_the_reference_has_a_row_for_every_key() -> None:
    rows = {line.split("`")[1] for line in reference_table().splitlines() if line.startswith("| `")}
    assert rows == {key for mapping in mappings() for key in mapping["properties"]}


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"


def test_the_reference_page_ends_with_the_tables_of_today() -> None:
    _, _, tables = PAGE.read_text().partition("a test compares it. -->\n\n")
    assert tables == reference_table()


def test_the_example_of_the_reference_page_is_a_configuration() -> None:
    example = PAGE.read_text().partition("```yaml\n")[2].partition("```")[0]
    assert [recipe.name for recipe in config_recipes(parse_config(example.encode(), "f", catalog()), catalog())] == [
        "orders-api"
    ]
    assert errors_of(example) == []
