"""`bareboat debug`: how to get a shell beside a container that has none."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from bareboat.base.errors import EngineError, UsageError
from bareboat.cli.options import as_json, print_json

if TYPE_CHECKING:
    from bareboat.ship.running.beside import Beside, Subject

EPILOG = (
    "Examples: bareboat debug python3:nonroot  ·  bareboat debug --container-id orders --image orders-api:debug-nonroot"
    "  ·  bareboat debug --pod orders-7d9f --namespace shop --image registry.example/orders-api:debug-nonroot"
)
_ENGINES = ("docker", "podman")
_PATIENCE_S = 60


@click.command(epilog=EPILOG)
@click.argument("image", required=False)
@click.option("--pod", metavar="POD", help="Beside a container of this pod of Kubernetes.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod; the current one by default.")
@click.option("-c", "--container", metavar="NAME", help="Of the pod; its first one by default.")
@click.option("--container-id", metavar="ID", help="Beside this container of docker or podman, by its name or id.")
@click.option("--engine", type=click.Choice(_ENGINES), help="Whose container it is; docker's where docker is.")
@click.option("--image", "debug_image", metavar="IMAGE",
              help="The debug variant; else the one in the repository of the container's image.")
@click.option("--run", "run", is_flag=True, help="Run the command instead of printing it.")
@as_json
@click.pass_context
def command(
    ctx: click.Context,
    image: str | None,
    pod: str | None,
    namespace: str | None,
    container: str | None,
    container_id: str | None,
    engine: str | None,
    debug_image: str | None,
    run: bool,
    as_json: bool,
) -> None:
    """Print what starts the debug variant of IMAGE, or of a container's image, beside that container.

    The shell sees the container's processes, network and, below /proc/1/root, its files; the container stays as it is.
    """
    if sum(word is not None for word in (image, pod, container_id)) != 1:
        raise UsageError("cannot tell what to look at", hint="name an IMAGE, a --pod, or a --container-id")
    if run and as_json:
        raise UsageError("cannot print JSON and run the command", hint="leave out --run or --json")
    if pod is not None:
        ways = [_beside_pod(pod, namespace, container, debug_image)]
    elif container_id is not None:
        ways = [_beside_container(engine or _engine(), container_id, debug_image)]
    else:
        ways = _for_image(str(image), engine or _engine(), debug_image)
    if run:
        ctx.exit(_run(ways[0]))
    if as_json:
        print_json([way.to_document() for way in ways])
        return
    for number, way in enumerate(ways):
        if number:
            click.echo()
        click.echo(f"# {way.about}\n{shlex.join(way.command)}")


def _for_image(image: str, engine: str, debug: str | None) -> list[Beside]:
    from bareboat.ship.running.beside import Subject, beside_container, beside_pod, shell_in

    subject = Subject(image=image)
    variant = debug or _debug_of(subject)
    user = "65532" if variant.endswith("nonroot") else ""
    return [
        shell_in(engine, variant),
        beside_container(engine, "CONTAINER", variant, user),
        beside_pod("POD", None, "CONTAINER", variant, user),
    ]


def _beside_container(engine: str, container: str, debug: str | None) -> Beside:
    from bareboat.ship.running.beside import Subject, beside_container, subject_of_container

    said, reason = _asked(engine, "inspect", "--type", "container", container)
    what = f"cannot ask {engine} about the container {container}: {reason}"
    if said is None and debug is None:
        raise EngineError(what, hint="say which the debug variant is with --image")
    if said is None:
        click.echo(f"note: {what}", err=True)
    subject = Subject(image=str(debug)) if said is None else subject_of_container(said)
    return beside_container(engine, container, debug or _debug_of(subject), subject.user)


def _beside_pod(pod: str, namespace: str | None, container: str | None, debug: str | None) -> Beside:
    from bareboat.ship.running.beside import beside_pod, subject_of_pod

    where = ("--namespace", namespace) if namespace else ()
    said, reason = _asked("kubectl", "get", "pod", pod, *where, "--output", "json")
    what = f"cannot ask kubectl about the pod {pod}: {reason}"
    if said is not None:
        name, subject = subject_of_pod(said, container)
        return beside_pod(pod, namespace, name, debug or _debug_of(subject), subject.user)
    if debug is None or container is None:
        raise EngineError(
            what,
            hint="name its container with --container, and the debug variant with --image",
        )
    click.echo(f"note: {what}", err=True)
    return beside_pod(pod, namespace, container, debug, "65532" if debug.endswith("nonroot") else "")


def _debug_of(subject: Subject) -> str:
    from bareboat.ship.running.beside import debug_image

    return debug_image(subject)


def _engine() -> str:
    return next((name for name in _ENGINES if shutil.which(name)), _ENGINES[0])


def _asked(*words: str) -> tuple[str | None, str]:
    """What a program prints; None when it is not there, or refuses, with the reason."""
    program = shutil.which(words[0])
    if program is None:
        return None, "it is not installed"
    try:
        done = subprocess.run(
            [program, *words[1:]], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer for {_PATIENCE_S} seconds"
    except OSError as fault:
        return None, fault.strerror or str(fault)
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace"), ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return None, lines[-1].strip() if lines else f"it ended with {done.returncode}"


def _run(way: Beside) -> int:
    """The exit code of the command, which has our terminal."""
    from bareboat.ship.running.tty import need_terminal

    program = shutil.which(way.command[0])
    if program is None:
        raise EngineError(f"cannot run {way.command[0]}: it is not installed", hint=shlex.join(way.command))
    need_terminal(f"type it in one: {shlex.join(way.command)}")
    return subprocess.run([program, *way.command[1:]], check=False).returncode
