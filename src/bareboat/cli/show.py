"""`bareboat show`: what was built."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = (
    "Examples: bareboat show out  ·  bareboat show out python3:debug --platform linux/arm64  ·  "
    "bareboat show gcr.io/distroless/static-debian12:nonroot"
)


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REF", type=click.Path())
@click.argument("image", required=False)
@platform_option
@click.option(
    "--lock", "lock_path", type=click.Path(path_type=Path, dir_okay=False),
    help="The lock that says where each package came from; bareboat.lock by default.",
)
@registry_options
@as_json
def command(
    layout: str,
    image: str | None,
    platform: str | None,
    lock_path: Path | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the images of LAYOUT (a folder or an oci-archive), or in full one IMAGE of it, or what REF names.

    In full means packages, layers, sizes, configuration, annotations, and where each package came from.
    """
    from bareboat.base.errors import LockError
    from bareboat.cli.places import chosen_name, images_at, reference_in
    from bareboat.inspect.present.show import present_show
    from bareboat.inspect.show import show
    from bareboat.plan.desk import LOCK_NAME, lock_at

    lock = None
    try:
        lock = lock_at(lock_path or Path(LOCK_NAME), needed=lock_path is not None)
    except LockError as error:
        if lock_path is not None:
            raise
        click.echo(f"warning: {error.message}: where packages came from is not shown", err=True)
    with (
        observed() as observer,
        images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer) as images,
    ):
        if image is None and reference_in(layout) is not None:
            image = chosen_name(images, None)
        report = show(
            images, image, platform=platform_of(platform), host=this_platform(), lock=lock, observer=observer
        )
    if as_json:
        print_json(report.to_document())
    else:
        for line in present_show(report):
            click.echo(line)
