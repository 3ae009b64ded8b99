"""Where each image goes: which repository of a registry, under which tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bareboat.base.digest import Digest
from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.oci.reference import DEFAULT_TAG, Reference
from bareboat.ship.transfer.item import Item


@frozen
class Addressed:
    """An image, the repository that it goes to (without tag and digest), and its tags there."""

    item: Item
    repository: Reference
    tags: tuple[str, ...]


def addressed(items: Sequence[Item], target: Reference, *, apart: bool = False) -> tuple[Addressed, ...]:
    """Where `items` go when somebody names `target`; an image that gets several tags is there once.

    Images of one name go to `target` itself, each under its own tag (`latest` where it has none).
    Images of several names go to repositories below it: `target/NAME:TAG`.

    Args:
        items: The images.
        target: A repository, with a tag where one image shall get that one.
        apart: Whether each name gets a repository of its own even when there is only one.

    Raises:
        UsageError: When `target` has a digest, or a tag that is not enough for all.
    """
    if target.digest is not None:
        raise UsageError(
            f"cannot write to {target}: a digest follows from what is written",
            hint=f"leave out @{target.digest.algorithm}:…",
        )
    apart = apart or len({item.name for item in items}) > 1
    if target.repository == "." and not all(item.name for item in items):
        raise UsageError(f"{target.registry}: names no repository", hint=f"such as {target.registry}/team/app")
    if target.tag is not None:
        items = [replace(_tagged(items, target, apart=apart), tag=target.tag)]
    repository = replace(target, tag=None)
    found: dict[tuple[str, Digest], Addressed] = {}
    for item in items:
        place = _below(repository, item.name) if apart and item.name else repository
        tags = () if item.tag is None else (item.tag,)
        key = str(place), item.root.digest
        if key in found:
            found[key] = replace(found[key], tags=tuple(dict.fromkeys([*found[key].tags, *tags])))
        else:
            found[key] = Addressed(item=item, repository=place, tags=tags)
    return tuple(found.values())


def _tagged(items: Sequence[Item], target: Reference, *, apart: bool) -> Item:
    """The one image that the tag of `target` is for: the only one, or the latest of one name."""
    latest = [item for item in items if item.tag == DEFAULT_TAG] if not apart else []
    if len({item.root.digest for item in items}) == 1 and not apart:
        return items[0]
    if len(latest) == 1:
        return latest[0]
    raise UsageError(
        f"cannot give the one tag of {target} to {len(items)} images",
        hint=f"leave out :{target.tag}, so that each keeps its own, or name one image with its tag",
    )


def _below(repository: Reference, name: str) -> Reference:
    """The repository `name` below `repository`; `.` as its path means the registry itself."""
    return Reference.parse(f"{repository}/{name}" if repository.repository != "." else f"{repository.registry}/{name}")
