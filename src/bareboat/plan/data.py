"""The catalogue's own data files, as bytes, as documents, and as they were compiled."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import bareboat.catalog
from bareboat.base.digest import Digest
from bareboat.base.document import Document
from bareboat.base.errors import InternalError

CATALOG = Path(bareboat.catalog.__file__).parent
"""The folder of the catalogue; `importlib.resources` finds it too, but imports what reads archives for that."""

COMPILED = "compiled.json"
"""The file of the catalogue that holds the others without YAML; `scripts/compile_catalog.py` writes it."""


def compiled(name: str, data: bytes) -> Any:
    """What a YAML file of the catalogue was compiled to; None when its `data` are not those that were compiled.

    PyYAML takes a tenth of a short command to import.
    """
    digest, value = _compiled().get(name, (None, None))
    return value if digest == Digest.of(data).hex else None


@cache
def _compiled() -> dict[str, Any]:
    try:
        return dict(json.loads((CATALOG / COMPILED).read_bytes()))
    except FileNotFoundError:
        return {}


def catalog_bytes(*path: str) -> bytes | None:
    """A file of the catalogue, None where it has none: `catalog_bytes("healthcheck", "amd64", "healthcheck")`."""
    file = CATALOG.joinpath(*path)
    return file.read_bytes() if file.is_file() else None


def catalog_document(*path: str) -> Document:
    """The YAML mapping in a file of the catalogue: `catalog_document("keys", "keys.yaml")`.

    Raises:
        InternalError: When it is not a mapping, as do the getters of the document.
    """
    text = CATALOG.joinpath(*path).read_bytes()
    value = compiled("/".join(path), text)
    return Document(read_yaml(text) if value is None else value, path[-1], InternalError)


def read_yaml(text: bytes) -> Any:
    """The value of a YAML text of ours."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506  both loaders are the safe one
