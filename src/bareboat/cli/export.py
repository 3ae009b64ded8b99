"""`bareboat export`: the root filesystem of an image."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.progress import observed

EPILOG = "Examples: bareboat export out python3 ./rootfs  ·  bareboat export out static - | tar tv"


@click.command(epilog=EPILOG)
@click.argument("layout", type=click.Path(path_type=Path))
@click.argument("image")
@click.argument("target", metavar="DIR|-")
@platform_option
@as_json
def command(layout: Path, image: str, target: str, platform: str | None, as_json: bool) -> None:
    """Write the root filesystem of IMAGE of LAYOUT into DIR, a new or empty folder, or as a tar stream to -."""
    from bareboat.base.errors import UsageError
    from bareboat.inspect.chosen import chosen_image
    from bareboat.ship.export import export_folder, export_tar
    from bareboat.store.archived import open_images
    from bareboat.store.rootfs import RootFilesystem

    if target == "-" and (as_json or sys.stdout.isatty()):
        raise UsageError(
            "cannot write a tar stream to a terminal or beside JSON",
            hint=f"bareboat export {layout} {image} - > rootfs.tar",
        )
    store = open_images(layout)
    chosen = chosen_image(store, image, platform_of(platform), this_platform())
    with observed() as observer, RootFilesystem.of(store, chosen.manifest, observer=observer) as rootfs:
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
