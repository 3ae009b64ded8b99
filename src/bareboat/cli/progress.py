"""Progress on the standard error: a bar on a terminal, quiet lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from bareboat.base.observer import Observer, Silent

if TYPE_CHECKING:
    from rich.progress import TaskID

_LINES_APART_S = 10.0


class Warnings(Silent):
    """Says nothing of the progress."""

    def warn(self, message: str) -> None:
        """A line."""
        print(f"warning: {message}", file=sys.stderr)  # noqa: T201


class Lines:
    """Says how far the work is, a line every ten seconds at most: for logs of CI."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tasks: dict[str, tuple[int, int]] = {}
        self._last = time.monotonic()

    def begin(self, task: str, total: int) -> None:
        """Remember the task."""
        with self._lock:
            self._tasks[task] = (0, total)

    def advance(self, task: str, amount: int) -> None:
        """A line, when the last one is long enough ago."""
        with self._lock:
            done, total = self._tasks.get(task, (0, 0))
            self._tasks[task] = (done + amount, total)
            now = time.monotonic()
            if now - self._last < _LINES_APART_S:
                return
            self._last = now
            share = f": {100 * (done + amount) / total:.0f} %" if total else ""
            print(f"{task}{share}", file=sys.stderr)  # noqa: T201

    def end(self, task: str) -> None:
        """Forget the task."""
        with self._lock:
            self._tasks.pop(task, None)

    def warn(self, message: str) -> None:
        """A line."""
        print(f"warning: {message}", file=sys.stderr)  # noqa: T201


class Bars:
    """A bar for each task that is under way."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
            console=self._console, transient=True,
        )
        self._lock = Lock()
        self._tasks: dict[str, TaskID] = {}

    def start(self) -> None:
        """Begin to draw."""
        self._progress.start()

    def stop(self) -> None:
        """Take the bars away."""
        self._progress.stop()

    def begin(self, task: str, total: int) -> None:
        """A new bar."""
        with self._lock:
            self._tasks[task] = self._progress.add_task(task, total=total or None)

    def advance(self, task: str, amount: int) -> None:
        """The bar grows."""
        with self._lock:
            number = self._tasks.get(task)
        if number is not None:
            self._progress.advance(number, amount)

    def end(self, task: str) -> None:
        """The bar goes."""
        with self._lock:
            number = self._tasks.pop(task, None)
        if number is not None:
            self._progress.remove_task(number)

    def warn(self, message: str) -> None:
        """A line above the bars."""
        self._console.print(f"warning: {message}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def observed(*, quiet: bool = False) -> Iterator[Observer]:
    """The observer that fits where the standard error goes; a quiet one tells warnings alone."""
    if quiet:
        yield Warnings()
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    bars = Bars()
    bars.start()
    try:
        yield bars
    finally:
        bars.stop()
