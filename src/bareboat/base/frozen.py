"""Frozen values: classes of named fields as `dataclasses` makes them, in a tenth of the time.

`dataclass(frozen=True)` writes the text of up to ten methods for each class and compiles them all, which takes about a
millisecond: with a hundred classes, a quarter of a build that has nothing to do.
Most of those methods are never called.
Here the standard library makes the class with its fields and slots, and a method is written when it is first called.
`fields`, `replace` and `asdict`, patterns, copies and pickles are as with any dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import partial
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_Written = tuple[str, dict[str, Any]]
"""The text of a method, and what its names stand for."""

_Writer = Callable[[str, type[Any]], _Written]

_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_SIGNS = {"__eq__": "==", **_ORDER}


@overload
def frozen(cls: type[_T], /) -> type[_T]: ...


@overload
def frozen(*, kw_only: bool = True, eq: bool = True, order: bool = False) -> Callable[[type[_T]], type[_T]]: ...


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(
    cls: type[_T] | None = None, /, *, kw_only: bool = True, eq: bool = True, order: bool = False
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Make of `cls` what `dataclass(frozen=True, slots=True, kw_only=True)` makes of it.

    Args:
        cls: A class whose annotations are its fields.
        kw_only: Whether a value is made of named arguments alone.
        eq: Whether values with equal fields are equal; otherwise a value equals nothing but itself.
        order: Whether values are sorted by their fields.
    """
    writers: dict[str, _Writer] = {"__init__": _init, "__repr__": _repr}
    if eq:
        writers |= {"__eq__": _comparison, "__hash__": _hash}
    if order:
        writers |= dict.fromkeys(_ORDER, _comparison)
    make = partial(_made, kw_only=kw_only, writers=writers)
    return make if cls is None else make(cls)


def _made(cls: type[_T], *, kw_only: bool, writers: dict[str, _Writer]) -> type[_T]:
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    for name, write in writers.items():
        if name not in cls.__dict__:
            setattr(made, name, _method(made, name, write))
    for name, method in _SHARED.items():
        setattr(made, name, method)
    return made


def _method(cls: type[Any], name: str, write: _Writer) -> Callable[..., Any]:
    """A method that writes and compiles what takes its place, and does what that does."""

    def first(*args: Any, **kwargs: Any) -> Any:
        text, known = write(name, cls)
        exec(text, known)  # noqa: S102  the text holds names of fields and nothing else
        method = known[name]
        method.__qualname__ = first.__qualname__
        setattr(cls, name, method)
        return method(*args, **kwargs)

    first.__name__, first.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return first


def _init(name: str, cls: type[Any]) -> _Written:
    known: dict[str, Any] = {"_MISSING": MISSING}
    ordinary, named, lines = ["self"], ["*"], []
    for one in fields(cls):
        parameter = value = one.name
        known[f"_set_{one.name}"] = getattr(cls, one.name).__set__  # the slot's own, which asks no `__setattr__`
        if one.default is not MISSING:
            known[f"_default_{one.name}"] = one.default
            parameter = f"{one.name}=_default_{one.name}"
        elif one.default_factory is not MISSING:
            known[f"_make_{one.name}"] = one.default_factory
            parameter, value = f"{one.name}=_MISSING", f"_make_{one.name}() if {one.name} is _MISSING else {one.name}"
        if one.init:
            (named if one.kw_only else ordinary).append(parameter)
            lines.append(f"_set_{one.name}(self, {value})")
        elif one.default is not MISSING:
            lines.append(f"_set_{one.name}(self, _default_{one.name})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ordinary + (named if len(named) > 1 else [])
    return f"def {name}({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"]), known


def _comparison(name: str, cls: type[Any]) -> _Written:
    compared = [one.name for one in fields(cls) if one.compare]
    both = f"{_tuple('self', compared)} {_SIGNS[name]} {_tuple('other', compared)}"
    return f"def {name}(self, other):\n return {both} if other.__class__ is self.__class__ else NotImplemented", {}


def _hash(name: str, cls: type[Any]) -> _Written:
    counted = [one.name for one in fields(cls) if (one.compare if one.hash is None else one.hash)]
    return f"def {name}(self):\n return hash({_tuple('self', counted)})", {}


def _repr(name: str, cls: type[Any]) -> _Written:
    shown = ", ".join(f"{one.name}={{self.{one.name}!r}}" for one in fields(cls) if one.repr)
    return f'def {name}(self):\n return f"{{self.__class__.__qualname__}}({shown})"', {}


def _tuple(value: str, names: list[str]) -> str:
    return f"({''.join(f'{value}.{name}, ' for name in names)})"


def _refuse_to_set(self: Any, name: str, value: object) -> None:  # noqa: ARG001  the signature of the method
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:  # noqa: ARG001  the signature of the method
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_SHARED: dict[str, Callable[..., Any]] = {
    "__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete, "__getstate__": _state, "__setstate__": _set_state,
}
"""What is the same for every class; the last two because unpickling would set attributes."""
