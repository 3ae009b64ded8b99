"""YAML text as nodes that know their places: the part of YAML 1.2 that people write, within stated limits.

Unlike a plain YAML loader this one refuses duplicate keys, tags and second documents, counts what aliases expand to,
and keeps numbers and truth values as they were written (`3.10` stays `3.10`), so that the door can judge them.
`yes`, `no`, `on` and `off` are text, as in the core schema of YAML 1.2 (chapter 10.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from bareboat.base.problem import Place, Problems
from bareboat.plan.config.nodes import Node, Written

MOST_BYTES = 1 << 20
MOST_DEPTH = 32
MOST_NODES = 50_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

# YAML 1.2.2, 5.1: "a YAML processor must accept only characters in the printable subset"; tabs and line ends are in it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_EXAMPLE = "say what it should hold, for example `images: {app: {from: base}}`"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


class _Mark(Protocol):
    """A place as both loaders of PyYAML give it, counted from zero."""

    line: int
    column: int


class _UnreadableError(Exception):
    """A fault after which nothing more can be read."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.hint = hint


def compose(data: bytes, file: str, problems: Problems, example: str = _EXAMPLE) -> Node | None:
    """Read the one document of `data`, or None when it cannot be read: not UTF-8, not YAML, empty, beyond a limit.

    Args:
        data: The file as it lies on the disk.
        file: What to call it.
        problems: Gathers the faults, also those after which reading went on: duplicate keys, tags.
        example: What an empty file could say, for the hint.
    """
    try:
        reader = _Reader(file, problems, example)
        reader.read(_decoded(data, file))
        return reader.document()
    except _UnreadableError as unreadable:
        problems.add(unreadable.place, unreadable.message, unreadable.hint)
        return None


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MOST_BYTES:
        raise _UnreadableError(Place(file), f"is {len(data)} bytes long; {MOST_BYTES} are the most that is read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8", "replace")
        raise _UnreadableError(_place_after(before, file), "cannot read as UTF-8", "save the file as UTF-8") from fault
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        place = _place_after(text[: odd.start()], file)
        raise _UnreadableError(place, f"holds the control character U+{ord(odd[0]):04X}, which YAML does not allow")
    return text


def _place_after(before: str, file: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    place: Place
    anchor: str | None
    items: list[Node] | dict[str, Node]
    keys: dict[str, Place] = field(default_factory=dict)
    key: str | None = None
    key_place: Place | None = None
    size: int = 1
    depth: int = 1


class _Reader:
    """Turns the events of the YAML parser into nodes, without recursion."""

    def __init__(self, file: str, problems: Problems, example: str) -> None:
        self._problems = problems
        self._example = example
        self._file = file
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._documents = 0

    def document(self) -> Node:
        if self._root is None or self._root.value is None:
            raise _UnreadableError(Place(self._file), "is empty", self._example)
        return self._root

    def read(self, text: str) -> None:
        for event in _events(text, self._file):
            place = _place_of(event.start_mark, self._file)
            if isinstance(event, yaml.ScalarEvent):
                self._check_tag(event.tag, place)
                self._add(Node(place, _scalar(event)), place, event.anchor)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._check_tag(event.tag, place)
                self._begin(event, place)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._aliased(event.anchor, place), place)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise _UnreadableError(place, "begins a second document", "keep one document in a file")

    def _check_tag(self, tag: str | None, place: Place) -> None:
        if tag not in _TEXT_TAGS:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._problems.add(place, f'has the tag "{shown}"; tags have no meaning here', "leave it out")

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, place: Place) -> None:
        self._check_depth(1, place)
        items: list[Node] | dict[str, Node] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._open.append(_Open(place, event.anchor, items))

    def _check_depth(self, depth: int, place: Place) -> None:
        """See that what is `depth` levels deep fits in here; an alias can be deeper than it looks."""
        if len(self._open) + depth > MOST_DEPTH:
            raise _UnreadableError(place, f"is nested more than {MOST_DEPTH} levels deep")

    def _end(self) -> None:
        ended = self._open.pop()
        self._add(Node(ended.place, ended.items, ended.keys, ended.size, ended.depth), ended.place, ended.anchor)

    def _aliased(self, anchor: str | None, place: Place) -> Node:
        # An anchor is known once its value has ended, so that nothing can hold itself.
        node = self._anchors.get(anchor or "")
        if node is None:
            raise _UnreadableError(place, f'"*{anchor}" stands for nothing: there is no "&{anchor}" before it')
        return node

    def _add(self, node: Node, place: Place, anchor: str | None = None) -> None:
        """Put `node` where it belongs; `place` is where it is used, which for an alias is not where it stands."""
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        self._check_depth(node.depth, place)
        parent = self._open[-1]
        parent.depth = max(parent.depth, node.depth + 1)
        if isinstance(parent.items, list):
            parent.items.append(node)
        elif parent.key_place is None:
            parent.key, parent.key_place = self._key(node, place, parent), place
            return
        else:
            if parent.key is not None:
                parent.items[parent.key] = node
                parent.keys[parent.key] = parent.key_place
            parent.key = parent.key_place = None
        parent.size += node.size
        if parent.size > MOST_NODES:
            raise _UnreadableError(place, f"holds more than {MOST_NODES} values once its aliases are written out")

    def _key(self, node: Node, place: Place, parent: _Open) -> str | None:
        """The key that `node` is, or None when it cannot be one; a repeated key keeps its first value."""
        if not isinstance(node.value, str) or not node.value:
            self._problems.add(place, "a key must be text")
            return None
        key = str(node.value)
        if key in parent.keys:
            first = parent.keys[key].line
            self._problems.add(place, f'the key "{key}" stands here again', f"it is already in line {first}")
            return None
        return key


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as fault:
        place = _place_of(fault.problem_mark, file)
        lines = text.split("\n")
        at_tab = place.line and place.line <= len(lines) and lines[place.line - 1][place.column - 1 :].startswith("\t")
        hint = "indent with spaces, not tabs" if at_tab else ""
        raise _UnreadableError(place, f"cannot read as YAML: {fault.problem or fault.context}", hint) from fault
    except yaml.YAMLError as fault:
        raise _UnreadableError(Place(file), f"cannot read as YAML: {' '.join(str(fault).split())}") from fault


def _place_of(mark: _Mark | None, file: str) -> Place:
    return Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)


def _scalar(event: yaml.ScalarEvent) -> str | None:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _TRUTH:
        return Written.of(text, "true or false")
    if _NUMBER.fullmatch(text):
        return Written.of(text, "a number")
    return text
