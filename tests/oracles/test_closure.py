"""apt is asked to install the same wishes without recommends: what it would unpack is what we choose.

Differences are not hidden: each stands in a table, with its reason.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ResolutionError
from bareboat.debian.relation import parse_relations
from bareboat.plan.distro import codenames, distro
from bareboat.plan.keyring import archive_keyring
from bareboat.plan.refresh import Refresher, SuiteRequest
from bareboat.plan.solve import Need, solve
from bareboat.plan.universe import Supply, Universe
from bareboat.store.apt_proxy import machine_proxies
from bareboat.store.apt_sources import machine_sources
from bareboat.store.fetch import Fetcher
from bareboat.store.http import HttpTransport
from bareboat.store.memory import MemoryStore
from bareboat.store.mirrors import mirrors_from
from bareboat.store.transport import Routes
from tests.makers.apt import Apt
from tests.makers.archive import DATE, make_archive
from tests.makers.ecosystem import make_debs, make_universe

pytestmark = pytest.mark.oracle

def ours(universe: Universe, wishes: str) -> str | None:
    needs = [Need(group, "a test") for group in parse_relations(wishes, "wishes")]
    try:
        chosen = solve(universe, needs, (), frozenset())
    except ResolutionError:
        return None
    return " ".join(sorted(f"{name}={candidate.package.version}" for name, candidate in chosen.items()))


INVENTED = {
    "one": (["a 1"], "a"),
    "latest": (["a 1", "a 1.10", "a 1.9", "a 1.10~rc1"], "a"),
    "exact": (["a 1", "a 2"], "a (= 1)"),
    "chain": (["a 1 needs b (>= 1)", "b 1 needs c (<< 2)", "c 1"], "a"),
    "pre-depends": (["a 1 pre-needs b; needs c", "b 1 pre-needs c", "c 1"], "a"),
    "alternative": (["a 1 needs b | c", "b 1", "c 1"], "a"),
    "alternative that is away": (["a 1 needs b | c", "c 1"], "a"),
    "alternative that is too old": (["a 1 needs b (>= 2) | c", "b 1", "c 1"], "a"),
    "alternative that is there": (["a 1 needs b | c", "b 1", "c 1"], "a, c"),
    "virtual": (["a 1 needs v", "p 1 provides v"], "a"),
    "virtual that is there": (["a 1 needs v", "o 1 provides v", "p 1 provides v"], "a, p"),
    "important provider": (["a 1 needs v", "o 1 provides v", "p 1 provides v; priority required"], "a"),
    "real before virtual": (["a 1 needs v", "p 1 provides v", "v 1"], "a"),
    "versioned provides": (["a 1 needs v (>= 2)", "p 1 provides v (= 1)", "q 1 provides v (= 3)"], "a"),
    "unversioned provides": (["a 1 needs v (>= 0)", "p 1 provides v"], "a"),
    "old real, new provider": (["a 1 needs v (>= 2)", "v 1", "p 1 provides v (= 2)"], "a"),
    "cycle": (["a 1 needs b", "b 1 needs a"], "a"),
    "all": (["a 1 needs b", "b 1 arch all"], "a"),
    "any": (["a 1 needs b:any", "b 1 multi-arch allowed"], "a"),
    "conflict": (["a 1 conflicts b", "b 1"], "a, b"),
    "break": (["a 1 breaks b (<< 2)", "b 1"], "a, b"),
    "break that spares": (["a 1 breaks b (<< 2)", "b 2"], "a, b"),
    "conflict through provides": (["a 1 conflicts v", "b 1 provides v"], "a, b"),
    "own virtual": (["a 1 provides v; conflicts v; replaces v", "b 1 needs v"], "a, b"),
    "alternative in conflict": (["a 1 needs b | c", "b 1 conflicts d", "c 1", "d 1"], "a, d"),
    "missing": (["a 1 needs b"], "a"),
    "missing version": (["a 1 needs b (>= 2)", "b 1"], "a"),
    "diamond": (["a 1 needs b, c", "b 1 needs d (>= 1)", "c 1 needs d (<= 1)", "d 1"], "a"),
    "older for the sake of another": (["a 1 needs lib (<< 2)", "lib 1", "lib 2"], "a"),
}  # fmt: skip

DIFFERENCES: dict[str, tuple[str | None, str | None, str]] = {
    "older for the sake of another": (
        "a=1 lib=1", None, "apt looks at its candidate, the highest version, alone; we look at every version",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str | None]:
    """What apt says to each ecosystem; each is a suite of one archive."""
    folders = {name: tmp_path_factory.mktemp("apt") for name in INVENTED}

    def ask(name: str) -> str | None:
        lines, wishes = INVENTED[name]
        folder = make_archive(make_debs(*lines), date=DATE).write(folders[name] / "archive")
        return Apt(folders[name], [f"deb [trusted=yes] file:{folder} trixie main"]).prepare().would_install(wishes)

    with ThreadPoolExecutor() as pool:
        return dict(zip(INVENTED, pool.map(ask, INVENTED), strict=True))


@pytest.mark.parametrize("name", INVENTED)
def test_we_choose_what_apt_chooses(answers: Mapping[str, str | None], name: str) -> None:
    lines, wishes = INVENTED[name]
    mine = ours(make_universe(*lines), wishes)
    expected = DIFFERENCES.get(name, (mine, mine, ""))
    assert (mine, answers[name]) == expected[:2]


PACKAGES = [
    "base-files", "tzdata", "libc6", "libssl3t64", "ca-certificates", "bash", "coreutils", "perl-base", "perl",
    "python3-minimal", "python3", "libpython3-stdlib", "python3-venv", "openjdk-21-jre-headless", "busybox-static",
    "nodejs", "ruby", "nginx", "postgresql-client", "curl", "gcc", "systemd", "default-mta", "python3-numpy",
    "python3, curl, git",
]  # fmt: skip

LIVE_DIFFERENCES: dict[str, tuple[str, str, str]] = {}
"""By wish: what only we choose, what only apt chooses, and why; today they agree on all."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Universe, Mapping[str, str | None]]:
    """The live archive as we read it, and what apt chooses of it."""
    mirrors = mirrors_from(environment=os.environ, apt_sources=machine_sources(), codenames=codenames())
    requests = [
        SuiteRequest(
            name=suite.suite, suite=suite.suite, components=suite.components, keyring=archive_keyring(suite.keys),
            urls=mirrors.of(suite.archive),
        )
        for suite in distro("debian13").suites
    ]  # fmt: skip
    store = MemoryStore()
    with HttpTransport(proxies=machine_proxies()) as http:
        fetcher = Fetcher(Routes({"http": http, "https": http}), store)
        reader = Refresher(fetcher=fetcher, blobs=store, records=store, now=Epoch(2**40), unsafe_expired=True)
        suites = reader.fetch_indexes([reader.release(request) for request in requests], ["amd64"])
        supplies = tuple(
            Supply(archive=suite.request.name, index=index)
            for suite in suites
            for index in reader.indexes(suite, "amd64")
        )
    lines = [
        f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] {request.urls[0]} "
        f"{request.suite} main"
        for request in requests
    ]
    apt = Apt(tmp_path_factory.mktemp("live"), lines).prepare()
    with ThreadPoolExecutor() as pool:
        answers = dict(zip(PACKAGES, pool.map(apt.would_install, PACKAGES), strict=True))
    return Universe(architecture="amd64", supplies=supplies), answers


@pytest.mark.network
@pytest.mark.parametrize("wishes", PACKAGES)
def test_we_choose_what_apt_chooses_of_the_live_archive(
    live: tuple[Universe, Mapping[str, str | None]], wishes: str
) -> None:
    universe, answers = live
    mine, theirs = (set((text or "").split()) for text in (ours(universe, wishes), answers[wishes]))
    assert mine
    only_ours, only_theirs, _ = LIVE_DIFFERENCES.get(wishes, ("", "", ""))
    assert (" ".join(sorted(mine - theirs)), " ".join(sorted(theirs - mine))) == (only_ours, only_theirs)
