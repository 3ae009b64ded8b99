"""Bringing what a lock names into the store, for the verbs that build."""

from __future__ import annotations

from collections.abc import Sequence

from bareboat.base.observer import Observer
from bareboat.plan.desk import Desk
from bareboat.plan.lock import Lock
from bareboat.plan.needed import is_there
from bareboat.plan.recipe import Recipe
from bareboat.store.blobs import Blobs


def obtain(
    desk: Desk, lock: Lock, recipes: Sequence[Recipe], architectures: Sequence[str] | None, blobs: Blobs,
    observer: Observer, *, offline: bool,
) -> None:
    """Have in the machine's store, which is `blobs`, all that building `recipes` needs.

    Where all is there, nothing of the network is as much as imported.

    Raises:
        BareboatError: As `Obtainer.obtain`.
    """
    if is_there(blobs, lock, recipes, architectures):
        return
    from bareboat.cli.bases import base_images
    from bareboat.cli.wiring import harbour, npm_registry
    from bareboat.plan.obtain import Obtainer
    from bareboat.plan.upstream import programs

    with (
        harbour(desk, lock, observer, offline=offline) as here,
        base_images(desk.folder, here.store, observer, offline=offline) as bases,
    ):
        obtainer = Obtainer(
            fetcher=here.fetcher, blobs=here.store, mirrors=here.mirrors, programs=dict(programs()),
            registry=npm_registry, bases=bases,
        )
        obtainer.obtain(lock, recipes, architectures)
