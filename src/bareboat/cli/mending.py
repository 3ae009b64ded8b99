"""A store that was damaged or swept is no reason to give up: what is missing is had again, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from bareboat.base.errors import BareboatError, DigestMismatchError, FormatError, NotFoundError
from bareboat.base.observer import Observer
from bareboat.cli.options import default_jobs
from bareboat.store.blobs import DamagedError
from bareboat.store.disk import DiskStore

_T = TypeVar("_T")


class VanishedError(NotFoundError):
    """A blob that was in the store when this run looked is not there any more."""


@contextmanager
def from_the_store(*, own_work: bool = False) -> Iterator[None]:
    """Inside, everything is read that was in the store a moment ago.

    Args:
        own_work: Whether all of it is our own work, so that bytes which break their format must be damaged.

    Raises:
        VanishedError: When something is not there any more.
        DamagedError: When something is not what it was.
    """
    try:
        yield
    except NotFoundError as missing:
        hint = "does another run sweep the store? then try again"
        raise VanishedError(missing.message, hint=hint) from missing
    except DamagedError:
        raise
    except DigestMismatchError as damage:
        raise DamagedError(damage.message, hint=damage.hint) from damage
    except FormatError as damage:
        if not own_work:
            raise
        raise DamagedError(damage.message, hint=damage.hint) from damage


def mended(attempt: Callable[[], _T], store: DiskStore, observer: Observer) -> _T:
    """What `attempt` gives; where it met damage, the store is looked through, and it is tried once more.

    Damaged blobs leave the store, so that they are fetched or made again.
    So it is with what another run swept meanwhile.

    Raises:
        BareboatError: As `attempt`, when nothing was wrong with the store, or the second time.
    """
    try:
        return attempt()
    except VanishedError as missing:
        observer.warn(f"{missing.message} any more: it is had again")
        return attempt()
    except DamagedError as damage:
        from bareboat.store.soundness import verify

        found = verify(store, workers=default_jobs(), observer=observer)
        if found.refused is not None:
            raise DamagedError(damage.message, hint=f"it cannot be mended here: {found.refused}") from damage
        if not found.damaged:
            raise _first(damage) from None
        count = len(found.damaged)
        observer.warn(f"the store in {store.folder} was damaged: {count} blobs were removed and are had again")
        return attempt()


def _first(damage: DamagedError) -> BareboatError:
    """What was said before it was taken for damage."""
    return damage.__cause__ if isinstance(damage.__cause__, BareboatError) else damage
