"""`bareboat store`: what the store holds, whether it is sound, and what may go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bareboat.cli.options import as_json, default_jobs, print_json
from bareboat.cli.progress import observed

if TYPE_CHECKING:
    from bareboat.base.digest import Digest
    from bareboat.store.disk import DiskStore

EPILOG = "Examples: bareboat store status  ·  bareboat store verify --json  ·  bareboat store sweep --older-than 2w"

_DEFAULT_AGE = "30d"
_UNITS = {"h": 3_600, "d": 86_400, "w": 604_800}
_SOON_S = 3_600


@click.group(epilog=EPILOG)
def command() -> None:
    """Look after the store, the folder with everything that was fetched and made.

    It is the first of BAREBOAT_CACHE, bareboat in XDG_CACHE_HOME, and bareboat in ~/.cache. `--json` is for programs.
    """


@command.command("status", short_help="Say what the store holds.", epilog="Example: bareboat store status --json")
@as_json
def status_command(*, as_json: bool) -> None:
    """Say what the store holds, how large it is, and when it was last used."""
    from bareboat.inspect.present.store import present_status, status_document
    from bareboat.make.recorded import blobs_named
    from bareboat.store.census import status

    store = _store()
    found = status(store, blobs_named)
    if as_json:
        print_json(status_document(store.folder, found))
    else:
        click.echo("\n".join(present_status(store.folder, found, now=store.now())))


@command.command(
    "verify",
    short_help="Compute every digest anew.",
    epilog="Examples: bareboat store verify  ·  bareboat store verify --jobs 2 --json",
)
@click.option("--jobs", "-j", type=click.IntRange(1), default=default_jobs, help="Blobs read at once; one a processor.")
@as_json
def verify_command(*, jobs: int, as_json: bool) -> None:
    """Compute every digest anew, and take away what is damaged: it is fetched or made again when it is needed.

    The exit code is 0 for a sound store and 1 when something was damaged.
    """
    from bareboat.base.errors import BareboatError
    from bareboat.inspect.present.store import mend, present_soundness, soundness_document, verdict
    from bareboat.make.recorded import blobs_named
    from bareboat.store.soundness import verify

    store = _store()
    with observed() as observer:
        found = verify(store, workers=jobs, observer=observer, names=blobs_named)
    if as_json:
        print_json(soundness_document(store.folder, found))
    else:
        click.echo("\n".join(present_soundness(store.folder, found)))
    if not found.is_sound:
        raise BareboatError(verdict(store.folder, found), hint=mend(found))


@command.command(
    "sweep",
    short_help="Take away what was not used for a while.",
    epilog="Examples: bareboat store sweep --dry-run  ·  bareboat store sweep --older-than 12h",
)
@click.option(
    "--older-than", "age", metavar="30d", help=f"Not used for so long: 12h, 30d, 2w; {_DEFAULT_AGE} by default."
)
@click.option("--all", "everything", is_flag=True, help="However lately it was used.")
@click.option(
    "--keep", "keep", multiple=True, metavar="LOCK", type=click.Path(path_type=Path, dir_okay=False),
    help="Leave what this lock names too; bareboat.lock of this folder is always respected.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and leave it.")
@as_json
def sweep_command(
    *, age: str | None, everything: bool, keep: tuple[Path, ...], dry_run: bool, as_json: bool
) -> None:
    """Take away what was not used for a while, but nothing that a lock names.

    What locks name are packages, programs and downloads; layers are made again from them.
    """
    from bareboat.base.errors import UsageError
    from bareboat.inspect.present.store import present_swept, swept_document
    from bareboat.make.recorded import blobs_named
    from bareboat.store.sweep import sweep

    if everything and age is not None:
        raise UsageError("--all and --older-than say two different things", hint="give one of them")
    older_than_s = 0 if everything else seconds_of(_DEFAULT_AGE if age is None else age)
    if older_than_s <= _SOON_S and not dry_run:
        click.echo("warning: a build that runs now may have to fetch or make again what goes under its feet", err=True)
    store = _store()
    gone = sweep(store, _kept(keep), older_than_s, names=blobs_named, dry_run=dry_run)
    if as_json:
        print_json(swept_document(store.folder, gone, dry_run=dry_run))
    else:
        click.echo("\n".join(present_swept(store.folder, gone, dry_run=dry_run)))
        if not keep and not Path("bareboat.lock").exists():
            click.echo("no lock was respected: there is none in this folder, and --keep names none", err=True)


def _store() -> DiskStore:
    """The store of this user on this machine; one that is not there yet holds nothing.

    Raises:
        StoreError: When something else stands in its place.
    """
    from bareboat.base.errors import StoreError
    from bareboat.cli.wiring import machine_store

    store = machine_store()
    if os.path.lexists(store.folder) and not store.folder.is_dir():
        raise StoreError(f"cannot use {store.folder}: it is no folder", hint="set BAREBOAT_CACHE to a folder")
    return store


def seconds_of(text: str) -> int:
    """`12h`, `30d` or `2w` in seconds.

    Raises:
        UsageError: When it is no duration.
    """
    from bareboat.base.errors import UsageError

    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in _UNITS and len(number) <= 6):
        raise UsageError(f'cannot read "{text}" as a duration', hint="such as 12h, 30d or 2w")
    return int(number) * _UNITS[unit]


def _kept(locks: tuple[Path, ...]) -> frozenset[Digest]:
    """What the lock of this folder and `locks` name, with the configurations beside them."""
    from bareboat.plan.desk import CONFIG_NAME, LOCK_NAME, Desk, lock_at
    from bareboat.plan.kept import kept

    found: frozenset[Digest] = frozenset()
    for path in (Path(LOCK_NAME), *locks):
        lock = lock_at(path, needed=path in locks)
        config = path.with_name(CONFIG_NAME)
        recipes = Desk.at(config).own if config.is_file() else ()
        found |= kept(lock, recipes) if lock is not None else frozenset()
    return found


