"""How much is asked, and of what: every figure is a variable of the environment, so that CI may take smaller ones.

`SEED` settles every draw: the same seed and the same archive give the same questions.
"""

from __future__ import annotations

import os
import random
import re
from typing import Final


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    assert text.isdecimal(), f'{name}: "{text}" is no number'
    return int(text)


SEED: Final = _number("SEED", 3)
CLOSURES: Final = _number("CLOSURES", 500)
TREES: Final = _number("TREES", 200)
VERSIONS: Final = _number("VERSIONS", 300)
LARGEST_DEB: Final = _number("LARGEST_DEB", 4_000_000)
"""Bytes of the largest .deb that is drawn for the trees."""
CLOSURE_ARCHITECTURES: Final = tuple((os.environ.get("CLOSURE_ARCHITECTURES") or "amd64,arm64,riscv64").split(","))
ARCHITECTURES: Final = tuple(
    (os.environ.get("ARCHITECTURES") or "amd64,arm64,arm,s390x,ppc64le,riscv64,loong64").split(",")
)
IMAGES: Final = os.environ.get("IMAGES") or "."
"""A regular expression that the names of the images to be looked at match."""


def chance(what: str) -> random.Random:
    """The draws for `what`; those for something else do not depend on how many these are."""
    return random.Random(f"{SEED} {what}")


def is_wanted(image: str) -> bool:
    """Whether the images to be looked at include `image`, such as `python3-debian13`."""
    return re.search(IMAGES, image) is not None
