"""What `load`, `run` and `debug` share: where engines are looked for, and what an image is called in them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from bareboat.oci.descriptor import Descriptor

if TYPE_CHECKING:
    from bareboat.ship.engines.engine import Surroundings


def surroundings() -> Surroundings:
    """This machine's programs, and this run's environment."""
    from bareboat.ship.engines.engine import Surroundings

    return Surroundings(env=os.environ, find=shutil.which)


def loaded_name(place: str, name: str, manifest: Descriptor) -> str:
    """What an image is called in an engine: its name in a layout, or the reference that leads to it.

    Args:
        place: As it was typed.
        name: Of the image, where it lies.
        manifest: Of the image; a part of its digest is the tag where no tag was typed.
    """
    from bareboat.cli.places import reference_in

    reference = reference_in(place)
    if reference is None:
        return name
    usual = f"sha256-{manifest.digest.short}" if reference.digest else "latest"
    return str(replace(reference, tag=reference.tag or usual, digest=None))
