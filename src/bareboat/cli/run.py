"""`bareboat run`: try an image, by an engine or without one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bareboat.base.errors import UsageError
from bareboat.cli.options import as_json, complete_architecture, platform_of, print_json, this_platform
from bareboat.cli.progress import observed
from bareboat.cli.registries import registry_options
from bareboat.cli.running import ENGINES

if TYPE_CHECKING:
    from bareboat.ship.running.runner import Mount, Outcome

EPILOG = (
    "Examples: bareboat run out python3 -- -c 'print(1)'  ·  bareboat run out python3:debug --entrypoint /busybox/sh -t"
    "  ·  bareboat run out python3 --arch arm64 -- --version"
)
_MODES = {":ro": True, ":rw": False}


class Command(click.Command):
    """A verb whose words after `--` are those of a program, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Click's own, for the words before `--`."""
        own, after = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        rest = super().parse_args(ctx, own)
        if ctx.params.get("arguments"):
            surplus = " ".join(ctx.params["arguments"])
            raise UsageError(f'cannot tell what "{surplus}" is', hint="put the program's arguments after --")
        ctx.params["arguments"] = tuple(after)
        return rest


@click.command(cls=Command, epilog=EPILOG)
@click.argument("layout", metavar="LAYOUT|REFERENCE")
@click.argument("image", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARG...]")
@click.option("--arch", metavar="arm64", shell_complete=complete_architecture,
              help="For which architecture; this machine's by default, others by emulation.")
@click.option("--engine", type=click.Choice(ENGINES),
              help="What runs it; the first engine that answers by default, else a sandbox without root.")
@click.option("--entrypoint", metavar="PROGRAM", help="Instead of the image's entrypoint and its arguments.")
@click.option("-e", "--env", "env", multiple=True, metavar="NAME[=VALUE]",
              help="Put over the image's environment; without a value, ours, if it has one here.")
@click.option("-v", "--volume", "volumes", multiple=True, metavar="HERE:THERE[:ro]",
              help="Let the program see a file or folder of this machine.")
@click.option("-w", "--workdir", metavar="FOLDER", help="Where it starts, instead of the image's folder.")
@click.option("-u", "--user", metavar="USER[:GROUP]", help="Whom it runs as, instead of the image's user.")
@click.option("--network", is_flag=True, help="Let it reach the network; without it, it has a loopback of its own.")
@click.option("--read-only/--writable", "read_only", default=True,
              help="Whether the image's files refuse changes, which is the default; else changes go with the program.")
@click.option("--tmpfs", multiple=True, metavar="FOLDER", help="A folder that takes files, besides /tmp.")
@click.option("-i", "--interactive", is_flag=True, help="Give it our standard input.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal, and our standard input.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="End it after that time, with exit code 124.")
@registry_options
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    layout: str,
    image: str | None,
    arguments: tuple[str, ...],
    arch: str | None,
    engine: str | None,
    entrypoint: str | None,
    env: tuple[str, ...],
    volumes: tuple[str, ...],
    workdir: str | None,
    user: str | None,
    network: bool,
    read_only: bool,
    tmpfs: tuple[str, ...],
    interactive: bool,
    tty: bool,
    timeout_s: float | None,
    insecure: tuple[str, ...],
    mirrors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run IMAGE of LAYOUT (a folder or an oci-archive), or a REFERENCE of a registry, and exit as it does.

    What comes after -- takes the place of the image's arguments.
    Unless asked otherwise the program cannot change the image's files, has an empty /tmp, and no network.
    With --json its output is captured, and told together with its exit code.
    """
    from contextlib import ExitStack

    from bareboat.cli.places import chosen_name, images_at
    from bareboat.cli.running import engine_name, runner_for
    from bareboat.inspect.chosen import chosen_image
    from bareboat.ship.running.runner import Order, Streams

    streams = Streams.terminal if tty else Streams.interactive if interactive else Streams.shared
    if as_json and streams is not Streams.shared:
        raise UsageError("cannot capture what is interactive", hint="leave out --json, or --interactive and --tty")
    with ExitStack() as opened:
        with observed() as observer:
            at = images_at(layout, insecure=insecure, mirrors=mirrors, observer=observer)
            images = opened.enter_context(at)
            chosen = chosen_image(images, chosen_name(images, image), platform_of(arch), this_platform())
            order = Order(
                images=images,
                manifest=chosen.descriptor.with_platform(chosen.config.platform),
                name=chosen.name,
                argv=arguments or None,
                entrypoint=None if entrypoint is None else (entrypoint,) if entrypoint else (),
                env=dict(pair for text in env for pair in _variable(text)),
                workdir=workdir,
                user=user,
                mounts=tuple(_mount(text) for text in volumes),
                network=network,
                writable=not read_only,
                tmpfs=("/tmp", *tmpfs),  # noqa: S108  a path in the image
                streams=Streams.captured if as_json else streams,
                timeout_s=timeout_s,
            )
            runner = opened.enter_context(runner_for(engine, observer))
            runner.prepare(order)
        outcome = runner.run(order)  # when no progress is drawn any more
    if as_json:
        print_json({"engine": engine_name(runner), "by": runner.name, **_document(outcome)})
    elif outcome.timed_out:
        click.echo(f"bareboat: {chosen.name}: ended after {timeout_s:g} seconds", err=True)
    ctx.exit(outcome.exit_code)


def _variable(text: str) -> Iterator[tuple[str, str]]:
    """`NAME=VALUE`, or `NAME` with the value that it has here; with none here it is passed over, as docker does."""
    name, equals, value = text.partition("=")
    if equals or name in os.environ:
        yield name, value if equals else os.environ[name]


def _mount(text: str) -> Mount:
    """`HERE:THERE`, with `:ro` or `:rw` behind it.

    Raises:
        UsageError: When it has no such parts.
    """
    from bareboat.ship.running.runner import Mount

    mode = text[-3:] if text[-3:] in _MODES else ""
    here, colon, there = text.removesuffix(mode).rpartition(":")
    if not (colon and here and there.startswith("/")):
        raise UsageError(f'cannot read "{text}" as a volume', hint="write it as ./data:/data or ./data:/data:ro")
    return Mount(source=Path(here), target=there, read_only=_MODES.get(mode, False))


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "exit-code": outcome.exit_code,
        "stdout": outcome.stdout.decode("utf-8", "replace"),
        "stderr": outcome.stderr.decode("utf-8", "replace"),
        "timed-out": outcome.timed_out,
    }
