"""The registries of one run: credentials, authorities and mirrors of this machine, and the options for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bareboat.base.errors import UsageError
from bareboat.base.observer import Observer

if TYPE_CHECKING:
    from bareboat.store.registry.credentials import Keychain
    from bareboat.store.registry.registries import Registries

_Function = TypeVar("_Function", bound=Callable[..., Any])

insecure_option = click.option(
    "--insecure", "insecure", metavar="HOST[:PORT]", multiple=True,
    help="Speak plain HTTP with this registry; may be given several times.",
)  # fmt: skip
mirror_option = click.option(
    "--mirror", "mirrors", metavar="HOST=MIRROR", multiple=True,
    help="Read from this mirror first, such as docker.io=mirror.example:5000; may be given several times.",
)  # fmt: skip


def registry_options(function: _Function) -> _Function:
    """`--insecure` and `--mirror`, for verbs that read from a registry."""
    return insecure_option(mirror_option(function))


@contextmanager
def registries(
    *,
    insecure: tuple[str, ...] = (),
    mirrors: tuple[str, ...] = (),
    observer: Observer | None = None,
    keychain: Keychain | None = None,
) -> Iterator[Registries]:
    """The registries, as the environment and the command line have them; closed at the end.

    Args:
        insecure: `--insecure`.
        mirrors: `--mirror`.
        observer: Hears of mirrors that are wrong.
        keychain: Who knows our credentials, when not this machine.

    Raises:
        UsageError: When an option cannot be read.
        ConfigurationError: When a file of the machine cannot be read.
    """
    from bareboat.store.registry.keychain import machine_keychain
    from bareboat.store.registry.mirrors import table_files, table_from
    from bareboat.store.registry.registries import Registries
    from bareboat.store.registry.trust import Trust, certificate_folders

    table = table_from(table_files(os.environ)).with_mirrors(mirrors)
    with Registries(
        keychain=keychain if keychain is not None else machine_keychain(os.environ),
        trust=Trust(certificate_folders(os.environ), os.environ),
        mirrors=table,
        insecure=[_host(word) for word in insecure],
        observer=observer,
    ) as opened:
        yield opened


def _host(word: str) -> str:
    if not word or "/" in word or "@" in word:
        raise UsageError(
            f'--insecure: cannot read "{word}" as a registry', hint="such as --insecure registry.example:5000"
        )
    return word


def named_registry(word: str) -> str:
    """The registry that people mean by a word: its name, or its address.

    Raises:
        UsageError: When it is none.
    """
    from bareboat.oci.reference import Reference

    name = word.removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix("/v1").removesuffix("/v2")
    if not any(mark in name for mark in ".:[") and name != "localhost":
        raise UsageError(f'cannot read "{word}" as a registry', hint="such as ghcr.io, docker.io or localhost:5000")
    if "/" in name:
        hint = f"name {name.partition('/')[0]} alone"
        raise UsageError(f'cannot log in to a part of a registry: "{word}"', hint=hint)
    return Reference.parse(f"{name}/any").registry
