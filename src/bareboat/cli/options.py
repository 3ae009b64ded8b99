"""Options that several verbs share, and how their words are read."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bareboat.base.errors import UsageError
from bareboat.base.platform import ARCHITECTURES, architecture
from bareboat.oci.descriptor import Platform

_Function = TypeVar("_Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
offline = click.option("--offline", is_flag=True, help="Use the store alone; touch no network.")
unsafe_expired = click.option(
    "--unsafe-expired", is_flag=True, help="Accept archives past their Valid-Until: they may hide newer fixes."
)
unsafe_missing = click.option(
    "--unsafe-missing", is_flag=True, help="Do without indexes that no mirror has: they may hold newer fixes."
)
platform_option = click.option(
    "--platform", "--arch", "platform", metavar="linux/arm64",
    help="Which platform of the image; this machine's by default.",
)


def config_file(function: _Function) -> _Function:
    """`--file` and `--lock`."""
    with_lock = click.option(
        "--lock", "lock_path", type=click.Path(path_type=Path, dir_okay=False),
        help="The lock; bareboat.lock by default.",
    )(function)
    return click.option(
        "-f", "--file", "config_path", type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration; bareboat.yaml where there is one.",
    )(with_lock)


def complete_image(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of images for shells."""
    from bareboat.base.errors import BareboatError
    from bareboat.plan.desk import Desk

    try:
        recipes = tuple(Desk.at(None).recipes.values())
    except BareboatError:
        return []
    names = {name for recipe in recipes for name in (recipe.name, recipe.image, *recipe.aliases)}
    return sorted(name for name in names if name.startswith(incomplete))


def complete_architecture(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of architectures for shells."""
    return [name for name in ("all", *(arch.oci for arch in ARCHITECTURES)) if name.startswith(incomplete)]


arch = click.option(
    "--arch", "arch", shell_complete=complete_architecture, metavar="a,b|all|this",
    help="Architectures; all that each image has by default.",
)  # fmt: skip


def architectures_of(text: str | None) -> tuple[str, ...] | None:
    """`--arch a,b`, `all` or `this` as OCI's names; None means all.

    Raises:
        UsageError: For an architecture that does not exist.
    """
    if text is None or text == "all":
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise UsageError("--arch names no architecture", hint="such as --arch amd64,arm64, or --arch all")
    return tuple(dict.fromkeys(this_architecture() if word == "this" else architecture(word).oci for word in words))


def this_architecture() -> str:
    """OCI's name of the architecture that this program runs on."""
    return architecture(platform.machine()).oci


def this_platform() -> Platform:
    """The platform that this program runs on."""
    return Platform.of(architecture(platform.machine()))


def platform_of(text: str | None) -> Platform | None:
    """`--platform linux/arm64`, an architecture under any of its names, or `this`.

    Raises:
        UsageError: When it is none.
    """
    if text is None:
        return None
    return this_platform() if text == "this" else Platform.of(architecture(text))


def default_jobs() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def print_json(document: object) -> None:
    """Print a document for programs."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True))
