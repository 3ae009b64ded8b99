"""`bareboat lock`: decide."""

from __future__ import annotations

from pathlib import Path

import click

from bareboat.cli.options import arch as arch_option
from bareboat.cli.options import (
    architectures_of,
    as_json,
    complete_image,
    config_file,
    offline,
    print_json,
    unsafe_expired,
    unsafe_missing,
)
from bareboat.cli.progress import observed

EPILOG = """Examples: bareboat lock  ·  bareboat lock python3 --upgrade  ·  bareboat lock --upgrade libssl3t64 zlib1g"""

UPGRADE = "--upgrade"


class _Upgrading(click.Command):
    """Lets --upgrade be followed by any number of package names, none meaning all."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Click's own, with the words after --upgrade taken as packages."""
        packages: list[str] | None = None
        rest: list[str] = []
        for word in args:
            if word == UPGRADE:
                packages = packages or []
            elif word.startswith(f"{UPGRADE}="):
                packages = [*(packages or []), word.partition("=")[2]]
            elif packages is not None and not word.startswith("-") and UPGRADE in args and word in _after(args):
                packages.append(word)
            else:
                rest.append(word)
        ctx.obj = packages
        return super().parse_args(ctx, rest)


def _after(args: list[str]) -> list[str]:
    """The words between --upgrade and the next option."""
    words = args[args.index(UPGRADE) + 1 :]
    stop = next((position for position, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:stop]


@click.command(cls=_Upgrading, epilog=EPILOG)
@click.argument("images", nargs=-1, shell_complete=complete_image, metavar="[IMAGE]...")
@click.option("--all", "everything", is_flag=True, help="The whole catalogue and the configuration.")
@click.option(
    UPGRADE, "shown_only", is_flag=True,
    help="Choose anew: all packages, or the ones named after it (--upgrade libssl3t64), changing as little else.",
)
@config_file
@offline
@unsafe_expired
@unsafe_missing
@arch_option
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    images: tuple[str, ...],
    everything: bool,
    shown_only: bool,  # noqa: ARG001  read by _Upgrading
    config_path: Path | None,
    lock_path: Path | None,
    offline: bool,
    unsafe_expired: bool,
    unsafe_missing: bool,
    arch: str | None,
    as_json: bool,
) -> None:
    """Choose every package of IMAGEs from Debian's signed archives and record the choice in bareboat.lock."""
    from bareboat.cli.deciding import Terms, decide
    from bareboat.plan.desk import Desk
    from bareboat.plan.idle import overruled_omissions
    from bareboat.plan.names import for_architectures

    desk = Desk.at(config_path, lock_path)
    chosen = for_architectures(desk.chosen(images, everything=everything), architectures_of(arch))
    terms = Terms(offline=offline, unsafe_expired=unsafe_expired, unsafe_missing=unsafe_missing)
    with observed() as observer:
        for problem in overruled_omissions(desk.own, desk.config.file) if desk.config is not None else ():
            observer.warn(str(problem))
        outcome = decide(desk, chosen, observer, upgrade=ctx.obj, force=True, terms=terms)
    if as_json:
        print_json(outcome.to_document())
    else:
        for line in outcome.lines():
            click.echo(line)
