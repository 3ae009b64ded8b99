"""Images on their way: layouts, a registry in memory, and what was asked of it, in short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bareboat.oci.reference import Reference
from bareboat.ship.transfer.address import addressed
from bareboat.ship.transfer.item import chosen_items
from bareboat.ship.transfer.publish import Publication, Report, publish
from bareboat.store.archived import open_images
from bareboat.store.limits import DEFAULT
from bareboat.store.registry.registries import Registries
from tests.makers.registry import Registry

HASTY = replace(DEFAULT, first_delay_s=0.0, max_delay_s=0.0)


@contextmanager
def opened() -> Iterator[Registries]:
    """Registries that wait for nothing between attempts."""
    with Registries(limits=HASTY, sleep=lambda *_: None) as registries:
        yield registries


def push(layout: Path, target: str, words: Sequence[str] = (), *, apart: bool = False, dry_run: bool = False) -> Report:
    """Publish images of a layout as `bareboat push` does."""
    with opened() as registries:
        publications = [
            Publication(
                origin=one.item.origin, root=one.item.root, tags=one.tags,
                repository=registries.repository(one.repository),
            )
            for one in addressed(
                chosen_items(open_images(layout), words, everything=apart), Reference.parse(target), apart=apart
            )
        ]  # fmt: skip
        return publish(publications, dry_run=dry_run)


def requests(registry: Registry) -> list[str]:
    """Methods and paths since the last time, sorted, without what registries are greeted with."""
    asked = sorted(f"{one.method} {one.path}" for one in registry.requests if one.path != "/v2/")
    registry.requests.clear()
    return asked


def writes(registry: Registry) -> list[str]:
    """The requests that would change something, in order."""
    return [f"{one.method} {one.path}" for one in registry.requests if one.method not in ("GET", "HEAD")]
