"""Several transfers at a time: the first failure, or an interrupt, ends all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import BinaryIO, Self, TypeVar, cast

from bareboat.base.errors import FetchError
from bareboat.base.observer import Observer

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

JOBS = 6
"""How many transfers are under way at a time, as many as a registry is asked at once."""


class _EndedError(FetchError):
    """Something else has failed, so that this is not needed any more; it never leaves this file."""


class Team:
    """Threads that carry things, until the `with` block ends.

    Args:
        observer: Hears of every byte, under `task`.
        task: What to call the work.
        jobs: How many things at a time.
    """

    def __init__(self, observer: Observer, task: str, jobs: int = JOBS) -> None:
        self.observer = observer
        self.task = task
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix=task)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def each(self, act: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """What `act` gives for each of `items`, in their order.

        Raises:
            BareboatError: As `act`, of the first item in order that failed; what has not begun then is left.
        """
        if len(items) == 1:
            return [act(items[0])]
        futures = [self._pool.submit(self._unless_ended, act, item) for item in items]
        wait(futures, return_when=FIRST_EXCEPTION)
        if self._stop.is_set():
            wait(futures)
            raise _first_failure(futures)
        return [future.result() for future in futures]

    def heard(self, stream: BinaryIO) -> BinaryIO:
        """`stream`, whose bytes the observer hears of, and which ends with an error when the others have failed."""
        return cast("BinaryIO", _Heard(self, stream))

    def advance(self, amount: int) -> None:
        """Tell the observer of so many bytes.

        Raises:
            FetchError: When the others have failed.
        """
        if self._stop.is_set():
            raise _EndedError("stopped")
        self.observer.advance(self.task, amount)

    def _unless_ended(self, act: Callable[[_Item], _Result], item: _Item) -> _Result:
        if self._stop.is_set():
            raise _EndedError("stopped")
        try:
            return act(item)
        except BaseException:
            self._stop.set()
            raise


class _Heard:
    """A stream of which somebody hears; it can be read forward, and closed."""

    def __init__(self, team: Team, stream: BinaryIO) -> None:
        self._team = team
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._team.advance(len(chunk))
        return chunk

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self._stream.close()


def _first_failure(futures: Sequence[Future[_Result]]) -> BaseException:
    failures = [future.exception() for future in futures if not future.cancelled()]
    real = [failure for failure in failures if failure is not None and not isinstance(failure, _EndedError)]
    return real[0] if real else next(failure for failure in failures if failure is not None)
