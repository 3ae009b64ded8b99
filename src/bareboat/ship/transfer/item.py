"""Images that are about to be shipped, and which images of a layout are meant by the words that were typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.base.problem import suggestion
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import DEFAULT_TAG, Reference
from bareboat.ship.transfer.origin import Origin, StoreOrigin
from bareboat.store.images import ImageStore
from bareboat.store.referrers import without_name

_SHOWN = 8


@frozen
class Item:
    """An image with the name and the tag that it has where it is; all of them may be missing.

    `name` is a repository, without a registry: `python3`, `team/app`; `full` is what it is called there, whole;
    `by_digest` a reference that always means it, where it comes from a registry.
    """

    origin: Origin
    root: Descriptor
    name: str = ""
    tag: str | None = None
    full: str = ""
    by_digest: str = ""

    @property
    def said(self) -> str:
        """What to call it: `python3:nonroot`."""
        return f"{self.name}:{self.tag}" if self.name and self.tag else self.name or self.root.digest.short


@frozen(kw_only=False)
class _Entry:
    full: str
    root: Descriptor


_Names = Mapping[str, Mapping[str, _Entry]]


def chosen_items(
    store: ImageStore, words: Sequence[str], *, everything: bool = False, option: str = "--all"
) -> tuple[Item, ...]:
    """The images of `store` that `words` mean, each once for every name and tag, sorted by name.

    `python3:nonroot` is that image; `python3` is every tag of that name.
    Without words it is the only image that is there, with all its tags, under the first of its names.

    Args:
        store: A layout or archive.
        words: Names, as they were typed.
        everything: All images, and no words.
        option: What asks for all of them, for hints.

    Raises:
        UsageError: When there is no such image, or nothing says which.
    """
    origin = StoreOrigin(store)
    there = _by_name(store)
    if not there:
        return (_nameless(store, origin),)
    if everything:
        chosen = [(name, tag) for name, tags in there.items() for tag in tags]
    elif words:
        chosen = [place for word in words for place in _meant(store, there, word)]
    else:
        name = _only(store, there, option)
        chosen = [(name, tag) for tag in there[name]]
    return tuple(
        Item(origin=origin, root=without_name(there[name][tag].root), name=name, tag=tag, full=there[name][tag].full)
        for name, tag in dict.fromkeys(chosen)
    )


def name_and_tag(text: str) -> tuple[str, str]:
    """The repository and the tag in the name of an image of a layout; `latest` when it says none.

    `ghcr.io/team/app:1` is the tag `1` of `team/app`.
    """
    try:
        reference = Reference.parse(text)
    except UsageError:
        name, _, tag = text.rpartition(":")
        return (name, tag) if name else (tag, DEFAULT_TAG)
    return reference.repository.removeprefix("library/"), reference.tag or DEFAULT_TAG


def _stored_name(text: str) -> tuple[str, str]:
    """As `name_and_tag`, but a single word is a tag without a name, as umoci and the image specification have it."""
    return ("", text) if not {":", "/"} & set(text) else name_and_tag(text)


def _by_name(store: ImageStore) -> dict[str, dict[str, _Entry]]:
    found: dict[str, dict[str, _Entry]] = {}
    for text, descriptor in store.images.items():
        name, tag = _stored_name(text)
        found.setdefault(name, {}).setdefault(tag, _Entry(text, descriptor))
    return found


def _meant(store: ImageStore, there: _Names, word: str) -> list[tuple[str, str]]:
    if word in store.images:
        return [_stored_name(word)]
    name, tag = name_and_tag(word)
    if ":" in word.rpartition("/")[2]:
        if tag in there.get(name, {}):
            return [(name, tag)]
    elif name in there:
        return [(name, tag) for tag in there[name]]
    hint = suggestion(word, [*there, *store.images]) or f"there is: {_listed(list(store.images))}"
    raise UsageError(f'{store.where}: cannot find the image "{word}"', hint=hint)


def _only(store: ImageStore, there: _Names, option: str) -> str:
    """The only name, or the first of several names of the same images."""
    names = list(there)
    if any({tag: one.root.digest for tag, one in there[name].items()} !=
           {tag: one.root.digest for tag, one in there[names[0]].items()} for name in names[1:]):  # fmt: skip
        raise UsageError(
            f"{store.where}: holds several images", hint=f"name one, or say {option} for all: {_listed(names)}"
        )
    return names[0]


def _nameless(store: ImageStore, origin: Origin) -> Item:
    entries = store.index.manifests
    if len(entries) != 1:
        what = "holds several images without names" if entries else "holds no images"
        raise UsageError(f"{store.where}: {what}", hint="`bareboat build` and `bareboat pull` give names")
    return Item(origin=origin, root=entries[0], tag=DEFAULT_TAG)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
