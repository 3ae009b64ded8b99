"""Making or renewing the lock, for the verbs that need one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.cli.mending import mended
from bareboat.cli.wiring import harbour
from bareboat.inspect.present.columns import many
from bareboat.plan.desk import Desk
from bareboat.plan.fresh import only, stale
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe


@frozen
class Terms:
    """What the user accepts: no network, archives past their Valid-Until, indexes that no mirror has."""

    offline: bool
    unsafe_expired: bool
    unsafe_missing: bool


@frozen
class Outcome:
    """The lock after a decision, and what changed: packages that came, went, or have another version."""

    lock: Lock
    path: str
    written: bool
    images: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    drift: tuple[str, ...]

    def to_document(self) -> dict[str, object]:
        """This for programs."""
        return {
            "lock": self.path,
            "changed": self.written,
            "images": list(self.images),
            "packages": len(self.lock.packages),
            "added": list(self.added),
            "removed": list(self.removed),
            "drift": list(self.drift),
        }

    def lines(self) -> list[str]:
        """This for people."""
        told = [f"- {name}" for name in self.removed] + [f"+ {name}" for name in self.added]
        told += [f"drift: {text}" for text in self.drift]
        counts = f"{many(len(self.images), 'image')}, {many(len(self.lock.packages), 'package')}"
        state = "written" if self.written else "is up to date"
        return [*told, f"{self.path} {state}: {counts}"]


def decide(
    desk: Desk,
    recipes: Mapping[Recipe, tuple[str, ...]],
    observer: Observer,
    *,
    upgrade: Sequence[str] | None,
    force: bool,
    terms: Terms,
) -> Outcome:
    """Renew the lock where it does not answer `recipes`, or where an upgrade was asked for, and write it.

    Args:
        desk: Where the lock lies.
        recipes: What it must answer, and for which architectures.
        observer: Hears of the progress.
        upgrade: None for no upgrade, empty to upgrade everything, else the packages to upgrade.
        force: Whether a lock that cannot be read is replaced.
        terms: What is accepted of archives.
    """
    with desk.held():
        old = _old(desk, force=force)
        due = dict(recipes) if upgrade is not None else stale(old, recipes, desk.sources)
        lock = old
        if due:
            from bareboat.cli.bases import base_images
            from bareboat.plan.decide import Decider

            with (
                harbour(desk, old, observer, offline=terms.offline) as here,
                base_images(desk.folder, here.store, observer, offline=terms.offline) as bases,
            ):
                decider = Decider(
                    fetcher=here.fetcher,
                    store=here.store,
                    mirrors=here.mirrors,
                    sources=desk.sources,
                    folder=desk.folder,
                    now=here.now,
                    observer=observer,
                    bases=bases,
                    unsafe_expired=terms.unsafe_expired,
                    unsafe_missing=terms.unsafe_missing,
                )
                again = None if upgrade is not None and not upgrade else (upgrade or ())
                lock = mended(lambda: decider.decide(old, due, again), here.store, observer)
        written = desk.write_lock(lock)
    names = [recipe.name for recipe in recipes]
    part = only(lock, names)
    before, after = set(old.packages), set(lock.packages)
    return Outcome(
        lock=lock,
        path=str(desk.lock_path),
        written=written,
        images=tuple(names),
        added=tuple(sorted(after - before)),
        removed=tuple(sorted(before - after)),
        drift=tuple(sorted({text for image in part.images.values() for text in image.drift})),
    )


def _old(desk: Desk, *, force: bool) -> Lock:
    from bareboat.base.errors import LockError
    from bareboat.plan.lock_file import NoLockError

    try:
        return desk.read_lock() or Lock()
    except NoLockError:
        raise  # somebody's other file
    except LockError:
        if not force:
            raise
        return Lock()
