"""Those who work out contributions: several at a time, each once, begun before anybody waits for them.

Decompressing, compressing and hashing release the interpreter's lock, so threads use all processors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

from bareboat.base.digest import Digest
from bareboat.make.part import Part
from bareboat.make.workshop import Workshop

if TYPE_CHECKING:  # what a build that finds all its layers in the records does without
    from concurrent.futures import Future, ThreadPoolExecutor

    from bareboat.make.contribution import Contribution


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGE_BYTES = 4 << 20
_FREE_BYTES = 32 << 20


class Hands(Protocol):
    """Whoever works out contributions."""

    def begin(self, parts: Iterable[Part]) -> None:
        """Perhaps have `parts` worked out from now on."""

    def bring(self, parts: Sequence[Part]) -> list[Contribution]:
        """The contributions of `parts`, in their order.

        Raises:
            BareboatError: As `contribute`, of the first part in order that failed.
        """


class Crew:
    """Hands that work out `jobs` contributions at a time in `workshop`, for one thread, until the `with` block ends."""

    def __init__(self, workshop: Workshop, jobs: int) -> None:
        self._workshop = workshop
        self._jobs = jobs
        self._begun: dict[Digest, Future[Contribution]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_pool" in self.__dict__:
            self._pool.shutdown(cancel_futures=True)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return_memory()
        return ThreadPoolExecutor(max_workers=self._jobs, thread_name_prefix="contribute")

    def begin(self, parts: Iterable[Part]) -> None:
        """As `Hands.begin`: the largest first, so that none of them is alone at the end."""
        from bareboat.make.contribute import contribute

        for part in sorted(parts, key=lambda part: (-part.weight, part.label)):
            if part.key not in self._begun:
                self._begun[part.key] = self._pool.submit(contribute, part, self._workshop)

    def bring(self, parts: Sequence[Part]) -> list[Contribution]:
        """As `Hands.bring`."""
        self.begin(parts)
        return [self._begun[part.key].result() for part in parts]

    def forget(self) -> None:
        """Let go of what is done: the records have it, and memory is for what comes."""
        self._begun = {key: future for key, future in self._begun.items() if not future.done()}


def return_memory() -> None:
    """Have glibc give large blocks back when they are freed, instead of keeping them for later, one heap a thread.

    mallopt(3): by default the threshold grows to 32 MiB, and the contents of packages then stay with the process.
    What is free at the end of the heap stays up to a limit, for it is wanted again at once; whoever sets the one
    threshold has 128 KiB for the other, and every second page of a build was then given back and asked for again.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # another libc, which has its own ways
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _FREE_BYTES)
