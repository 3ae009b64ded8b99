"""Bareboat: distroless container images from Debian's signed packages.

The public names, for programs that build images without the command line; everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bareboat.base.errors import BareboatError
    from bareboat.make.build import Builder, Built
    from bareboat.make.workshop import Workshop
    from bareboat.plan.decide import Decider
    from bareboat.plan.desk import Desk
    from bareboat.plan.lock import Lock
    from bareboat.plan.recipe import Recipe
    from bareboat.store.disk import DiskStore
    from bareboat.store.layout import Layout, write_layout

__all__ = [
    "BareboatError",
    "Builder",
    "Built",
    "Decider",
    "Desk",
    "DiskStore",
    "Layout",
    "Lock",
    "Recipe",
    "Workshop",
    "write_layout",
]

_HOMES = {
    "BareboatError": "base.errors",
    "Builder": "make.build",
    "Built": "make.build",
    "Decider": "plan.decide",
    "Desk": "plan.desk",
    "DiskStore": "store.disk",
    "Layout": "store.layout",
    "Lock": "plan.lock",
    "Recipe": "plan.recipe",
    "Workshop": "make.workshop",
    "write_layout": "store.layout",
}


def __getattr__(name: str) -> object:
    """A public name, imported when it is first asked for, so that `bareboat --help` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bareboat' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bareboat.{_HOMES[name]}"), name)
