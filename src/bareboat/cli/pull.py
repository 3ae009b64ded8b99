"""`bareboat pull`: an image out of a registry into a layout."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import architectures_of, as_json, print_json
from bareboat.cli.progress import observed
from bareboat.cli.registries import registries, registry_options

EPILOG = (
    "Examples: bareboat pull registry.example/team/app:1.4  ·  "
    "bareboat pull gcr.io/distroless/static --arch amd64 --out base"
)


@click.command(epilog=EPILOG)
@click.argument("reference", metavar="REF")
@arch_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="The layout to put it into, beside what is there; `bareboat copy` writes archives.")
@click.option("--name", metavar="NAME[:TAG]",
              help="What to call it there; by default as in the registry, such as gcr.io/distroless/static:latest.")
@click.option("--referrers", is_flag=True, help="Bring what refers to the image too, such as signatures.")
@registry_options
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors.")
@as_json
def command(
    reference: str,
    arch: str | None,
    out: Path,
    name: str | None,
    referrers: bool,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Pull the image REF, with all its architectures, into an OCI image layout.

    REF is read as docker reads it: without a registry it is Docker Hub's, without a tag the latest.
    The tag is followed once and everything comes by digest; a pull that was broken off goes on where it ended.
    With --arch for one architecture only its manifest comes, for several a new index of theirs is written.
    The last line is the reference with its digest.
    """
    from bareboat.cli.pulling import remote_items, take
    from bareboat.cli.travelling import Terms
    from bareboat.oci.reference import Reference
    from bareboat.ship.transfer.place import Form

    named = Reference.parse(reference.removeprefix("docker://"))
    terms = Terms(architectures=architectures_of(arch), referrers=referrers)
    with (
        observed(quiet=quiet) as observer,
        registries(insecure=insecure, mirrors=mirrors, observer=observer) as opened,
    ):
        taken = take(remote_items(named, opened, observer), out, Form.layout, name, terms, observer)
    if as_json:
        print_json(taken.to_document())
    elif not quiet:
        for line in taken.lines():
            click.echo(line)
