"""From a place of images to another: which act that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bareboat.base.errors import UsageError
from bareboat.base.observer import Observer
from bareboat.cli.pulling import Taken, remote_items, take
from bareboat.cli.shipping import Sending, send
from bareboat.cli.travelling import Terms
from bareboat.ship.transfer.item import Item, chosen_items
from bareboat.ship.transfer.place import Form, Place
from bareboat.store.archived import open_images

if TYPE_CHECKING:
    from bareboat.store.registry.registries import Registries


def copy(
    source: Place, target: Place, registries: Registries, terms: Terms, observer: Observer, *, all_tags: bool
) -> Taken | Sending:
    """Copy what is at `source` to `target`.

    Raises:
        UsageError: When there is no telling what, or it cannot be there.
        BareboatError: As `take` and `send`.
    """
    items = _items(source, registries, observer, all_tags=all_tags)
    if target.reference is not None:
        return send(items, target.reference, registries, terms, observer)
    if target.path is None:
        raise UsageError("cannot copy to nowhere")
    if target.path == source.path and target.form is not Form.layout:
        raise UsageError(f"{target.path}: cannot be read and written at once", hint="choose another file")
    if target.form is not Form.layout and target.path.exists():
        raise UsageError(
            f"{target.path}: is there already, and an archive is written whole",
            hint="choose another file, or remove it; a folder takes further images",
        )
    return take(items, target.path, target.form, target.name, terms, observer)


def _items(source: Place, registries: Registries, observer: Observer, *, all_tags: bool) -> tuple[Item, ...]:
    if source.reference is not None:
        return remote_items(source.reference, registries, observer, all_tags=all_tags)
    if source.path is None or source.form is Form.docker_archive:
        raise UsageError(
            f"{source.path}: cannot read a docker-archive",
            hint="`skopeo copy docker-archive:FILE oci:FOLDER:NAME` makes a layout of it; what `docker save` writes "
            "since version 25 is an oci-archive too",
        )
    if all_tags and source.name is not None:
        raise UsageError(f'cannot copy "{source.name}" alone and all images', hint="leave out the name, or --all-tags")
    names = [] if source.name is None else [source.name]
    return chosen_items(open_images(source.path), names, everything=all_tags, option="--all-tags")
