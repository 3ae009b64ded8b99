"""`bareboat why`: the reason for a package or a file."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.places import last_word
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = (
    "Examples: bareboat why out python3 libffi8  ·  bareboat why out python3:debug /etc/ld.so.cache  ·  "
    "bareboat why ghcr.io/team/app:1.2 libssl3t64"
)


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REF", type=click.Path())
@click.argument("image", metavar="[IMAGE]")
@click.argument("thing", metavar="NAME-or-/PATH", required=False, callback=last_word)
@platform_option
@registry_options
@as_json
def command(
    layout: str,
    image: str | None,
    thing: str,
    platform: str | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Explain why a package, a library (libffi.so.8) or a path is in IMAGE of LAYOUT: the chain from a wish to it.

    The image of a registry that REF names needs no IMAGE, and neither does the only one of a layout.
    """
    from bareboat.cli.places import chosen_name, images_at
    from bareboat.inspect.present.why import present_why
    from bareboat.inspect.why import why

    with (
        observed() as observer,
        images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer) as images,
    ):
        answer = why(
            images, chosen_name(images, image), thing,
            platform=platform_of(platform), host=this_platform(), observer=observer,
        )  # fmt: skip
    if as_json:
        print_json(answer.to_document())
    else:
        for line in present_why(answer):
            click.echo(line)
