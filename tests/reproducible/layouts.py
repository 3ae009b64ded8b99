"""Two layouts, compared file by file; where they differ, image by image, to the path and the field."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path

from bareboat.inspect.compare.images import Comparer
from bareboat.inspect.present.compare import present_comparison
from bareboat.store.layout import Layout

_MOST_IMAGES = 3


def differences(one: Path, other: Path, names: tuple[str, str]) -> list[str]:
    """What differs between two layouts, in lines; nothing when every file has the same name and the same bytes."""
    ours, theirs = files_of(one), files_of(other)
    lines = [f"{names[0]} alone has {name}" for name in sorted(ours - theirs)]
    lines += [f"{names[1]} alone has {name}" for name in sorted(theirs - ours)]
    both = sorted(ours & theirs)
    lines += [f"{name} has other bytes" for name in both if not filecmp.cmp(one / name, other / name, shallow=False)]
    return [*_images(Layout.at(one), Layout.at(other), names), *lines[:20]] if lines else []


def files_of(layout: Path) -> set[str]:
    """The paths of all files of a layout."""
    return {str(path.relative_to(layout)) for path in layout.rglob("*") if path.is_file()}


def _images(one: Layout, other: Layout, names: tuple[str, str]) -> Iterator[str]:
    comparer = Comparer(one, other, most=5)
    told = 0
    mine, yours = one.images, other.images
    for name in sorted(mine.keys() & yours.keys()):
        if mine[name].digest == yours[name].digest or told == _MOST_IMAGES:
            continue
        told += 1
        yield name
        yield from present_comparison(comparer.compare(mine[name], yours[name]), *names)
