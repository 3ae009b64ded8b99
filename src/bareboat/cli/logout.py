"""`bareboat logout`: forget the credentials for a registry."""

from __future__ import annotations

import os

import click

from bareboat.cli.options import as_json, print_json

EPILOG = "Example: bareboat logout ghcr.io"


@click.command(epilog=EPILOG)
@click.argument("registry", required=False, default="docker.io")
@as_json
def command(registry: str, as_json: bool) -> None:
    """Forget the credentials for REGISTRY (docker.io by default), in docker's configuration or its helper."""
    from bareboat.cli.registries import named_registry
    from bareboat.store.registry.keychain import machine_keychain
    from bareboat.store.registry.login_file import LoginFile, docker_file

    name = named_registry(registry)
    removed = LoginFile(docker_file(os.environ)).forget(name)
    left = machine_keychain(os.environ).find(name, "")
    if as_json:
        print_json({"registry": name, "removed": removed, "left-in": None if left is None else left.source})
        return
    click.echo(f"logged out of {name}" if removed else f"not logged in to {name}")
    if left is not None:
        click.echo(f"note: {left.source} has credentials for {name} too, and is left alone", err=True)
