"""`bareboat export`: the root filesystem of an image."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.places import last_word
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = (
    "Examples: bareboat export out python3 ./rootfs  ·  bareboat export out static - | tar tv  ·  "
    "bareboat export docker.io/library/debian:13 ./rootfs"
)


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REF", type=click.Path())
@click.argument("image", metavar="[IMAGE]")
@click.argument("target", metavar="DIR|-", required=False, callback=last_word)
@platform_option
@registry_options
@as_json
def command(
    layout: str,
    image: str | None,
    target: str,
    platform: str | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the root filesystem of IMAGE of LAYOUT into DIR, a new or empty folder, or as a tar stream to -.

    The image of a registry that REF names needs no IMAGE, and neither does the only one of a layout.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.places import chosen_name, images_at
    from bareboat.inspect.chosen import chosen_image
    from bareboat.ship.export import export_folder, export_tar
    from bareboat.store.rootfs import RootFilesystem

    if target == "-" and (as_json or sys.stdout.isatty()):
        raise UsageError(
            "cannot write a tar stream to a terminal or beside JSON",
            hint=f"bareboat export {layout} {image or ''} - > rootfs.tar".replace("  ", " "),
        )
    with (
        observed() as observer,
        images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer) as store,
    ):
        chosen = chosen_image(store, chosen_name(store, image), platform_of(platform), this_platform())
        with RootFilesystem.of(store, chosen.manifest, observer=observer) as rootfs:
            if target == "-":
                export_tar(rootfs, sys.stdout.buffer)
                return
            exported = export_folder(rootfs, Path(target))
    if as_json:
        print_json({"folder": target, **exported.to_document()})
    else:
        for note in exported.notes:
            click.echo(f"note: {note}", err=True)
        click.echo(f"{exported.entries} entries written to {target}")
