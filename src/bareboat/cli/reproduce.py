"""`bareboat reproduce`: build again from the lock, and compare byte for byte."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import (
    arch as arch_option,
)
from bareboat.cli.options import (
    architectures_of,
    as_json,
    complete_image,
    config_file,
    default_jobs,
    offline,
    print_json,
)
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

EPILOG = "Examples: bareboat reproduce out  ·  bareboat reproduce theirs python3:nonroot --arch amd64 --lock their.lock"


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REF", type=click.Path())
@click.argument("image", required=False, shell_complete=complete_image)
@arch_option
@click.option("--keep", "keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Keep what was made again, as an image layout.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many packages to work on at once; one per processor.")
@config_file
@offline
@registry_options
@as_json
def command(
    layout: str,
    image: str | None,
    arch: str | None,
    keep: Path | None,
    jobs: int | None,
    config_path: Path | None,
    lock_path: Path | None,
    offline: bool,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the images of LAYOUT (a folder or an oci-archive), one IMAGE of it, or what REF names, again, and compare.

    Every byte is compared. Only the lock decides, and nothing that was made before is used: every package is checked
    by its digest, unpacked, pruned, written and compressed anew. The exit code is 1 where anything differs or could
    not be compared.
    """
    from bareboat.base.errors import BareboatError
    from bareboat.cli.places import images_at
    from bareboat.cli.reproducing import Request, reproduce
    from bareboat.inspect.claims import UNKNOWN
    from bareboat.inspect.compare.images import MOST_DIFFERENCES
    from bareboat.inspect.present.columns import many
    from bareboat.inspect.present.reproduction import present_reproduction
    from bareboat.plan.desk import Desk

    request = Request(
        layout=layout, image=image, architectures=architectures_of(arch), keep=keep, jobs=jobs or default_jobs(),
        offline=offline, most=None if as_json else MOST_DIFFERENCES,
    )  # fmt: skip
    with (
        observed() as observer,
        images_at(
            layout, insecure=insecure, mirrors=mirrors, offline=offline, observer=observer
        ) as images,
    ):
        reproduction = reproduce(Desk.at(config_path, lock_path), images, request, observer)
    if as_json:
        print_json(reproduction.to_document())
    else:
        for line in present_reproduction(reproduction):
            click.echo(line)
    if not reproduction.is_same:
        verdicts = reproduction.verdicts
        differ = sum(not verdict.is_same for verdict in verdicts)
        unknown = any(verdict.claim.reason == UNKNOWN for verdict in verdicts)
        raise BareboatError(
            f"{layout}: not reproduced: {differ} of {many(len(verdicts), 'image')}",
            hint=_naming(layout) if unknown else None,
        )


def _naming(layout: str) -> str:
    """How an image comes to a name that its build gave it."""
    from bareboat.cli.places import reference_in

    reference = reference_in(layout)
    if reference is None:
        return "images are matched by the names that their build gave them; and --file names the configuration"
    name = f"{reference.repository.rpartition('/')[2]}:latest"
    return (
        f"images are matched by the names that their build gave them: if that was {name}, "
        f"`bareboat pull {layout} --out theirs --name {name}`, then `bareboat reproduce theirs`"
    )
