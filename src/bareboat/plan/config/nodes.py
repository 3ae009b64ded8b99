"""Nodes: what a YAML text says, with the place of every value; `plan.config.reader` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from bareboat.base.frozen import frozen
from bareboat.base.problem import Place


class Written(str):
    """A scalar that YAML reads as a number or a truth value, as it was written."""

    __slots__ = ("kind",)
    kind: str

    @classmethod
    def of(cls, text: str, kind: str) -> Written:
        """`text`, which reads as `kind`: "a number" or "true or false"."""
        written = cls(text)
        written.kind = kind
        return written


@frozen(kw_only=False)
class Node:
    """A scalar, a list or a mapping, and where it begins; `keys` says where each key of a mapping stands.

    `size` counts it and the nodes below it, `depth` the lists and mappings inside each other, with aliases written out.
    """

    place: Place
    value: str | list[Node] | dict[str, Node] | None
    keys: dict[str, Place] = field(default_factory=dict)
    size: int = 1
    depth: int = 0

    def plain(self) -> object:
        """The value in lists and mappings of Python: texts, `Written` and None."""
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return self.value

    def place_of(self, path: Sequence[str | int]) -> Place:
        """Where the value at `path` begins; where the path ends early, the place of the last value that is there."""
        node = self
        for part in path:
            below = _below(node, part)
            if below is None:
                break
            node = below
        return node.place

    def key_place_of(self, path: Sequence[str | int]) -> Place:
        """Where the last key of `path` stands."""
        node = self
        for part in path[:-1]:
            node = _below(node, part) or node
        return node.keys.get(str(path[-1]), node.place)


def packed(node: Node) -> list[Any]:
    """`node` in lists and mappings for JSON, from which `unpacked` makes it again without its size and depth."""
    value: Any = node.value
    if isinstance(value, dict):
        places = node.keys
        value = {key: [places[key].line, places[key].column, packed(below)] for key, below in value.items()}
    elif isinstance(value, list):
        value = [packed(below) for below in value]
    kind = [value.kind] if isinstance(value, Written) else []
    return [node.place.line, node.place.column, value, *kind]


def unpacked(document: Any, file: str) -> Node:
    """The node that `packed` made `document` of, in a file called `file`."""
    line, column, value, *kind = document
    place = Place(file, line, column)
    if isinstance(value, dict):
        keys = {key: Place(file, line, column) for key, (line, column, _) in value.items()}
        return Node(place, {key: unpacked(below, file) for key, (_, _, below) in value.items()}, keys)
    if isinstance(value, list):
        return Node(place, [unpacked(below, file) for below in value])
    return Node(place, Written.of(value, kind[0]) if kind else value)


def kind_of(value: object) -> str:
    """What a wrong value is, to go on after "must be …,": `not a list`, `but is empty`."""
    if value is None:
        return "but is empty"
    if isinstance(value, Written):
        return f"not {value.kind}"
    names: dict[type, str] = {str: "text", list: "a list", dict: "a mapping"}
    return f"not {names.get(type(value), type(value).__name__)}"


def _below(node: Node, part: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(part))
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None
