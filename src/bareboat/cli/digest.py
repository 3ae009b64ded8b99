"""`bareboat digest`: what a reference or a name stands for."""

from __future__ import annotations

import click

from bareboat.cli.options import as_json, platform_of, platform_option, print_json
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = (
    "Examples: bareboat digest ghcr.io/team/app:1.2  ·  "
    "bareboat digest docker.io/library/debian:13 --platform linux/arm64  ·  bareboat digest out python3"
)


@click.command(epilog=EPILOG)
@click.argument("place", metavar="REF|LAYOUT", type=click.Path())
@click.argument("image", required=False)
@platform_option
@registry_options
@as_json
def command(
    place: str,
    image: str | None,
    platform: str | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the digest of the image in a registry that REF names, or of IMAGE of LAYOUT.

    That is the digest of its index, or of the manifest of one platform. A registry is asked without fetching anything.
    """
    from bareboat.cli.places import chosen_name, images_at, reference_in
    from bareboat.cli.registries import registries
    from bareboat.inspect.chosen import chosen_image, named

    wanted = platform_of(platform)
    reference = reference_in(place) if image is None else None
    with observed(quiet=True) as observer:
        if reference is not None and wanted is None:
            with registries(insecure=insecure, mirrors=mirrors, observer=observer) as opened:
                source = opened.source(reference)
                which = reference.digest or reference.version
                found = source.resolve(which)
            if found is None:
                from bareboat.base.errors import NotFoundError

                raise NotFoundError(f"{reference}: cannot find the image: it is not there")
        else:
            with images_at(place, insecure=insecure, mirrors=mirrors, observer=observer) as images:
                name = chosen_name(images, image)
                if wanted is not None:
                    found = chosen_image(images, name, wanted).descriptor
                else:
                    full, wanted = named(images, name, None)
                    found = (
                        images.images[full] if wanted is None and full in images.images
                        else chosen_image(images, name).descriptor
                    )  # fmt: skip
    if as_json:
        print_json({"digest": str(found.digest), "media-type": found.media_type, "size": found.size})
    else:
        click.echo(str(found.digest))
