"""`bareboat build`: decide where that is still to do, fetch, make, write out."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import (
    architectures_of,
    as_json,
    complete_image,
    config_file,
    default_jobs,
    offline,
    print_json,
    unsafe_expired,
    unsafe_missing,
)
from bareboat.cli.progress import observed

EPILOG = "Examples: bareboat build  ·  bareboat build python3:nonroot --arch this  ·  bareboat build --all --frozen"

FORMATS = ("oci", "oci-archive", "docker-archive")


@click.command(epilog=EPILOG)
@click.argument("images", nargs=-1, shell_complete=complete_image, metavar="[IMAGE]...")
@click.option("--all", "everything", is_flag=True, help="The whole catalogue and the configuration.")
@arch_option
@click.option("--out", "out", type=click.Path(path_type=Path),
              help="The layout's folder, ./out by default, or the archive's file, ./out.tar.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="oci", show_default=True,
              help="An OCI image layout, or one file.")
@click.option("--compression", type=click.Choice(("gzip", "zstd")), help="How layers are compressed; gzip by default.")
@click.option("--frozen", is_flag=True, help="Fail where the lock would have to change.")
@click.option("--check/--no-check", "check", default=True, show_default=True,
              help="Whether images are proved complete before they are written.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many packages to work on at once; one per processor.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but warnings and errors.")
@config_file
@offline
@unsafe_expired
@unsafe_missing
@as_json
def command(
    images: tuple[str, ...],
    everything: bool,
    arch: str | None,
    out: Path | None,
    form: str,
    compression: str | None,
    frozen: bool,
    check: bool,
    jobs: int | None,
    quiet: bool,
    config_path: Path | None,
    lock_path: Path | None,
    offline: bool,
    unsafe_expired: bool,
    unsafe_missing: bool,
    as_json: bool,
) -> None:
    """Build IMAGEs (those of bareboat.yaml where none is named) into --out.

    IMAGE is a name of the catalogue or the configuration, such as python3, python3-debian13 or
    python3-debian13:debug-nonroot.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.building import Request, build
    from bareboat.cli.deciding import Terms
    from bareboat.plan.desk import Desk

    if out == Path("-"):
        raise UsageError(
            "cannot write images to the standard output",
            hint="--out takes a folder, or with --format oci-archive a file; `bareboat export` writes a tar stream",
        )
    desk = Desk.at(config_path, lock_path)
    request = Request(
        chosen=desk.chosen(images, everything=everything),
        architectures=architectures_of(arch),
        out=out or Path("out" if form == FORMATS[0] else "out.tar"),
        form=form,
        compression=compression or desk.compression,
        frozen=frozen,
        jobs=jobs or default_jobs(),
        terms=Terms(offline=offline, unsafe_expired=unsafe_expired, unsafe_missing=unsafe_missing),
        check=check,
    )
    with observed(quiet=quiet) as observer:
        report = build(desk, request, observer)
    if as_json:
        print_json(report.to_document())
    elif not quiet:
        for line in report.lines():
            click.echo(line)
