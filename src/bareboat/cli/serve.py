"""`bareboat serve`: a read-only registry of what is here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bareboat.cli.options import as_json, print_json

if TYPE_CHECKING:
    from bareboat.ship.serve.catalogue import Catalogue

EPILOG = "Examples: bareboat serve out  ·  bareboat serve out --host 0.0.0.0 --port 8080"


@click.command(epilog=EPILOG)
@click.argument("layout", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True,
              help="The address to listen at; 0.0.0.0 means all that this machine has.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True,
              help="The port to listen at; 0 means any that is free.")
@as_json
def command(layout: Path, host: str, port: int, as_json: bool) -> None:
    """Serve the images of LAYOUT (a folder or an oci-archive) as a registry to pull from, until ^C.

    Docker, Podman, containerd, skopeo and kubelets pull from it; nobody can push to it.
    The image python3:nonroot is the tag nonroot of the repository python3.
    Images that are built into LAYOUT meanwhile are served at once.
    """
    import ipaddress

    from bareboat.ship.serve.app import registry_app
    from bareboat.ship.serve.server import address_of, listening, run
    from bareboat.ship.serve.shelf import Shelf
    from bareboat.store.archived import open_images

    shelf = Shelf(open_images, layout, lambda text: click.echo(f"warning: {text}", err=True))
    with listening(host, port) as listener:
        address, bound = address_of(listener), ipaddress.ip_address(listener.getsockname()[0].partition("%")[0])
        if as_json:
            print_json({"address": address, "repositories": list(shelf.catalogue.listed)})
        else:
            where = address.removeprefix("http://")
            if bound.is_unspecified or bound == ipaddress.ip_address("127.0.0.1"):
                where = f"localhost:{listener.getsockname()[1]}"
            click.echo(f"{layout}: {_said(shelf.catalogue, where)} at {address}, until ^C")
        if not bound.is_loopback:
            click.echo("note: whoever reaches this machine can pull these images", err=True)
        run(registry_app(shelf), listener)


def _said(catalogue: Catalogue, where: str) -> str:
    """How many repositories there are, and how to pull from one."""
    count = len(catalogue.listed)
    said = f"{count} repositor{'y' if count == 1 else 'ies'}"
    for name in catalogue.listed:
        tags = catalogue.repositories[name]
        if tags:
            return f"{said}, such as {where}/{name}:{'latest' if 'latest' in tags else next(iter(tags))},"
    return said
