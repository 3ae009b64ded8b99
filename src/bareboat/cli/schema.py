"""`bareboat schema`: the JSON Schema of the configuration or of structure tests, for editors."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, print_json

EPILOG = (
    "Examples: bareboat schema > bareboat.schema.json  ·  "
    "bareboat schema --of structure-tests > structure-tests.schema.json"
)

CONFIGURATION = "configuration"
STRUCTURE_TESTS = "structure-tests"


@click.command(epilog=EPILOG)
@click.option("--of", "subject", type=click.Choice([CONFIGURATION, STRUCTURE_TESTS]), default=CONFIGURATION,
              show_default=True, help="What the schema is of.")
@as_json
def command(subject: str, as_json: bool) -> None:  # noqa: ARG001  it is JSON either way
    """Print the JSON Schema of bareboat.yaml, which gives editors completion and checks, or of structure tests."""
    if subject == STRUCTURE_TESTS:
        from bareboat.inspect.structure.schema import json_schema as schema_of_tests

        print_json(schema_of_tests())
        return
    from bareboat.plan.config.schema import json_schema

    print_json(json_schema())
