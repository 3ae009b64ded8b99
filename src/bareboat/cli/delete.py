"""`bareboat delete`: a tag or an image out of a registry."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, print_json
from bareboat.cli.registries import insecure_option

EPILOG = "Examples: bareboat delete ghcr.io/team/app:old  ·  bareboat delete localhost:5000/app@DIGEST"


@click.command(epilog=EPILOG)
@click.argument("reference", metavar="REF")
@insecure_option
@as_json
def command(reference: str, insecure: tuple[str, ...], as_json: bool) -> None:
    """Delete what REF names: a tag alone, or by digest the image with every tag that it has.

    Many registries allow the one and not the other, or neither.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.registries import registries
    from bareboat.oci.reference import Reference

    image = Reference.parse(reference)
    if image.tag is None and image.digest is None:
        raise UsageError(
            f"{reference}: cannot delete a whole repository", hint=f"say which image: {reference}:TAG or @DIGEST"
        )
    with registries(insecure=insecure) as opened:
        opened.repository(image).delete(image.digest or image.version)
    if as_json:
        print_json({"deleted": str(image)})
    else:
        click.echo(f"{image} was deleted")
