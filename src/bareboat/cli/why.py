"""`bareboat why`: the reason for a package or a file."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json, this_platform
from bareboat.cli.progress import observed

EPILOG = "Examples: bareboat why out python3 libffi8  ·  bareboat why out python3:debug /etc/ld.so.cache"


@click.command(epilog=EPILOG)
@click.argument("layout", type=click.Path(path_type=Path))
@click.argument("image")
@click.argument("thing", metavar="NAME-or-/PATH")
@platform_option
@as_json
def command(layout: Path, image: str, thing: str, platform: str | None, as_json: bool) -> None:
    """Explain why a package, a library (libffi.so.8) or a path is in IMAGE of LAYOUT: the chain from a wish to it."""
    from bareboat.inspect.present.why import present_why
    from bareboat.inspect.why import why
    from bareboat.store.archived import open_images

    with observed() as observer:
        answer = why(
            open_images(layout), image, thing, platform=platform_of(platform), host=this_platform(), observer=observer
        )
    if as_json:
        print_json(answer.to_document())
    else:
        for line in present_why(answer):
            click.echo(line)
