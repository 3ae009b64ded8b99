"""Where the bytes of a blob lie: some of the bytes of a file, or all of them."""

from __future__ import annotations

from pathlib import Path

from bareboat.base.frozen import frozen


@frozen
class Extent:
    """`size` bytes of `file`, from byte `start` on."""

    file: Path
    start: int = 0
    size: int
