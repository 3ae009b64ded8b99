"""The part of a configuration that has no fault by itself, so that its inheritance can be judged beside the rest.

Without it, what a child takes away wrongly would be told only when everything else in the file has been mended.
"""

from __future__ import annotations

from collections.abc import Iterable

from bareboat.base.problem import Problems
from bareboat.plan.catalog import Catalog
from bareboat.plan.config.check import find_reference_faults, parents_in
from bareboat.plan.config.faults import find_config_faults
from bareboat.plan.config.nodes import Node

_BENEATH = ("distro", "defaults")
"""What of the file bears on the inheritance of every image."""


_MOST_IMAGES = 500
"""Each image is judged by itself, and once more with all that it is built on."""


def sound_part(root: Node, catalog: Catalog) -> Node | None:
    """`root` with those images alone that are without fault, they and every image of the file that they build on.

    None when what lies beneath all images has a fault, no image is left, or there are too many to judge each by itself.
    """
    images = root.value.get("images") if isinstance(root.value, dict) else None
    if images is None or not isinstance(images.value, dict) or len(images.value) > _MOST_IMAGES:
        return None
    if _faults(_with(root, images, ()), catalog):
        return None
    known = images.value
    faulty = {name for name in known if _has_fault_alone(root, images, name)}
    sound = [
        name
        for name in known
        if faulty.isdisjoint(chain := _chain(name, known)) and not _faults(_with(root, images, chain), catalog)
    ]
    return _with(root, images, sound) if sound else None


def _has_fault_alone(root: Node, images: Node, name: str) -> bool:
    problems = Problems()
    find_config_faults(_with(root, images, (name,)), problems)
    return bool(problems.found)


def _faults(part: Node, catalog: Catalog) -> bool:
    problems = Problems()
    find_config_faults(part, problems)
    find_reference_faults(part, catalog, problems)
    return bool(problems.found)


def _chain(name: str, images: dict[str, Node]) -> set[str]:
    """The image and every one of the file that it is built on, on any distro."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in images and one not in found:
            found.add(one)
            waiting += parents_in(images[one])
    return found


def _with(root: Node, images: Node, names: Iterable[str]) -> Node:
    """The file with `names` of its images, and without what no image inherits from."""
    chosen = set(names)
    whole = root.value if isinstance(root.value, dict) else {}
    known = images.value if isinstance(images.value, dict) else {}
    kept = Node(images.place, {name: image for name, image in known.items() if name in chosen}, images.keys)
    return Node(root.place, {key: whole[key] for key in _BENEATH if key in whole} | {"images": kept}, root.keys)
