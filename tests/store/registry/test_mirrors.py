"""Mirrors: containers' registries.conf, the command line, and what happens when one of them is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import ConfigurationError, NotFoundError, UsageError
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import Reference
from bareboat.store.registry.mirrors import Table, rules_in, table_files, table_from
from bareboat.store.registry.registries import Registries
from tests.makers.answering import Said
from tests.makers.image import make_image
from tests.makers.registry import Registry

CONF = """
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true

[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"

[[registry]]
prefix = "docker.io/team"
location = "internal.example/team-images"

[[registry]]
prefix = "*.blocked.example"
blocked = true

[[registry]]
location = "plain.example:5000"
insecure = true

[[registry]]
prefix = "old.example/a"
location = "bare"
"""
DIGEST = Digest.of(b"")


def table(text: str = CONF) -> Table:
    return Table(rules_in(text.encode(), "registries.conf"))


def places(reference: str, text: str = CONF) -> list[tuple[str, bool]]:
    return [(str(place), insecure) for place, insecure in table(text).places(Reference.parse(reference))]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ghcr.io/team/app:1", [("ghcr.io/team/app:1", False)]),
        ("debian:13", [("mirror.example:5000/hub/library/debian:13", True), ("docker.io/library/debian:13", False)]),
        (f"debian@{DIGEST}", [(f"mirror.example:5000/hub/library/debian@{DIGEST}", True),
                              (f"digests.example/library/debian@{DIGEST}", False),
                              (f"docker.io/library/debian@{DIGEST}", False)]),
        ("docker.io/team/app:1", [("internal.example/team-images/app:1", False)]),
        ("docker.io/teams/app:1", [("mirror.example:5000/hub/teams/app:1", True), ("docker.io/teams/app:1", False)]),
        ("plain.example:5000/app:1", [("plain.example:5000/app:1", True)]),
        ("old.example/a/b:1", [("bare/b:1", False)]),
    ],
)  # fmt: skip
def test_the_longest_prefix_counts(reference: str, expected: list[tuple[str, bool]]) -> None:
    assert places(reference) == expected


def test_a_blocked_registry_is_refused_with_its_file() -> None:
    with pytest.raises(UsageError, match=r'"\*\.blocked\.example" is blocked in registries\.conf'):
        places("a.blocked.example/app:1")
    assert places("blocked.example/app:1") == [("blocked.example/app:1", False)]


def test_the_command_line_comes_first() -> None:
    found = table().with_mirrors(["docker.io=mine.example:5000", "ghcr.io=mine.example/ghcr"])

    hub = [str(place) for place, _ in found.places(Reference.parse("debian:13"))]
    ghcr = [str(place) for place, _ in found.places(Reference.parse("ghcr.io/team/app:1"))]
    assert hub[0] == "mine.example:5000/library/debian:13"
    assert hub[1] == "mirror.example:5000/hub/library/debian:13"
    assert ghcr == ["mine.example/ghcr/team/app:1", "ghcr.io/team/app:1"]


@pytest.mark.parametrize("word", ["docker.io", "=mirror", "docker.io=", "docker.io=https://mirror.example"])
def test_a_mirror_that_cannot_be_read_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="as a mirror"):
        Table().with_mirrors([word])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[registry", "cannot read as TOML"),
        ("\xff", "cannot read as TOML"),
        ("[[registry]]\ninsecure = true", "has neither prefix nor location"),
        ("[[registry]]\nprefix = 1", "prefix must be text"),
        ("[[registry]]\nlocation = 'a'\ninsecure = 'yes'", "insecure must be true or false"),
        ("[[registry]]\nlocation = 'a'\n[[registry.mirror]]\n", "location is missing"),
        ("[[registry]]\nlocation = 'a'\n[[registry.mirror]]\nlocation='b'\npull-from-mirror='x'", "pull-from-mirror"),
        ("registry = 1", "registry must be a list"),
    ],
)
def test_a_broken_file_is_an_error_that_names_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "registries.conf"
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(ConfigurationError, match=said) as caught:
        table_from([file])
    assert str(file) in str(caught.value)


def test_the_elder_version_says_nothing() -> None:
    assert rules_in(b"[registries.search]\nregistries = ['docker.io']\n", "registries.conf") == ()


def test_files_are_the_users_and_the_machines(tmp_path: Path) -> None:
    machine = tmp_path / "etc/containers"
    own = tmp_path / "home/.config/containers"
    for folder in (machine / "registries.conf.d", own / "registries.conf.d"):
        folder.mkdir(parents=True)
        (folder / "a.conf").write_text("")
    environment = {"HOME": str(tmp_path / "home")}

    drop_ins = (machine / "registries.conf.d/a.conf", own / "registries.conf.d/a.conf")
    assert table_files(environment, tmp_path) == (machine / "registries.conf", *drop_ins)
    (own / "registries.conf").write_text("")
    assert table_files(environment, tmp_path) == (own / "registries.conf", *drop_ins)
    assert table_files({"CONTAINERS_REGISTRIES_CONF": "/x"}, tmp_path) == (Path("/x"),)


class Warned:
    """Remembers the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def begin(self, task: str, total: int) -> None: ...

    def advance(self, task: str, amount: int) -> None: ...

    def end(self, task: str) -> None: ...

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def mirrored(registry: Registry, client: Callable[..., Registries]) -> Callable[..., Registries]:
    """Makes clients that ask `registry` first for what is said to be at a host."""

    def make(host: str, **settings: object) -> Registries:
        return client(mirrors=Table().with_mirrors([f"{host}={registry.host}/cache"]), **settings)

    return make


def reference(host: str) -> Reference:
    return Reference.parse(f"{host}/team/app:1.0")


def test_the_mirror_is_asked_first_and_the_origin_not_at_all(
    registry: Registry, mirrored: Callable[..., Registries]
) -> None:
    with Registry() as origin:
        root = registry.put("cache/team/app", "1.0", make_image())
        source = mirrored(origin.host).source(reference(origin.host))

        assert source.resolve("1.0") == root
        assert source.manifest("1.0")[0] == root
        assert origin.requests == []
        assert source.at("1.0") == f"{origin.host}/team/app:1.0"


@pytest.mark.parametrize("status", [404, 500, 403, 401])
def test_a_mirror_that_fails_is_passed_by(
    registry: Registry, mirrored: Callable[..., Registries], status: int
) -> None:
    registry.say("HEAD", "", *[Said(status=status)] * 9)
    registry.say("GET", "", *[Said(status=status)] * 9)
    with Registry() as origin:
        root = origin.put("team/app", "1.0", make_image())
        source = mirrored(origin.host).source(reference(origin.host))

        assert source.resolve("1.0") == root
        assert source.manifest("1.0")[0] == root


def test_a_mirror_that_lies_is_named(registry: Registry, mirrored: Callable[..., Registries]) -> None:
    heard = Warned()
    registry.put("cache/team/app", "1.0", make_image())
    registry.faults.wrong_digest = True
    with Registry() as origin:
        root = origin.put("team/app", "1.0", make_image())
        source = mirrored(origin.host, observer=heard).source(reference(origin.host))

        assert source.manifest("1.0")[0] == root
        assert registry.host in heard.warnings[0]


def test_blobs_come_from_the_mirror_or_the_origin(registry: Registry, mirrored: Callable[..., Registries]) -> None:
    with Registry() as origin:
        here = registry.add("cache/team/app", "application/octet-stream", b"here")
        there = origin.add("team/app", "application/octet-stream", b"there")
        source = mirrored(origin.host).source(reference(origin.host))

        assert b"".join(source.chunks(here)) == b"here"
        with source.open(there) as stream:
            assert stream.read() == b"there"
        assert (source.has(here), source.has(there)) == (True, True)
        with pytest.raises(NotFoundError, match=origin.host):
            list(source.chunks(Descriptor.of("application/octet-stream", b"nowhere")))


def test_who_pushes_means_the_registry_itself(registry: Registry, mirrored: Callable[..., Registries]) -> None:
    with Registry() as origin:
        registry.put("cache/team/app", "1.0", make_image())

        assert mirrored(origin.host).repository(reference(origin.host)).resolve("1.0") is None
        assert registry.requests == []
