"""Frozen values are what the standard library's frozen dataclasses are, which is asked the same questions."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import partial
from typing import Any

import pytest

from bareboat.base.frozen import frozen

standard = partial(dataclass, frozen=True, slots=True)


class Plain:
    """Fields with and without defaults."""

    name: str
    size: int = 0
    parts: list[str] = field(default_factory=list, hash=False)


class Marked:
    """What a field can be besides."""

    text: str = field(compare=False)
    seen: str = field(default="", repr=False)
    note: str = field(default="-", init=False, compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.text.upper())


class Speaking:
    """Methods of its own stay."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Empty:
    """No field."""


@frozen(kw_only=False, order=True)
class Pair:
    """A class that pickle finds by its name."""

    left: int
    right: int = 0


@frozen
class Named:
    """Made of named arguments."""

    name: str
    size: int = 0


@frozen(kw_only=False)
class Wider(Pair):
    """A class on another."""

    depth: int = 0


def both(cls: type[Any]) -> tuple[type[Any], type[Any]]:
    """What we and what the standard library make of a class, with an order."""
    return frozen(kw_only=False, order=True)(written_again(cls)), standard(order=True)(written_again(cls))


def written_again(cls: type[Any]) -> type[Any]:
    """The same class once more: making something of one changes it."""
    body = {name: copy.copy(value) for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (), body)


CASES: dict[str, tuple[type[Any], list[Callable[[type[Any]], Any]]]] = {
    "plain": (Plain, [lambda cls: cls("b"), lambda cls: cls("a", 3), lambda cls: cls(name="a", size=3, parts=["x"])]),
    "marked": (Marked, [lambda cls: cls("a"), lambda cls: cls("b", "z"), lambda cls: cls(text="A", seen="z")]),
    "speaking": (Speaking, [lambda cls: cls("a"), lambda cls: cls("b")]),
    "empty": (Empty, [lambda cls: cls(), lambda cls: cls()]),
}


@pytest.mark.parametrize(("cls", "makers"), CASES.values(), ids=CASES)
def test_values_are_those_of_the_standard_library(
    cls: type[Any], makers: list[Callable[[type[Any]], Any]]
) -> None:
    told = []
    for made in both(cls):
        values = [make(made) for make in makers]
        told.append((
            [asdict(value) for value in values],
            [repr(value).rpartition(".")[2] for value in values],
            [[one == other for other in values] for one in values],
            [[one < other for other in values] for one in values],
            [[one >= other for other in values] for one in values],
            [values.index(value) for value in sorted(values)],
            [values[0].__eq__(1), values[0].__lt__(1)],
            [hash(value) for value in values],
            [(one.name, one.init, one.compare) for one in fields(made)],
            made.__match_args__,
            hasattr(values[0], "__dict__"),
        ))
    assert told[0] == told[1]


@pytest.mark.parametrize("arguments", [((), {}), ((1, 2, 3, 4), {}), (("a",), {"nope": 1}), (("a",), {"name": "b"})])
def test_wrong_arguments_are_told_as_the_standard_library_does(arguments: tuple[Any, dict[str, Any]]) -> None:
    told = []
    for made in both(Plain):
        with pytest.raises(TypeError) as caught:
            made(*arguments[0], **arguments[1])
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_a_value_changes_by_becoming_another() -> None:
    value = Named(name="a")
    assert replace(value, size=2) == Named(name="a", size=2)
    assert value == Named(name="a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'size'"):
        value.size = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'size'"):
        del value.size
    with pytest.raises(AttributeError):
        value.other = 1  # type: ignore[attr-defined]


def test_a_value_of_named_arguments_takes_no_others() -> None:
    with pytest.raises(TypeError, match=r"Named\.__init__\(\) takes 1 positional argument but 2 were given"):
        Named("a")  # type: ignore[misc]


def test_without_equality_a_value_equals_itself_alone() -> None:
    @frozen(eq=False)
    class Thing:
        """Two of them are two."""

        name: str

    one, other = Thing(name="a"), Thing(name="a")
    assert one != other
    assert len({one, other, one}) == 2


def test_a_class_on_another_has_the_fields_of_both() -> None:
    value = Wider(1, depth=3)
    assert (value, value == Pair(1), repr(value)) == (Wider(1, 0, 3), False, "Wider(left=1, right=0, depth=3)")
    assert not hasattr(value, "__dict__")


def test_a_pattern_takes_a_value_apart() -> None:
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)


@pytest.mark.parametrize("value", [Pair(1, 2), Named(name="a"), Wider(1, 2, 3)])
def test_a_value_can_be_copied_and_sent(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value == copy.copy(value)


def test_a_method_is_written_when_it_is_called_first() -> None:
    @frozen
    class Thing:
        """Nobody has made one."""

        name: str

    assert "name" not in inspect.signature(Thing.__init__).parameters
    Thing(name="a")
    assert "name" in inspect.signature(Thing.__init__).parameters
    assert "self" not in inspect.signature(Thing.__hash__).parameters
