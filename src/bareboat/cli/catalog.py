"""`bareboat catalog`: what there is."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import as_json, complete_image, config_file, print_json

EPILOG = "Examples: bareboat catalog  ·  bareboat catalog python3  ·  bareboat catalog --json"


@click.command(epilog=EPILOG)
@click.argument("images", nargs=-1, shell_complete=complete_image, metavar="[IMAGE]...")
@config_file
@as_json
def command(images: tuple[str, ...], config_path: Path | None, lock_path: Path | None, as_json: bool) -> None:
    """List the images of the catalogue and of the configuration, with what each is for.

    Versions are those of the lock where it has the image.
    """
    from bareboat.inspect.offer import offers
    from bareboat.inspect.present.offer import present_offers
    from bareboat.plan.desk import Desk

    desk = Desk.at(config_path, lock_path)
    recipes = [selection.recipe for selection in desk.chosen(images, everything=True)]
    found = offers(recipes, desk.read_lock(), desk.catalog)
    if as_json:
        print_json({"images": [offer.to_document() for offer in found]})
    else:
        for line in present_offers(found):
            click.echo(line)
