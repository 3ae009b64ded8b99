"""`bareboat push`: images into a registry."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import architectures_of, as_json, print_json
from bareboat.cli.progress import observed
from bareboat.cli.registries import insecure_option, registries

EPILOG = (
    "Examples: bareboat push out python3:nonroot registry.example/team/python3:1.4  ·  "
    "bareboat push out registry.example/team --all"
)


@click.command(epilog=EPILOG)
@click.argument("layout", type=click.Path(path_type=Path))
@click.argument("words", metavar="[IMAGE]... REGISTRY/REPO[:TAG]", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Every image of LAYOUT, each to REGISTRY/REPO/NAME:TAG.")
@arch_option
@click.option("--referrers", is_flag=True, help="Send what refers to the images too, such as signatures.")
@click.option("--dry-run", is_flag=True, help="Ask what is there, and say what would be sent.")
@insecure_option
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors.")
@as_json
def command(
    layout: Path,
    words: tuple[str, ...],
    everything: bool,
    arch: str | None,
    referrers: bool,
    dry_run: bool,
    insecure: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Push IMAGEs of LAYOUT (a folder or an oci-archive) to a registry: what is missing there, and tags last.

    An IMAGE such as python3:nonroot brings its index and all architectures; python3 brings every tag of that name.
    Without IMAGE it is the only one there.
    Each keeps its tag where none is given; images of several names go to REGISTRY/REPO/NAME:TAG.
    With --arch for one architecture, its manifest is pushed, for several a new index of theirs.
    For one image the last line is the reference with its digest; for several each line has its own.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.shipping import send
    from bareboat.cli.travelling import Terms
    from bareboat.ship.transfer.item import chosen_items
    from bareboat.ship.transfer.place import registry_target
    from bareboat.store.archived import open_images

    *names, target = words
    if everything and names:
        raise UsageError("cannot push all images and name some", hint="leave out --all, or the names")
    reference = registry_target(target, alone=everything)
    items = chosen_items(open_images(layout), names, everything=everything)
    terms = Terms(architectures=architectures_of(arch), referrers=referrers, dry_run=dry_run)
    with observed(quiet=quiet) as observer, registries(insecure=insecure, observer=observer) as opened:
        sent = send(items, reference, opened, terms, observer, apart=everything)
    if as_json:
        print_json(sent.to_document())
    elif not quiet:
        for line in sent.lines():
            click.echo(line)
