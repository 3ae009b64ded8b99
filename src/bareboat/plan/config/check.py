"""The faults that no single value shows: names that are taken, parents that do not exist, circles of parents.

Works on nodes, so that it also finds what is wrong with a file that the door has other complaints about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bareboat.base.errors import BareboatError
from bareboat.base.problem import MOST_PROBLEMS, MOST_SUGGESTIONS, Place, Problems, suggestion
from bareboat.plan.base_reference import base_reference, is_base_reference
from bareboat.plan.catalog import Catalog, unknown_distro
from bareboat.plan.config.nodes import Node
from bareboat.plan.config.words import read_plain_name
from bareboat.plan.names import split_distro

SCRATCH = "scratch"
"""The parent of images that begin with nothing."""

MOST_PARENTS = 100
"""How many images may stand below one: each can become a layer, and engines take about that many."""

_TAGGED = (
    "write a name of the catalogue without a tag, for variants are chosen when building; "
    "an image of a registry with the registry, such as docker.io/library/debian:13"
)
_OTHER_NAME = "choose another name"


def find_reference_faults(root: Node, catalog: Catalog, problems: Problems) -> None:
    """Add every fault of names: of images, of their parents, of distros."""
    _Check(root, catalog, problems).run()


def parents_in(image: Node) -> tuple[str, ...]:
    """What an image says it is built on, on any distro."""
    return tuple(str(parent.value) for parent in _parents_of(image))


class _Check:
    def __init__(self, root: Node, catalog: Catalog, problems: Problems) -> None:
        self._catalog = catalog
        self._known = catalog.names()
        self._problems = problems
        self._wanted = _text(root, "distro")
        self._listed = _mapping(root).get("images")
        self._images = _mapping(self._listed)

    def run(self) -> None:
        if self._wanted is not None:
            self._check_distro(str(self._wanted.value), self._wanted.place, "distro")
        for name, image in self._images.items():
            if len(self._problems) >= MOST_PROBLEMS:
                return
            place = self._listed.keys[name] if self._listed else image.place
            self._check_name(name, place, f"images.{name}")
            distros = _mapping(image).get("distros")
            for distro in _mapping(distros):
                self._check_distro(distro, distros.keys[distro] if distros else place, f"images.{name}.distros")
        for name, parent in _parents(self._images):
            if len(self._problems) >= MOST_PROBLEMS:
                return
            if parent.value != SCRATCH and parent.value not in self._images:
                self._check_parent(str(parent.value), parent.place, f"images.{name}.from")
        self._check_circles()

    def _check_distro(self, distro: str, place: Place, where: str) -> None:
        if distro not in self._catalog.distros:
            error = unknown_distro(distro, self._catalog.distros)
            self._problems.add(place, f"{where}: {error.message}", error.hint or "")

    def _check_name(self, name: str, place: Place, where: str) -> None:
        try:
            read_plain_name(name)
        except BareboatError as error:
            self._problems.add(place, f"{where}: {error.message}")
            return
        if name == SCRATCH:
            self._problems.add(place, f'{where}: "{SCRATCH}" is the empty image', _OTHER_NAME)
        elif name in self._known:
            self._problems.add(place, f"{where}: the catalogue has an image of this name", _OTHER_NAME)
        elif split_distro(name)[1] is not None:
            self._problems.add(place, f"{where}: names that end in a distro are the catalogue's", _OTHER_NAME)

    def _check_parent(self, parent: str, place: Place, where: str) -> None:
        if is_base_reference(parent):
            try:
                base_reference(parent)
            except BareboatError as error:
                self._problems.add(place, f"{where}: {error.message}", error.hint or "")
            return
        if ":" in parent:
            self._problems.add(place, f'{where}: cannot build on "{parent[:80]}"', _TAGGED)
            return
        wanted = str(self._wanted.value) if self._wanted else ""
        try:
            self._catalog.find(parent, wanted if wanted in self._catalog.distros else self._catalog.default_distro)
        except BareboatError as error:
            is_new = split_distro(parent)[0] not in self._known
            own = suggestion(parent, self._images) if is_new and len(self._problems) < MOST_SUGGESTIONS else ""
            self._problems.add(place, f"{where}: {error.message}", own or error.hint or "")

    def _check_circles(self) -> None:
        parents: dict[str, dict[str, Node]] = {}
        for name, parent in _parents(self._images):
            parents.setdefault(name, {})[str(parent.value)] = parent
        order = {name: number for number, name in enumerate(self._images)}
        told: set[str] = set()
        heights: dict[str, int] = {}
        for path, back in _walk(parents):
            name = path[-1]
            if back is None:
                heights[name] = 1 + max(heights.get(parent, 0) for parent in parents[name])
                if heights[name] == MOST_PARENTS + 1:
                    place = next(iter(parents[name].values())).place
                    self._problems.add(place, f"images.{name}.from: has more than {MOST_PARENTS} images below it")
            elif back not in told:
                circle = path[path.index(back) :]
                first = min(range(len(circle)), key=lambda at: order[circle[at]])
                circle = circle[first:] + circle[:first]
                if told.isdisjoint(circle):
                    told.update(circle)
                    self._tell_circle([*circle, circle[0]], parents)

    def _tell_circle(self, circle: list[str], parents: Mapping[str, Mapping[str, Node]]) -> None:
        members = " from ".join(f'"{member}"' for member in circle)
        place = parents[circle[0]][circle[1]].place
        self._problems.add(place, f"images.{circle[0]}.from: goes round in a circle: {members}")


def _walk(parents: Mapping[str, Mapping[str, Node]]) -> Iterator[tuple[list[str], str | None]]:
    """Every image once, after its parents, as the path that leads to it; and every way back into a path.

    The second value is the image of the path that its last one leads back to, None when it is done.
    """
    done: set[str] = set()
    for start in parents:
        path, rest = [start], [iter(parents[start])]
        on_path = {start}
        while path and start not in done:
            parent = next(rest[-1], None)
            if parent is None:
                yield path, None
                rest.pop()
                done.add(path[-1])
                on_path.remove(path.pop())
            elif parent in on_path:
                yield path, parent
            elif parent in parents and parent not in done:
                path.append(parent)
                on_path.add(parent)
                rest.append(iter(parents[parent]))


def _parents(images: Mapping[str, Node]) -> list[tuple[str, Node]]:
    """Every `from`, also those that hold for one distro, with the name of its image."""
    return [(name, parent) for name, image in images.items() for parent in _parents_of(image)]


def _parents_of(image: Node) -> list[Node]:
    places = [image, *_mapping(_mapping(image).get("distros")).values()]
    return [parent for parent in (_text(place, "from") for place in places) if parent is not None]


def _mapping(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _text(node: Node, key: str) -> Node | None:
    found = _mapping(node).get(key)
    return found if found is not None and isinstance(found.value, str) else None
