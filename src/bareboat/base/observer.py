"""Progress as a port: long work tells an observer; the silent twin is the default."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Hears how long work goes on; may be called from several threads."""

    def begin(self, task: str, total: int) -> None:
        """`task` starts; `total` is in the task's own unit (bytes, packages, images), 0 when unknown."""

    def advance(self, task: str, amount: int) -> None:
        """`task` got `amount` further."""

    def end(self, task: str) -> None:
        """`task` is over."""

    def warn(self, message: str) -> None:
        """Something that a person should know, though the work goes on."""


class Silent:
    """Hears everything, says nothing."""

    def begin(self, task: str, total: int) -> None:
        """Say nothing."""

    def advance(self, task: str, amount: int) -> None:
        """Say nothing."""

    def end(self, task: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing."""
