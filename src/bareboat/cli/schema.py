"""`bareboat schema`: the JSON Schema of the configuration, for editors."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, print_json

EPILOG = "Example: bareboat schema > bareboat.schema.json"


@click.command(epilog=EPILOG)
@as_json
def command(as_json: bool) -> None:  # noqa: ARG001  it is JSON either way
    """Print the JSON Schema of bareboat.yaml, which gives editors completion and checks."""
    from bareboat.plan.schema import json_schema

    print_json(json_schema())
