from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FetchError, NotFoundError
from bareboat.store.fetch import Artifact, Fetcher
from bareboat.store.limits import Limits
from bareboat.store.memory import MemoryStore
from bareboat.store.remembered import Answer, RememberedTransport
from bareboat.store.transport import Response, Transport


def url(number: int) -> str:
    return f"http://mirror.example/{number}.deb"


def data(number: int) -> bytes:
    return b"%d" % number * (number + 1)


def artifact(number: int) -> Artifact:
    body = data(number)
    return Artifact(name=f"{number}.deb", digest=Digest.of(body), size=len(body), urls=(url(number),))


class Progress:
    """An observer that adds up."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.amount = 0
        self._lock = threading.Lock()

    def begin(self, task: str, total: int) -> None:
        self.lines.append(f"begin {task} {total}")

    def advance(self, task: str, amount: int) -> None:
        with self._lock:
            self.amount += amount

    def end(self, task: str) -> None:
        self.lines.append(f"end {task}")

    def warn(self, message: str) -> None:
        self.lines.append(message)


class Guarded:
    """A transport behind a gate."""

    def __init__(self, transport: Transport, gate: Callable[[str], object]) -> None:
        self._transport = transport
        self._gate = gate

    def get(self, url: str, *, offset: int = 0, validator: str | None = None) -> AbstractContextManager[Response]:
        self._gate(url)
        return self._transport.get(url, offset=offset, validator=validator)


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_digests_come_in_the_order_of_the_artifacts(workers: int) -> None:
    numbers = [5, 3, 8, 3, 1, 0, 5]
    transport = RememberedTransport({url(number): data(number) for number in numbers})
    fetcher = Fetcher(transport, MemoryStore())
    digests = fetcher.fetch_many([artifact(number) for number in numbers], workers=workers)
    assert digests == tuple(Digest.of(data(number)) for number in numbers)
    assert sorted(request.url for request in transport.requests) == [url(number) for number in (0, 1, 3, 5, 8)]


def test_nothing_to_fetch_is_nothing_to_tell() -> None:
    progress = Progress()
    store = MemoryStore()
    store.add([data(1)])
    assert Fetcher(RememberedTransport({}), store, observer=progress).fetch_many([]) == ()
    assert len(Fetcher(RememberedTransport({}), store, observer=progress).fetch_many([artifact(1)])) == 1
    assert progress.lines == []


def test_the_first_failure_ends_the_rest_and_what_came_stays() -> None:
    pages = {url(number): data(number) for number in range(20) if number != 10}
    transport = RememberedTransport(pages)
    store = MemoryStore()
    with pytest.raises(NotFoundError, match=r'cannot fetch "10.deb"'):
        Fetcher(transport, store).fetch_many([artifact(number) for number in range(20)], workers=1)
    assert [number for number in range(20) if store.has(artifact(number).digest)] == list(range(11, 20))


def test_a_failure_ends_the_waiting_of_the_others() -> None:
    """Without this, one dead mirror would keep everybody for as long as all the delays together."""
    pages = {url(1): Answer(status=503, headers=(("retry-after", "3600"),))}
    waiting = threading.Event()

    def sleep(seconds: float, until: threading.Event) -> None:
        waiting.set()
        assert until.wait(10)

    def other_waits(url: str) -> None:
        if not url.endswith("/1.deb"):
            assert waiting.wait(10)

    transport = Guarded(RememberedTransport(pages), other_waits)
    with pytest.raises(NotFoundError, match=r'cannot fetch "2.deb"'):
        Fetcher(transport, MemoryStore(), sleep=sleep).fetch_many([artifact(1), artifact(2)], workers=2)


def test_of_several_failures_the_first_in_order_is_told() -> None:
    together = threading.Barrier(2)

    transport = Guarded(RememberedTransport({}), lambda _: together.wait(10))
    for order in ([1, 2], [2, 1]):
        with pytest.raises(FetchError, match=f'cannot fetch "{order[0]}.deb"'):
            Fetcher(transport, MemoryStore()).fetch_many([artifact(number) for number in order], workers=2)


def test_every_byte_is_told_once_also_when_it_comes_twice() -> None:
    body = data(900)
    broken = Answer(body=body[::-1], breaks_after=1000)
    transport = RememberedTransport({url(900): [broken, Answer(body=body), Answer(body=body)]})
    progress = Progress()
    fetcher = Fetcher(transport, MemoryStore(), observer=progress, sleep=lambda *_: None)
    fetcher.fetch(artifact(900))
    assert (progress.lines, progress.amount) == ([f"begin fetch {len(body)}", "end fetch"], len(body))


def test_a_mirror_with_other_bytes_is_told_though_another_is_right() -> None:
    one = artifact(3)
    wrong = "http://user:secret@evil.example/3.deb?token=secret"
    transport = RememberedTransport({wrong: b"evil", url(3): data(3)})
    progress = Progress()
    both = Artifact(name=one.name, digest=one.digest, size=one.size, urls=(wrong, url(3)))
    Fetcher(transport, MemoryStore(), observer=progress).fetch(both)
    assert progress.lines[1] == (
        f"http://evil.example/3.deb: cannot accept as {one.digest}: the bytes that came have {Digest.of(b'evil')}"
    )


def test_an_interrupt_ends_the_work_and_comes_through() -> None:
    def interrupt(seconds: float, until: threading.Event) -> None:
        raise KeyboardInterrupt

    transport = RememberedTransport({url(1): Answer(status=503)})
    with pytest.raises(KeyboardInterrupt):
        Fetcher(transport, MemoryStore(), sleep=interrupt, limits=Limits(attempts=2)).fetch(artifact(1))
