"""What stands in `from:` when it is no name of the catalogue or the file: an image of a registry, or of a layout here.

    registry.example/team/base:1.2        an image of a registry, by its tag, by `@sha256:…`, or by both
    oci:./base                            the only image of the layout in a folder, relative to the configuration
    oci:./base:python3:latest             the image of that name in it
"""

from __future__ import annotations

from dataclasses import replace

from bareboat.base.digest import Digest
from bareboat.base.errors import ConfigurationError, UsageError
from bareboat.base.frozen import frozen
from bareboat.base.redact import redact
from bareboat.oci.reference import DEFAULT_REGISTRY, Reference

LAYOUT = "oci:"
"""What begins the place of an image in a layout, as skopeo writes it."""


@frozen(kw_only=False)
class LayoutPlace:
    """An image in a layout: the folder or archive, and the image's name, None for the only one."""

    path: str
    name: str | None = None


def is_base_reference(text: str) -> bool:
    """Whether `text` can only be an image of a registry or a layout: names of the catalogue have none of these."""
    return text.startswith(LAYOUT) or "/" in text or "@" in text


def base_reference(text: str) -> Reference | LayoutPlace:
    """The place that `text` names.

    Raises:
        ConfigurationError: When it breaks the grammar, or leaves out its registry.
    """
    if text.startswith(LAYOUT):
        path, _, name = text.removeprefix(LAYOUT).partition(":")
        if not path:
            raise ConfigurationError(f'cannot build on "{text}": it names no folder', hint="such as oci:./base")
        return LayoutPlace(path, name or None)
    if "://" in text:
        scheme = text.partition("://")[0]
        message = f'cannot build on "{redact(text)[:80]}": a reference has no scheme'
        raise ConfigurationError(message, hint=f"leave out {scheme}:// and what stands before an @ there")
    try:
        reference = Reference.parse(text)
    except UsageError as error:
        raise ConfigurationError(redact(error.message), hint=error.hint) from error
    if reference.registry == DEFAULT_REGISTRY and not text.startswith(f"{DEFAULT_REGISTRY}/"):
        raise ConfigurationError(f'cannot build on "{text[:80]}": it names no registry', hint=f"write {reference}")
    return reference


def pinned_reference(place: Reference, digest: Digest) -> Reference:
    """The same repository at `digest`; the tag goes, for it may have moved."""
    return replace(place, tag=None, digest=digest)
