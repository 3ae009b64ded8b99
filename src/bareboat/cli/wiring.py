"""The choice of adapters: which store, which network, which mirrors, which clock; made once for each run.

What asks the network is imported when something has to be asked: a build that finds everything here asks nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bareboat.base.epoch import Epoch
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.plan.config.config import Config
from bareboat.plan.desk import Desk
from bareboat.plan.distro import codenames
from bareboat.plan.lock import Lock
from bareboat.store.disk import DiskStore, default_folder

if TYPE_CHECKING:
    from bareboat.store.fetch import Fetcher
    from bareboat.store.mirrors import Mirrors
    from bareboat.store.npm import Registry

_NPM_TIMEOUT_S = 20


@frozen
class Harbour:
    """This machine's surroundings of one run."""

    store: DiskStore
    fetcher: Fetcher
    mirrors: Mirrors
    now: Epoch


def machine_store() -> DiskStore:
    """The store of this user on this machine."""
    return DiskStore(default_folder(os.environ))


@contextmanager
def harbour(desk: Desk, lock: Lock, observer: Observer, *, offline: bool) -> Iterator[Harbour]:
    """The store, the network and the mirrors, as the environment and the configuration have them."""
    from bareboat.store.apt_proxy import machine_proxies
    from bareboat.store.fetch import Fetcher
    from bareboat.store.http import HttpTransport
    from bareboat.store.local import LocalTransport
    from bareboat.store.transport import Routes

    environment = os.environ
    now = Epoch(int(time.time()))
    store = machine_store()
    with HttpTransport(proxies=machine_proxies()) as http:
        routes = Routes({"http": http, "https": http, "file": LocalTransport(), "copy": LocalTransport()})
        fetcher = Fetcher(routes, store, offline=offline, observer=observer)
        yield Harbour(store=store, fetcher=fetcher, mirrors=_mirrors(desk.config, lock, environment, now), now=now)


def _mirrors(config: Config | None, lock: Lock, environment: Mapping[str, str], now: Epoch) -> Mirrors:
    from bareboat.store.apt_sources import machine_sources
    from bareboat.store.mirrors import mirrors_from

    mirrors = mirrors_from(
        configured=config.mirrors if config is not None else (),
        environment=environment,
        apt_sources=machine_sources(),
        codenames=codenames(),
        snapshot=max((archive.date for archive in lock.archives.values()), default=now),
    )
    for source in config.sources if config is not None else ():
        mirrors = mirrors.with_archive(source.name, source.urls)
    return mirrors


def npm_registry() -> Registry:
    """The npm registry that the environment, npm's files or npm itself name."""
    from bareboat.store.npm import npmrc_files, registry_from

    texts = []
    for file in npmrc_files(os.environ, Path.cwd()):
        try:
            texts.append(file.read_text())
        except OSError:
            texts.append("")
    return registry_from(os.environ, texts, _ask_npm)


def _ask_npm() -> str | None:
    import shutil
    import subprocess

    npm = shutil.which("npm")
    if npm is None:
        return None
    try:
        answer = subprocess.run(
            [npm, "config", "get", "registry"], capture_output=True, text=True, timeout=_NPM_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
