"""A crew of processes: Python's own share of the work runs beside itself too, which threads do not give it.

A worker is a fork of this process, so it has all that is imported and all that is decided; what it works out goes into
the store, where this process finds it.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Self

from bareboat.base.digest import Digest
from bareboat.base.errors import InternalError
from bareboat.make.crew import Crew, return_memory
from bareboat.make.part import Part
from bareboat.make.room import UNITS, Room
from bareboat.make.workshop import Workshop

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from bareboat.make.contribution import Contribution

_PR_SET_PDEATHSIG = 1  # prctl(2)
_WORTH_BYTES = 1 << 17
"""Fewer compressed bytes than these are worked on sooner than processes are started."""


def can_fork() -> bool:
    """Whether a worker can be told to end with this process; elsewhere threads have to do."""
    return sys.platform.startswith("linux")


class ForkedCrew:
    """Hands that work out `jobs` contributions at a time, each in a process, until the `with` block ends.

    The blobs and records of `workshop` must be those of other processes too: a folder, not memory.
    What a worker cannot do is done again here, where its error can be told.
    """

    def __init__(self, workshop: Workshop, jobs: int) -> None:
        self._workshop = workshop
        self._jobs = jobs
        self._crew = Crew(workshop, jobs)
        self._begun: dict[Digest, Future[None]] = {}

    def __enter__(self) -> Self:
        self._crew.__enter__()
        return self

    def __exit__(self, *ended: object) -> None:
        if "_pool" in self.__dict__:
            self._pool.shutdown(cancel_futures=True)
        self._crew.__exit__(*ended)

    @cached_property
    def _pool(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        import bareboat.make.contribute  # noqa: F401  here once, and not in every worker

        context = get_context("fork")
        return ProcessPoolExecutor(
            max_workers=self._jobs,
            mp_context=context,
            initializer=_start_work,
            initargs=(self._workshop.in_process(Room(context.Lock(), context.Semaphore(UNITS))), os.getpid()),
        )

    def begin(self, parts: Iterable[Part]) -> None:
        """As `Hands.begin`: the largest first, so that none of them is alone at the end."""
        fresh = {part.key: part for part in parts if part.key not in self._begun}
        if "_pool" not in self.__dict__ and sum(part.weight for part in fresh.values()) < _WORTH_BYTES:
            return  # they are worked on when somebody waits for them
        from concurrent.futures import BrokenExecutor

        with warnings.catch_warnings(), suppress(BrokenExecutor):
            # Python 3.12 and later warn of threads that hold locks; ours draw a progress bar, which no worker does.
            warnings.simplefilter("ignore", DeprecationWarning)
            for part in sorted(fresh.values(), key=lambda part: (-part.weight, part.label)):
                self._begun[part.key] = self._pool.submit(_work_out, part)

    def bring(self, parts: Sequence[Part]) -> list[Contribution]:
        """As `Hands.bring`."""
        for part in parts:
            if part.key in self._begun:  # what was not begun is wanted now, and does not wait its turn
                self._begun[part.key].exception()  # it is told by whoever does the work again
        return self._crew.bring(parts)

    def forget(self) -> None:
        """Let go of what is done: the records have it, and memory is for what comes."""
        self._crew.forget()


_workshop: Workshop | None = None
"""What a worker works with."""


def _start_work(workshop: Workshop, parent: int) -> None:
    """Make this process a worker: it ends with `parent`, which alone answers to signals and shows progress."""
    global _workshop  # noqa: PLW0603  a worker has no other place
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # there is nothing to put away here
    return_memory()
    _workshop = workshop


def _work_out(part: Part) -> None:
    from bareboat.make.contribute import prepare

    if _workshop is None:
        raise InternalError("a worker has no workshop")
    prepare(part, _workshop)
