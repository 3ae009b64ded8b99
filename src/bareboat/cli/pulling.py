"""Images out of registries and other places into a layout or an archive: what `pull` and `copy` share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bareboat.base.errors import NotFoundError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.cli.travelling import ASKING, Terms, for_architectures
from bareboat.inspect.present.columns import size_text
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import DEFAULT_TAG, Reference
from bareboat.ship.transfer.companions import companions
from bareboat.ship.transfer.gather import Came, gather
from bareboat.ship.transfer.item import Item
from bareboat.ship.transfer.origin import Origin, RepositoryOrigin
from bareboat.ship.transfer.place import Form
from bareboat.ship.transfer.team import Team
from bareboat.store.blobs import Blobs
from bareboat.store.disk import DiskStore, default_folder
from bareboat.store.images import NamedImage
from bareboat.store.layout import INDEX_NAME, Layout, write_layout

if TYPE_CHECKING:
    from bareboat.store.registry.registries import Registries


@frozen
class Taken:
    """Images that are on this machine now: each with its name there, what it is, and whence it came by digest."""

    images: tuple[tuple[str, Descriptor, str], ...]
    out: Path
    came: Came | None = None

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "images": [
                {"name": name, "digest": str(root.digest), "reference": reference or None}
                for name, root, reference in self.images
            ],
            "out": str(self.out),
            "fetched": None if self.came is None else self.came.to_document(),
        }

    def lines(self) -> Iterator[str]:
        """As text; the last lines are what was taken, by digest."""
        for name, _, _ in self.images:
            yield name or "(no name)"
        if self.came is not None:
            came = self.came
            yield f"fetched {size_text(came.bytes)} in {came.fetched} blobs; {came.there} were here already"
        yield f"written to {self.out}"
        yield from dict.fromkeys(reference or str(root.digest) for _, root, reference in self.images)


def remote_items(
    reference: Reference, registries: Registries, observer: Observer, *, all_tags: bool = False
) -> tuple[Item, ...]:
    """The image that `reference` names, or all tags of its repository; each tag is followed once, here.

    Raises:
        UsageError: When all tags are asked for, and one.
        NotFoundError: When there is none.
        FetchError: When the registry cannot be asked.
    """
    source = registries.source(reference)
    origin = RepositoryOrigin(source, reference)
    if not all_tags:
        which = reference.digest or reference.tag or DEFAULT_TAG
        root = source.resolve(which)
        if root is None:
            whole = replace(reference, tag=None, digest=None)
            raise NotFoundError(f"{source.at(which)}: cannot find it", hint=f"`bareboat tags {whole}`")
        tag = reference.tag or (None if reference.digest else DEFAULT_TAG)
        return (_item(origin, reference, root, tag),)
    if reference.tag or reference.digest:
        raise UsageError(f"cannot copy all tags of {reference}", hint="leave out the tag, or --all-tags")
    with Team(observer, ASKING) as team:
        tags = sorted(source.tags())
        roots = team.each(source.resolve, tags)
    return tuple(_item(origin, reference, root, tag) for tag, root in zip(tags, roots, strict=True) if root is not None)


def take(
    items: Sequence[Item], out: Path, form: Form, name: str | None, terms: Terms, observer: Observer
) -> Taken:
    """Have `items` in the layout or archive at `out`.

    Args:
        items: Images of one origin.
        out: Where; in a layout, other images stay.
        form: A layout or an archive.
        name: What to call the image; what it was called before when None.
        terms: For which architectures, and whether with what refers to them.
        observer: Hears of the bytes.

    Raises:
        UsageError: When several images would have one name; when `out` is something else.
        BareboatError: As `gather`, `write_layout` and the archives' writers.
    """
    chosen = for_architectures(items, terms.architectures)
    if name is not None and len(chosen) > 1:
        hint = "leave out the name, so that each keeps its own"
        raise UsageError(f'cannot call {len(chosen)} images "{name}"', hint=hint)
    if terms.referrers and form is Form.docker_archive:
        raise UsageError("cannot put what refers to an image into a docker-archive", hint="write an oci-archive")
    named = [(name or item.full, item) for item in chosen]
    images: list[NamedImage] = [((text,) if text else (), item.root) for text, item in named]
    if terms.referrers:
        with Team(observer, ASKING, terms.jobs) as team:
            found = {one.digest: one for item in chosen for one in companions(item.origin, item.root, team)}
        images += [((), one) for one in found.values()]
    blobs, came = _on_this_machine(chosen[0].origin, [root for _, root in images], out, terms, observer)
    if form is Form.layout:
        write_layout(out, images, blobs)
    else:
        from bareboat.store.archive_file import write_docker_archive, write_oci_archive

        (write_oci_archive if form is Form.oci_archive else write_docker_archive)(out, images, blobs)
    return Taken(images=tuple((text, item.root, item.by_digest) for text, item in named), out=out, came=came)


def _on_this_machine(
    origin: Origin, roots: Sequence[Descriptor], out: Path, terms: Terms, observer: Observer
) -> tuple[Blobs, Came | None]:
    if origin.blobs is not None:
        return origin.blobs, None
    store = DiskStore(default_folder(os.environ))
    here = Layout.at(out) if (out / INDEX_NAME).is_file() else None
    return store, gather(origin, roots, store, here=here, observer=observer, jobs=terms.jobs)


def _item(origin: Origin, reference: Reference, root: Descriptor, tag: str | None) -> Item:
    named = replace(reference, tag=tag, digest=None if tag else reference.digest)
    return Item(
        origin=origin, root=root, name=reference.repository.removeprefix("library/"), tag=tag, full=named.familiar,
        by_digest=str(replace(reference, tag=None, digest=root.digest)),
    )  # fmt: skip
