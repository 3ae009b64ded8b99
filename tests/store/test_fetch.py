"""What the fetcher promises, once with answers from memory and once over a real connection on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import (
    BareboatError,
    DigestMismatchError,
    ExpiredError,
    FetchError,
    LimitError,
    NotFoundError,
    OfflineError,
    SignatureError,
    StoreError,
)
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from bareboat.store.fetch import Artifact, Fetcher, Page
from bareboat.store.http import HttpTransport
from bareboat.store.limits import Limits
from bareboat.store.local import LocalTransport
from bareboat.store.memory import MemoryStore
from bareboat.store.remembered import Answer, RememberedTransport
from bareboat.store.transport import Routes, Transport
from tests.makers.server import Server

DATA = bytes(number % 251 for number in range(10_000))
GOOD = Digest.of(DATA)
EVIL = DATA[:-1] + b"!"
HTML = b"  <!DOCTYPE html><html><body>Please log in</body></html>"
LIMITS = Limits(attempts=4, first_delay_s=1.0, max_delay_s=20.0, read_timeout_s=0.2, max_artifact_bytes=50_000)

Pages = Mapping[str, bytes | Answer | Sequence[Answer]]


class World:
    """Servers, and a fetcher that asks them; waiting takes no time and is remembered."""

    def __init__(self, transport: Transport, base: str, paths: Callable[[], list[str]]) -> None:
        self.transport = transport
        self.base = base
        self.paths = paths
        self.store = MemoryStore()
        self.slept: list[float] = []

    def sleep(self, seconds: float, until: threading.Event) -> None:
        self.slept.append(seconds)

    def fetcher(self) -> Fetcher:
        return Fetcher(self.transport, self.store, limits=LIMITS, sleep=self.sleep)

    def urls(self, *paths: str) -> tuple[str, ...]:
        return tuple(self.base + path for path in paths)

    def fetch(self, *paths: str, digest: Digest = GOOD, size: int | None = len(DATA)) -> Digest:
        return self.fetcher().fetch(Artifact(name="a.deb", digest=digest, size=size, urls=self.urls(*paths)))


Make = Callable[[Pages], World]


@pytest.fixture(params=["memory", "http"])
def world(request: pytest.FixtureRequest) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(pages: Pages) -> World:
            if request.param == "memory":
                base = "http://mirror.example"
                remembered = RememberedTransport({base + path: page for path, page in pages.items()})
                return World(remembered, base, lambda: [one.url.removeprefix(base) for one in remembered.requests])
            server = stack.enter_context(Server(pages))
            return World(stack.enter_context(HttpTransport(LIMITS)), server.url(""), server.paths)

        yield make


def test_the_bytes_come_into_the_store(world: Make) -> None:
    here = world({"/a": DATA})
    assert here.fetch("/a") == GOOD
    assert read(here.store, GOOD) == DATA


def test_what_is_in_the_store_is_not_asked_for(world: Make) -> None:
    here = world({})
    here.store.add([DATA], expected=Digest.of(DATA, "sha512"))
    assert [here.fetch("/a"), here.fetch("/a", digest=Digest.of(DATA, "sha512"))] == [GOOD, GOOD]
    assert here.paths() == []


def test_an_artifact_may_be_known_by_another_digest_and_no_size(world: Make) -> None:
    here = world({"/a": DATA})
    assert here.fetch("/a", digest=Digest.of(DATA, "sha512"), size=None) == GOOD


WRONG = f"cannot accept as {GOOD}: "

# What the first mirror says, how often it is asked, how long is waited, and what is said of it when it is alone.
FAULTS: list[tuple[str, Answer | list[Answer], int, list[float], type[BareboatError], str]] = [
    ("404", Answer(status=404), 1, [], NotFoundError, "it is not there (404)"),
    ("410", Answer(status=410), 1, [], NotFoundError, "it is not there (410)"),
    ("401", Answer(status=401), 1, [], FetchError, "a user and a password are needed (401)"),
    ("403", Answer(status=403), 1, [], FetchError, "it is forbidden (403)"),
    ("418", Answer(status=418), 1, [], FetchError, "the server answers 418 I'm a Teapot"),
    ("599", Answer(status=599), 1, [], FetchError, "the server answers 599"),
    ("503", Answer(status=503), 4, [1, 2, 4], FetchError, "the server answers 503 Service Unavailable"),
    ("429", Answer(status=429), 4, [1, 2, 4], FetchError, "the server answers 429 Too Many Requests"),
    (
        "retry-after",
        Answer(status=429, headers=(("retry-after", "7"),)),
        4,
        [7, 7, 7],
        FetchError,
        "the server answers 429 Too Many Requests",
    ),
    (
        "retry-after too long",
        Answer(status=503, headers=(("retry-after", "86400"),)),
        4,
        [20, 20, 20],
        FetchError,
        "the server answers 503 Service Unavailable",
    ),
    ("503 then 404", [Answer(status=503), Answer(status=404)], 2, [1], NotFoundError, "it is not there (404)"),
    (
        "other bytes",
        Answer(body=EVIL),
        1,
        [],
        DigestMismatchError,
        f"{WRONG}the bytes that came have {Digest.of(EVIL)}",
    ),
    ("too short", Answer(body=b"x"), 1, [], DigestMismatchError, f"{WRONG}1 bytes came, 10000 were promised"),
    (
        "too long",
        Answer(body=DATA + b"x"),
        1,
        [],
        DigestMismatchError,
        f"{WRONG}more than the promised 10000 bytes came",
    ),
    ("nothing", Answer(), 1, [], DigestMismatchError, f"{WRONG}0 bytes came, 10000 were promised"),
    (
        "html",
        Answer(body=HTML),
        1,
        [],
        DigestMismatchError,
        f"{WRONG}56 bytes came, 10000 were promised; it looks like an HTML page: a captive portal or a proxy?",
    ),
    (
        "html that does not end",
        Answer(body=HTML * 1000),
        1,
        [],
        DigestMismatchError,
        f"{WRONG}more than the promised 10000 bytes came; it looks like an HTML page: a captive portal or a proxy?",
    ),
]


@pytest.mark.parametrize(
    ("answer", "asked", "slept", "kind", "reason"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_mirror_that_is_wrong_alone_is_named_with_its_reason(
    world: Make,
    answer: Answer | list[Answer],
    asked: int,
    slept: list[float],
    kind: type[BareboatError],
    reason: str,
) -> None:
    here = world({"/a": answer})
    with pytest.raises(BareboatError) as caught:
        here.fetch("/a")
    assert type(caught.value) is kind
    assert caught.value.message == f'cannot fetch "a.deb"\n  {here.base}/a: {reason}'
    assert (here.paths(), here.slept) == (["/a"] * asked, slept)
    assert not here.store.has(GOOD)


@pytest.mark.parametrize(("answer", "asked"), [(fault[1], fault[2]) for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_mirror_that_is_wrong_costs_time_and_nothing_else(
    world: Make, answer: Answer | list[Answer], asked: int
) -> None:
    here = world({"/bad": answer, "/good": DATA})
    assert here.fetch("/bad", "/good", "/never") == GOOD
    assert here.paths() == ["/bad"] * asked + ["/good"]


# Several answers of one mirror which together give the bytes, and how often it is asked.
MENDED: list[tuple[str, list[Answer], int]] = [
    ("503 then good", [Answer(status=503), Answer(body=DATA)], 2),
    ("silent then good", [Answer(silent=True), Answer(body=DATA)], 2),
    ("cut off, resumed", [Answer(body=DATA, breaks_after=4000), Answer(body=DATA)], 2),
    ("cut off at once", [Answer(body=DATA, breaks_after=0), Answer(body=DATA)], 2),
    (
        "cut off twice",
        [Answer(body=DATA, breaks_after=4000), Answer(body=DATA, breaks_after=7000), Answer(body=DATA)],
        3,
    ),
    ("parts are not given", [Answer(body=DATA, breaks_after=4000), Answer(body=DATA, ranges=False)], 2),
    (
        "another part is given",
        [
            Answer(body=DATA, breaks_after=4000),
            Answer(body=DATA, headers=(("content-range", "bytes 0-9999/10000"),)),
            Answer(body=DATA),
        ],
        3,
    ),
    (
        "a part of another whole is given",
        [
            Answer(body=DATA, breaks_after=4000),
            Answer(body=DATA, headers=(("content-range", "bytes 4000-9999/10001"),)),
            Answer(body=DATA),
        ],
        3,
    ),
    ("there is no such part", [Answer(body=DATA, breaks_after=4000), Answer(body=b"x"), Answer(body=DATA)], 3),
    (
        "the parts are of different things",
        [Answer(body=EVIL[::-1], breaks_after=4000), Answer(body=DATA), Answer(body=DATA)],
        3,
    ),
    (
        "nobody says how long it is",
        [Answer(body=DATA, lengthless=True, breaks_after=4000), Answer(body=DATA, lengthless=True)],
        2,
    ),
]


@pytest.mark.parametrize(("answers", "asked"), [one[1:] for one in MENDED], ids=[one[0] for one in MENDED])
def test_what_may_pass_is_waited_for_and_mended(world: Make, answers: list[Answer], asked: int) -> None:
    here = world({"/a": answers})
    assert here.fetch("/a") == GOOD
    assert here.paths() == ["/a"] * asked
    assert read(here.store, GOOD) == DATA


def test_the_error_names_every_mirror(world: Make) -> None:
    here = world({"/a": Answer(status=503), "/b": EVIL})
    with pytest.raises(DigestMismatchError) as caught:
        here.fetch("/a", "/b", "/c", "/c")
    assert caught.value.message.splitlines() == [
        'cannot fetch "a.deb"',
        f"  {here.base}/a: the server answers 503 Service Unavailable",
        f"  {here.base}/b: {WRONG}the bytes that came have {Digest.of(EVIL)}",
        f"  {here.base}/c: it is not there (404)",
    ]
    assert [str(problem.place) for problem in caught.value.problems] == list(here.urls("/a", "/b", "/c"))


def test_the_hint_for_a_page_is_to_look_at_it(world: Make) -> None:
    with pytest.raises(DigestMismatchError) as caught:
        world({"/a": HTML}).fetch("/a")
    assert caught.value.hint == "open a web page in a browser to see whether this network asks for a login"


def test_nobody_having_it_is_not_found(world: Make) -> None:
    with pytest.raises(NotFoundError):
        world({}).fetch("/a", "/b")


def test_a_page_is_given_by_the_first_who_has_it(world: Make) -> None:
    here = world({"/b": b"Origin: Debian"})
    page = here.fetcher().fetch_unpinned("InRelease", here.urls("/a", "/b", "/c"), max_bytes=14)
    assert page == Page(data=b"Origin: Debian", url=here.base + "/b")
    assert here.paths() == ["/a", "/b"]


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(body=b"x" * 101), LimitError, "it is larger than the limit of 100 bytes"),
        (Answer(body=HTML), FetchError, "it looks like an HTML page: a captive portal or a proxy?"),
        (Answer(status=404), NotFoundError, "it is not there (404)"),
        (Answer(status=500), FetchError, "the server answers 500 Internal Server Error"),
    ],
)
def test_a_page_that_cannot_be_had_is_named(
    world: Make, answer: Answer, kind: type[BareboatError], reason: str
) -> None:
    here = world({"/a": answer})
    with pytest.raises(BareboatError) as caught:
        here.fetcher().fetch_unpinned("InRelease", here.urls("/a"), max_bytes=100)
    assert type(caught.value) is kind
    assert caught.value.message == f'cannot fetch "InRelease"\n  {here.base}/a: {reason}'


def test_a_page_is_never_put_together_from_two_answers(world: Make) -> None:
    """Without a digest nobody could tell the old half from the new one."""
    here = world({"/a": [Answer(body=b"old " * 1000, breaks_after=2000), Answer(body=b"new " * 1000)]})
    page = here.fetcher().fetch_unpinned("InRelease", here.urls("/a"), max_bytes=5000)
    assert page.data == b"new " * 1000
    assert here.slept == [1]


def test_a_page_that_fails_its_check_is_asked_for_elsewhere(world: Make) -> None:
    here = world({"/a": b"unsigned", "/b": b"signed"})

    def check(data: bytes) -> None:
        if data != b"signed":
            raise SignatureError("nobody signed it")

    assert here.fetcher().fetch_unpinned("InRelease", here.urls("/a", "/b"), max_bytes=9, check=check).data == b"signed"
    with pytest.raises(SignatureError, match="nobody signed it"):
        here.fetcher().fetch_unpinned("InRelease", here.urls("/a", "/c"), max_bytes=9, check=check)


def test_of_several_failed_checks_the_first_is_told(world: Make) -> None:
    here = world({"/a": b"old", "/b": b"unsigned"})

    def check(data: bytes) -> None:
        raise (ExpiredError if data == b"old" else SignatureError)("no")

    with pytest.raises(ExpiredError):
        here.fetcher().fetch_unpinned("InRelease", here.urls("/a", "/b"), max_bytes=9, check=check)


def test_an_artifact_without_a_size_has_a_limit(world: Make) -> None:
    here = world({"/a": bytes(60_000)})
    with pytest.raises(LimitError, match="it is larger than the limit of 50000 bytes"):
        here.fetch("/a", size=None)


def test_an_artifact_that_says_it_is_too_large_is_not_asked_for(world: Make) -> None:
    here = world({"/a": DATA})
    with pytest.raises(LimitError, match=r'cannot fetch "a.deb": it is larger than the limit of 50000 bytes'):
        here.fetch("/a", size=60_000)
    assert here.paths() == []


def test_a_damaged_blob_is_fetched_again(world: Make, tmp_path: Path) -> None:
    here = world({"/a": DATA})
    store = DiskStore(tmp_path)
    store.add([DATA])
    path = store.path(GOOD)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(DATA[:5])
    artifact = Artifact(name="a.deb", digest=GOOD, size=len(DATA), urls=here.urls("/a"))
    assert Fetcher(here.transport, store, limits=LIMITS).fetch(artifact) == GOOD
    assert read(store, GOOD) == DATA


def test_a_store_that_refuses_is_not_the_mirrors_fault(world: Make, tmp_path: Path) -> None:
    here = world({"/a": DATA, "/b": DATA})
    (tmp_path / "file").write_text("")
    artifact = Artifact(name="a.deb", digest=GOOD, urls=here.urls("/a", "/b"))
    with pytest.raises(StoreError):
        Fetcher(here.transport, DiskStore(tmp_path / "file"), limits=LIMITS).fetch(artifact)
    assert here.paths() == []


def test_offline_names_what_is_missing() -> None:
    artifacts = [
        Artifact(name=f"{n}.deb", digest=Digest.of(b"%d" % n), urls=("http://mirror.example/",)) for n in range(7)
    ]
    fetcher = Fetcher(RememberedTransport({}), MemoryStore(), offline=True)
    with pytest.raises(OfflineError) as caught:
        fetcher.fetch_many(artifacts)
    assert caught.value.message == (
        'cannot fetch "0.deb", "1.deb", "2.deb", "3.deb", "4.deb" and 2 more: '
        "not in the store, and the network is switched off"
    )
    assert caught.value.hint == "run the same command once without --offline"
    with pytest.raises(OfflineError, match=r'cannot fetch "InRelease": not in the store'):
        fetcher.fetch_unpinned("InRelease", ["http://mirror.example/"], max_bytes=1)


def test_offline_works_from_the_store_and_from_this_machines_files(tmp_path: Path) -> None:
    (tmp_path / "a b.deb").write_bytes(DATA)
    store = MemoryStore()
    stored = store.add([b"stored"])
    network = RememberedTransport({"http://mirror.example/": DATA})
    routes = Routes({"http": network, "file": LocalTransport(), "copy": LocalTransport()})
    fetcher = Fetcher(routes, store, offline=True)
    local = Artifact(name="a", digest=GOOD, urls=("http://mirror.example/", f"copy:{tmp_path}/a%20b.deb"))
    there = Artifact(name="b", digest=stored, urls=("http://mirror.example/",))
    assert fetcher.fetch_many([there, local, there]) == (stored, GOOD, stored)
    assert fetcher.fetch_unpinned("a", [f"file://{tmp_path}/a%20b.deb"], max_bytes=10_000).data == DATA
    assert network.requests == ()


def test_an_artifact_without_an_address_is_not_found() -> None:
    with pytest.raises(NotFoundError, match=r'cannot fetch "a.deb": no address is known for it'):
        Fetcher(RememberedTransport({}), MemoryStore()).fetch(Artifact(name="a.deb", digest=GOOD))


def test_resuming_names_the_version_that_is_here() -> None:
    """RFC 9110, 13.1.5: a weak entity tag must not be used in If-Range."""
    broken = Answer(body=DATA, breaks_after=4000, headers=(("etag", '"1"'),))
    weak = Answer(body=DATA, breaks_after=4000, headers=(("etag", 'W/"1"'),))
    transport = RememberedTransport({"http://a/": [broken, Answer(body=DATA)], "http://b/": [weak, Answer(body=DATA)]})
    for host in "ab":
        fetcher = Fetcher(transport, MemoryStore(), sleep=lambda *_: None)
        fetcher.fetch(Artifact(name="a", digest=GOOD, urls=(f"http://{host}/",)))
    asked = [(request.offset, request.validator) for request in transport.requests]
    assert asked == [(0, None), (4000, '"1"'), (0, None), (4000, None)]
