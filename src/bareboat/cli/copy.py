"""`bareboat copy`: images from one place to another."""

from __future__ import annotations

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import architectures_of, as_json, print_json
from bareboat.cli.progress import observed
from bareboat.cli.registries import registries, registry_options

EPILOG = (
    "Examples: bareboat copy gcr.io/distroless/static:nonroot registry.example/mirror/static:nonroot  ·  "
    "bareboat copy out:python3:nonroot docker-archive:python3.tar --arch this"
)


@click.command(epilog=EPILOG)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@arch_option
@click.option("--all-tags", is_flag=True, help="Every tag of the repository, or every image of the layout.")
@click.option("--referrers", is_flag=True, help="Copy what refers to the images too, such as signatures.")
@registry_options
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors.")
@as_json
def command(
    source: str,
    target: str,
    arch: str | None,
    all_tags: bool,
    referrers: bool,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Copy images from SRC to DST, byte for byte: registries, OCI image layouts, archives.

    A place is an existing path or one that begins with ./ or / (a folder is a layout, a file or *.tar an oci-archive),
    with :NAME after it for one image in it; everything else is a reference in a registry.
    skopeo's words are understood too: oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME] (for DST),
    docker://REF.
    Between registries nothing is kept on this machine, and within one registry blobs are mounted, not sent.
    """
    from bareboat.cli.copying import copy
    from bareboat.cli.travelling import Terms
    from bareboat.ship.transfer.place import place_of, target_of

    terms = Terms(architectures=architectures_of(arch), referrers=referrers)
    with (
        observed(quiet=quiet) as observer,
        registries(insecure=insecure, mirrors=mirrors, observer=observer) as opened,
    ):
        done = copy(place_of(source), target_of(target), opened, terms, observer, all_tags=all_tags)
    if as_json:
        print_json(done.to_document())
    elif not quiet:
        for line in done.lines():
            click.echo(line)
