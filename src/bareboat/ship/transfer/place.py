"""Places of images as people write them: a folder, a file, or a reference in a registry.

The prefixes are skopeo's: `oci:FOLDER[:NAME]`, `oci-archive:FILE[:NAME]`, `docker-archive:FILE[:NAME]`,
`docker://REFERENCE`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from bareboat.base.errors import UsageError
from bareboat.base.frozen import frozen
from bareboat.oci.reference import Reference

_REGISTRY = "docker://"
_PATHS = ("./", "../", "/", "~")
_FOREIGN = {
    "dir": "write oci:FOLDER for a folder that other tools read too",
    "docker-daemon": "`bareboat load` brings images into a running engine",
    "containers-storage": "`bareboat load --into podman` brings images into podman",
    "ostree": "write oci:FOLDER",
}


class Form(StrEnum):
    """What kind of place it is."""

    registry = "docker"
    layout = "oci"
    oci_archive = "oci-archive"
    docker_archive = "docker-archive"


@frozen
class Place:
    """A place of images: `path` and perhaps `name` inside it, or a `reference`.

    `registry_is_said` is false for `python3`, which means docker.io only to those who know.
    """

    form: Form
    path: Path | None = None
    name: str | None = None
    reference: Reference | None = None
    registry_is_said: bool = True


def place_of(word: str, exists: Callable[[Path], bool] = Path.exists) -> Place:
    """The place that `word` means.

    Without a prefix it is a path when there is something (`out`, or `out:python3:nonroot` for one image of it), or when
    it begins with `./`, `../`, `/` or `~`; a file, and what ends in `.tar`, is an oci-archive, else it is a layout.
    Everything else is a reference.

    Args:
        word: As it was typed.
        exists: Whether there is something at a path.

    Raises:
        UsageError: When it is no place.
    """
    if word.startswith(_REGISTRY):
        return _registry(word.removeprefix(_REGISTRY))
    prefix, colon, rest = word.partition(":")
    if colon and prefix in (Form.layout, Form.oci_archive, Form.docker_archive) and not exists(Path(word)):
        return _file(Form(prefix), *_path_and_name(rest, exists), word)
    if colon and prefix in _FOREIGN and not exists(Path(word)):
        raise UsageError(f'cannot use "{word}" as a place of images', hint=_FOREIGN[prefix])
    path, name = _path_and_name(word, exists)
    if word.startswith(_PATHS) or exists(Path(path)):
        return _file(None, path, name, word)
    return _registry(word)


def target_of(word: str, exists: Callable[[Path], bool] = Path.exists) -> Place:
    """As `place_of`, for what is written: a registry must be named.

    Raises:
        UsageError: When it is no place, or would be docker.io without saying so.
    """
    place = place_of(word, exists)
    if not place.registry_is_said:
        raise UsageError(
            f'cannot tell whether "{word}" is a folder or a repository',
            hint=f"write ./{word} for a folder, or {place.reference} for the repository",
        )
    return place


def _path_and_name(text: str, exists: Callable[[Path], bool]) -> tuple[str, str | None]:
    """A path, and what stands after its colon; a path that there is may have colons of its own."""
    if exists(Path(text)) or ":" not in text:
        return text, None
    path, _, name = text.partition(":")
    return path, name or None


def _file(form: Form | None, text: str, name: str | None, word: str) -> Place:
    if not text:
        raise UsageError(f'cannot use "{word}" as a place of images: it names no path')
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    if form is None:
        form = Form.oci_archive if path.is_file() or (path.suffix == ".tar" and not path.is_dir()) else Form.layout
    return Place(form=form, path=path, name=name)


def _registry(text: str) -> Place:
    reference = Reference.parse(text)
    first = text.partition("/")[0]
    is_said = "/" in text and (first == "localhost" or any(mark in first for mark in ".:[") or first != first.lower())
    return Place(form=Form.registry, reference=reference, registry_is_said=is_said)


def registry_target(word: str, *, alone: bool = False) -> Reference:
    """The repository, or the registry alone, that images are pushed to; a registry must be named.

    Args:
        word: As it was typed.
        alone: Whether a registry without a repository will do (`localhost:5000`); its path is then `.`.

    Raises:
        UsageError: When it is none.
    """
    text = word.removeprefix(_REGISTRY).rstrip("/")
    if alone and "/" not in text and (text == "localhost" or set(".:") & set(text)):
        return Reference(registry=Reference.parse(f"{text}/any").registry, repository=".")
    place = _registry(text)
    if place.reference is None or not place.registry_is_said:
        raise UsageError(
            f'cannot push to "{word}": it names no registry',
            hint=f"write {place.reference} for Docker Hub, or registry.example:5000/{text}",
        )
    return place.reference
