"""`bareboat tags`: the tags of a repository."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, print_json
from bareboat.cli.registries import insecure_option

EPILOG = "Examples: bareboat tags ghcr.io/team/app  ·  bareboat tags docker.io/library/debian --json"


@click.command(epilog=EPILOG)
@click.argument("repository")
@insecure_option
@as_json
def command(repository: str, insecure: tuple[str, ...], as_json: bool) -> None:
    """List the tags of REPOSITORY, one on each line, in the registry's order."""
    from bareboat.base.errors import UsageError
    from bareboat.cli.registries import registries
    from bareboat.oci.reference import Reference

    reference = Reference.parse(repository)
    if reference.tag or reference.digest:
        raise UsageError(
            f"{repository}: cannot list the tags of one image",
            hint=f"bareboat tags {reference.registry}/{reference.repository}",
        )
    with registries(insecure=insecure) as opened:
        tags = opened.repository(reference).tags()
        if as_json:
            print_json({"repository": str(reference), "tags": list(tags)})
        else:
            for tag in tags:
                click.echo(tag)
