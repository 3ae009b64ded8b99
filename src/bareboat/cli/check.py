"""`bareboat check`: whether what was built holds what users count on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import architectures_of, as_json, platform_of, print_json
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options

if TYPE_CHECKING:
    from bareboat.base.errors import BareboatError
    from bareboat.inspect.report import CheckReport

EPILOG = (
    "Examples: bareboat check out  ·  bareboat check out python3:debug --arch amd64,arm64  ·  "
    "bareboat check ghcr.io/team/app:1.2 --sarif --fail-on error"
)

FOUND = 1
"""The exit code when there are findings."""

NEVER = "never"
LEVELS = ("error", "warning", "note", NEVER)


@click.command(epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REF", type=click.Path())
@click.argument("image", required=False)
@arch_option
@click.option("--platform", "platform", metavar="linux/arm64", help="One platform, instead of --arch.")
@click.option("--fail-on", "level", type=click.Choice(LEVELS), default="warning", show_default=True,
              help="The least grave finding that makes the exit code 1; accepted ones never do.")
@click.option("--notes", is_flag=True, help="Show notes and accepted findings too.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0 for code hosts and editors.")
@registry_options
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    layout: str,
    image: str | None,
    arch: str | None,
    platform: str | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    level: str,
    notes: bool,
    as_sarif: bool,
    as_json: bool,
) -> None:
    """Check the images of LAYOUT (a folder or an oci-archive), one IMAGE of it, or what REF names, without running it.

    It is proved that nothing is missing that a program, library or script needs; that what users of distroless images
    count on is there; and that the image is sound.

    The exit code is 0 when all is well, and 1 when something was found.
    An image that is damaged has a finding too, and its damage an exit code of its own.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.places import images_at
    from bareboat.cli.wiring import machine_store
    from bareboat.inspect.check import check
    from bareboat.inspect.present.check import present_check
    from bareboat.inspect.present.sarif import sarif_of

    if as_json and as_sarif:
        raise UsageError("--json and --sarif cannot both be printed", hint="run twice: the second time costs little")
    if arch is not None and platform is not None:
        raise UsageError("--arch and --platform both choose platforms", hint="use one of them")
    with (
        observed() as observer,
        images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer) as images,
    ):
        report = check(
            images, image,
            architectures=architectures_of(arch), platform=platform_of(platform), records=machine_store(),
            observer=observer,
        )
    if as_json:
        print_json(report.to_document())
    elif as_sarif:
        from importlib.metadata import version

        print_json(sarif_of(report, version("bareboat")))
    else:
        for line in present_check(report, notes=notes):
            click.echo(line)
    if report.damages:
        raise _failure(report)
    if _fails(report, level):
        ctx.exit(FOUND)


def _failure(report: CheckReport) -> BareboatError:
    """The error of the kind that stands first among the exit codes."""
    from bareboat.inspect.present.columns import many

    damages = report.damages
    worst = min(damages, key=lambda damage: damage.exit_code)
    counted = f"{len(damages)} of {many(len(report.images), 'image')} {'is' if len(damages) == 1 else 'are'} damaged"
    return worst.kind(f"{report.where}: {counted} and could not be checked", hint=worst.hint)


def _fails(report: CheckReport, level: str) -> bool:
    """Whether there is a finding as grave as `level` or graver."""
    worst = report.worst()
    return worst is not None and level != NEVER and LEVELS.index(worst) <= LEVELS.index(level)
