"""`bareboat show`: what was built."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.progress import observed

EPILOG = "Examples: bareboat show out  ·  bareboat show out python3:debug --platform linux/arm64"


@click.command(epilog=EPILOG)
@click.argument("layout", type=click.Path(path_type=Path))
@click.argument("image", required=False)
@platform_option
@click.option(
    "--lock", "lock_path", type=click.Path(path_type=Path, dir_okay=False),
    help="The lock that says where each package came from; bareboat.lock by default.",
)
@as_json
def command(layout: Path, image: str | None, platform: str | None, lock_path: Path | None, as_json: bool) -> None:
    """Show the images of LAYOUT (a folder or an oci-archive), or one IMAGE of it in full.

    In full means packages, layers, sizes, configuration, annotations, and where each package came from.
    """
    from bareboat.inspect.present.show import present_show
    from bareboat.inspect.show import show
    from bareboat.plan.desk import LOCK_NAME, lock_at
    from bareboat.store.archived import open_images

    lock = lock_at(lock_path or Path(LOCK_NAME), needed=lock_path is not None)
    with observed() as observer:
        report = show(
            open_images(layout), image,
            platform=platform_of(platform), host=this_platform(), lock=lock, observer=observer,
        )
    if as_json:
        print_json(report.to_document())
    else:
        for line in present_show(report):
            click.echo(line)
