"""`bareboat tag`: further tags for an image in a registry."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, print_json
from bareboat.cli.registries import insecure_option

EPILOG = "Example: bareboat tag ghcr.io/team/app:1.2.3 1.2 latest"


@click.command(epilog=EPILOG)
@click.argument("reference", metavar="REF")
@click.argument("tags", metavar="NEWTAG...", nargs=-1, required=True)
@insecure_option
@as_json
def command(reference: str, tags: tuple[str, ...], insecure: tuple[str, ...], as_json: bool) -> None:
    """Give the image that REF names further tags in its repository, without moving any other byte."""
    from bareboat.cli.registries import registries
    from bareboat.oci.reference import Reference, check_tag

    image = Reference.parse(reference)
    wanted = [check_tag(tag) for tag in dict.fromkeys(tags)]
    with registries(insecure=insecure) as opened:
        repository = opened.repository(image)
        descriptor, data = repository.manifest(image.digest or image.version)
        for tag in wanted:
            repository.put(data, descriptor.media_type, tag)
    if as_json:
        print_json({"repository": str(repository), "digest": str(descriptor.digest), "tags": wanted})
    else:
        for tag in wanted:
            click.echo(f"{repository}:{tag} is {descriptor.digest}")
