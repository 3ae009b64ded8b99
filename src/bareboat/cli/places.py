"""Where images are, as people type it: a layout's folder, an oci-archive, or a reference of a registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bareboat.base.errors import OfflineError, UsageError
from bareboat.base.observer import Observer
from bareboat.oci.reference import Reference

if TYPE_CHECKING:
    from bareboat.store.images import ImageStore


@contextmanager
def images_at(
    word: str,
    *,
    insecure: tuple[str, ...] = (),
    mirrors: tuple[str, ...] = (),
    offline: bool = False,
    observer: Observer | None = None,
) -> Iterator[ImageStore]:
    """The images at `word`: what lies at that path, else what that reference of a registry names.

    Args:
        word: As it was typed; a registry is named in full, such as `docker.io/library/debian:13`.
        insecure: Registries that may speak plain HTTP.
        mirrors: `HOST=MIRROR` to read from first.
        offline: Whether registries may not be asked.
        observer: Hears of what is fetched.

    Raises:
        UsageError: When there is neither.
        OfflineError: When it is in a registry, and the network is switched off.
        BareboatError: As `open_images` and `RegistryImages.at`.
    """
    reference = reference_in(word)
    if reference is None:
        yield _local(word)
        return
    if offline:
        raise OfflineError(
            f"{reference}: cannot read from a registry: the network is switched off", hint="run it without --offline"
        )
    from bareboat.cli.registries import registries
    from bareboat.cli.wiring import machine_store
    from bareboat.store.registry.images import RegistryImages

    with registries(insecure=insecure, mirrors=mirrors, observer=observer) as opened:
        yield RegistryImages.at(opened.source(reference), reference, machine_store(), observer)


def reference_in(word: str) -> Reference | None:
    """The reference that `word` is, when it names a registry and nothing of that name lies here.

    Raises:
        UsageError: When it can only be a reference, and breaks the grammar.
    """
    if _is_path(word):
        return None
    first, slash, _ = word.partition("/")
    if not slash or not (first == "localhost" or any(mark in first for mark in ".:[")):
        return None
    return Reference.parse(word)


def last_word(ctx: click.Context, param: click.Parameter, value: str | None) -> str:  # noqa: ARG001  click's signature
    """The callback of the argument after an optional IMAGE: of two words, the second is no image, but this argument."""
    if value is None:
        value, ctx.params["image"] = ctx.params["image"], None
    return str(value)


def chosen_name(images: ImageStore, image: str | None) -> str:
    """The name of the image that is meant: the one that was said, or the only one that there is.

    Raises:
        UsageError: When none was said and there are several.
    """
    names = list(images.images)
    if image is None and len(names) == 1:
        return names[0]
    if image is None:
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        hint = f"name one: {shown or 'there is none'}"
        raise UsageError(f"{images.where}: which image is meant is not said", hint=hint)
    return image


def _is_path(word: str) -> bool:
    try:
        return word.startswith((".", "/", "~")) or Path(word).exists()
    except (OSError, ValueError):
        return False


def _local(word: str) -> ImageStore:
    from bareboat.store.archived import open_images

    try:
        return open_images(Path(word))
    except UsageError as fault:
        if _is_path(word) or not any(mark in word for mark in "/:@"):
            raise
        hint = f"{fault.hint}, or a reference that names its registry, such as docker.io/library/debian:13"
        raise UsageError(fault.message, hint=hint) from fault
