"""`bareboat tags`: the tags of a repository."""

from __future__ import annotations

import re

import click

from bareboat.cli.options import as_json, print_json
from bareboat.cli.registries import insecure_option

EPILOG = "Examples: bareboat tags ghcr.io/team/app  ·  bareboat tags docker.io/library/debian --json"


@click.command(epilog=EPILOG)
@click.argument("repository")
@insecure_option
@as_json
def command(repository: str, insecure: tuple[str, ...], as_json: bool) -> None:
    """List the tags of REPOSITORY, one on each line, numbers in them by their value."""
    from bareboat.base.errors import UsageError
    from bareboat.cli.registries import registries
    from bareboat.oci.reference import Reference

    host = repository.partition(":")[0]
    if "/" not in repository and (host == "localhost" or "." in host):
        raise UsageError(f"{repository}: cannot list the tags of a registry", hint=f"name one: {repository}/REPOSITORY")
    reference = Reference.parse(repository)
    if reference.tag or reference.digest:
        raise UsageError(
            f"{repository}: cannot list the tags of one image",
            hint=f"bareboat tags {reference.registry}/{reference.repository}",
        )
    with registries(insecure=insecure) as opened:
        tags = sorted(opened.repository(reference).tags(), key=_order)
    if as_json:
        print_json({"repository": str(reference), "tags": tags})
    else:
        for tag in tags:
            click.echo(tag)


def _order(tag: str) -> tuple[list[tuple[int, str]], str]:
    """Text and numbers in turn, so that 1.9 stands before 1.10; then the tag itself."""
    parts = re.split("([0-9]+)", tag)
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(parts)], tag
