"""`bareboat login`: credentials for a registry, kept where docker keeps them."""

from __future__ import annotations

import os
import sys

import click

from bareboat.cli.options import as_json, print_json
from bareboat.cli.registries import insecure_option

EPILOG = "Examples: bareboat login ghcr.io -u me  ·  echo $TOKEN | bareboat login ghcr.io -u me --password-stdin"

_MOST_BYTES = 64 * 1024


@click.command(epilog=EPILOG)
@click.argument("registry", required=False, default="docker.io")
@click.option("-u", "--username", help="Who you are there; asked for on a terminal.")
@click.option("-p", "--password", "password", is_flag=False, flag_value="", hidden=True,
              help="Refused, as others see it: use --password-stdin.")
@click.option("--password-stdin", is_flag=True, help="Read the password or token from the standard input.")
@insecure_option
@as_json
def command(
    registry: str,
    username: str | None,
    password: str | None,
    password_stdin: bool,
    insecure: tuple[str, ...],
    as_json: bool,
) -> None:
    """Log in to REGISTRY (docker.io by default), so that docker and bareboat may read and write there.

    The credentials are tried first. Then they are kept by the credential helper that docker's configuration names, else
    in that file: config.json in DOCKER_CONFIG or ~/.docker.
    """
    from bareboat.base.errors import UsageError
    from bareboat.cli.registries import named_registry, registries
    from bareboat.store.registry.credentials import Credentials, OneKey
    from bareboat.store.registry.login_file import LoginFile, docker_file

    if password is not None:  # docker takes it; everybody on the machine sees it, and so does the shell's history
        raise UsageError(
            "cannot take a password from the command line, where others see it",
            hint="give it to --password-stdin: `echo $TOKEN | bareboat login … --password-stdin`",
        )
    name = named_registry(registry)
    credentials = Credentials(username=_username(username), password=_password(from_stdin=password_stdin))
    with registries(insecure=insecure, keychain=OneKey(credentials)) as opened:
        checked = opened.api(name).greet()
    kept_in = LoginFile(docker_file(os.environ)).keep(name, credentials)
    if as_json:
        print_json({"registry": name, "username": credentials.username, "checked": checked, "kept-in": kept_in})
        return
    if not checked:
        click.echo(f"warning: {name} lets everybody in, so the credentials could not be tried", err=True)
    click.echo(f"logged in to {name} as {credentials.username}; kept in {kept_in}")


def _username(said: str | None) -> str:
    from bareboat.base.errors import UsageError

    name = said
    if name is None and sys.stdin.isatty():
        name = click.prompt("Username", err=True)
    if not name or ":" in name:
        # RFC 7617: "a user-id containing a colon character is invalid"
        raise UsageError("cannot log in without a user name" if not name else "a user name has no colon",
                         hint="give it with --username")  # fmt: skip
    return name


def _password(*, from_stdin: bool) -> str:
    from bareboat.base.errors import UsageError

    if from_stdin:
        password = sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", errors="replace").rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, err=True)
    else:
        raise UsageError("cannot ask for a password: this is no terminal", hint="give it with --password-stdin")
    if not password:
        raise UsageError("cannot log in with an empty password")
    return str(password)
