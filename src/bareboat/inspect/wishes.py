"""What was asked for, as an image says it in the annotation `dev.bareboat.wishes`."""

from __future__ import annotations

from collections.abc import Mapping

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen
from bareboat.debian.relation import is_package_name
from bareboat.oci.annotations import WISHES
from bareboat.oci.manifest import Manifest


@frozen
class Wish:
    """A package that a stage of the configuration asks for."""

    stage: str
    package: str


def wishes_of(manifest: Manifest) -> tuple[Wish, ...] | None:
    """As `wishes_in`, of the annotations of an image's manifest."""
    return wishes_in(manifest.annotations)


def wishes_in(annotations: Mapping[str, str]) -> tuple[Wish, ...] | None:
    """The wishes of an image in the order of its stages; None when it does not say.

    Raises:
        FormatError: When the annotation is not `stage: package package; stage: package`.
    """
    text = annotations.get(WISHES)
    if text is None:
        return None
    wishes = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        stage, colon, packages = part.rpartition(":")  # names of stages may have colons, names of packages have none
        if not colon or not stage.strip():
            raise FormatError(f'annotation {WISHES}: cannot read "{part[:80]}" as a stage and its packages')
        for package in packages.split():
            if not is_package_name(package):
                raise FormatError(f'annotation {WISHES}: cannot read "{package[:80]}" as the name of a package')
            wishes.append(Wish(stage=stage.strip(), package=package))
    return tuple(wishes)
