"""The catalogue's own data files, as bytes and as documents."""

from __future__ import annotations

from importlib import resources

from bareboat.base.document import Document
from bareboat.base.errors import InternalError


def catalog_bytes(*path: str) -> bytes | None:
    """A file of the catalogue, None where it has none: `catalog_bytes("healthcheck", "amd64", "healthcheck")`."""
    file = resources.files("bareboat.catalog").joinpath(*path)
    return file.read_bytes() if file.is_file() else None


def catalog_document(*path: str) -> Document:
    """The YAML mapping in a file of the catalogue: `catalog_document("keys", "keys.yaml")`.

    Raises:
        InternalError: When it is not a mapping, as do the getters of the document.
    """
    import yaml

    text = resources.files("bareboat.catalog").joinpath(*path).read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Document(yaml.load(text, Loader=loader), path[-1], InternalError)  # noqa: S506  both loaders are the safe one
