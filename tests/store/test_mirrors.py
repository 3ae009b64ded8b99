from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import ConfigurationError
from bareboat.store.apt_sources import AptSource
from bareboat.store.mirrors import DEBIAN, SECURITY, Mirrors, mirrors_from

MOMENT = Epoch(1_767_225_600)
SNAPSHOT = "https://snapshot.debian.org/archive/debian/20260101T000000Z"
SNAPSHOT_SECURITY = "https://snapshot.debian.org/archive/debian-security/20260101T000000Z"
APT = (
    AptSource(urls=("http://apt.example/debian",), suites=("trixie", "trixie-updates"), components=("main",)),
    AptSource(urls=("http://apt.example/security",), suites=("trixie-security",), components=("main",)),
)


def of(
    configured: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    apt_sources: Collection[AptSource] = (),
    snapshot: Epoch | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mirrors = mirrors_from(
        configured=configured,
        environment=environment,
        apt_sources=apt_sources,
        codenames=("bookworm", "trixie"),
        snapshot=snapshot,
    )
    return mirrors.of(DEBIAN), mirrors.of(SECURITY)


@pytest.mark.parametrize(
    ("environment", "configured", "debian", "security"),
    [
        ("", [], ["http://apt.example/debian"], ["http://apt.example/security"]),
        (
            "http://a.example/debian/ file:///srv/mirror",
            [],
            ["http://a.example/debian", "file:///srv/mirror"],
            ["http://a.example/debian-security", "http://apt.example/security"],
        ),
        (
            "",
            ["https://b.example/debian", "https://b.example/debian-security/"],
            ["https://b.example/debian"],
            ["https://b.example/debian-security"],
        ),
        (
            "http://a.example/",
            ["https://b.example/mirror", "http://a.example"],
            ["http://a.example", "https://b.example/mirror"],
            ["http://apt.example/security"],
        ),
    ],
)
def test_what_was_said_comes_before_what_apt_uses(
    environment: str, configured: list[str], debian: list[str], security: list[str]
) -> None:
    found = of(configured=configured, environment={"BAREBOAT_MIRROR": environment}, apt_sources=APT, snapshot=MOMENT)
    assert found == (tuple(debian), tuple(security))


def test_the_security_mirror_of_the_environment_comes_first() -> None:
    environment = {"BAREBOAT_SECURITY_MIRROR": "http://a.example/sec http://b.example/sec"}
    found = of(configured=["http://c.example/debian-security"], environment=environment, apt_sources=APT)
    assert found == (
        ("http://apt.example/debian",),
        ("http://a.example/sec", "http://b.example/sec", "http://c.example/debian-security"),
    )


def test_without_any_mirror_there_is_the_snapshot_service() -> None:
    assert of(snapshot=MOMENT) == ((SNAPSHOT,), (SNAPSHOT_SECURITY,))
    assert of() == ((), ())


def test_what_changes_is_asked_of_mirrors_and_what_is_pinned_of_the_snapshot_service_too() -> None:
    mirrors = mirrors_from(configured=["http://a.example/debian"], snapshot=MOMENT)
    assert mirrors.urls(DEBIAN, "dists/trixie/InRelease") == ("http://a.example/debian/dists/trixie/InRelease",)
    assert mirrors.pinned_urls(DEBIAN, "pool/main/g/gcc/libstdc++6_14~rc 1.deb") == (
        "http://a.example/debian/pool/main/g/gcc/libstdc++6_14~rc%201.deb",
        f"{SNAPSHOT}/pool/main/g/gcc/libstdc++6_14~rc%201.deb",
    )
    assert mirrors.at(Epoch(0)).pinned_urls(DEBIAN, "a")[-1] == (
        "https://snapshot.debian.org/archive/debian/19700101T000000Z/a"
    )


def test_the_snapshot_service_is_named_once() -> None:
    assert mirrors_from(snapshot=MOMENT).pinned_urls(DEBIAN, "a") == (f"{SNAPSHOT}/a",)


def test_a_further_archive_has_its_own_mirrors_and_no_snapshots() -> None:
    mirrors = mirrors_from(snapshot=MOMENT).with_archive("vendor", ["https://vendor.example/deb/"])
    assert mirrors.pinned_urls("vendor", "a.deb") == ("https://vendor.example/deb/a.deb",)
    assert mirrors.pinned_urls("unknown", "a.deb") == ()
    assert mirrors.of(DEBIAN) == (SNAPSHOT,)


@pytest.mark.parametrize(
    "url", ["mirror.example/debian", "ftp://mirror.example", "http://", "http://[", "http://a.example/?b", "cdrom:[x]/"]
)
def test_an_address_that_cannot_be_used_is_named_with_its_place(url: str) -> None:
    makers: list[Callable[[], Mirrors]] = [
        lambda: mirrors_from(configured=[url]),
        lambda: mirrors_from(environment={"BAREBOAT_MIRROR": url}),
        lambda: Mirrors().with_archive("vendor", [url]),
    ]
    for make in makers:
        with pytest.raises(ConfigurationError, match=r"^(mirrors|BAREBOAT_MIRROR|vendor): cannot use"):
            make()


def test_a_password_in_a_bad_address_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        mirrors_from(configured=["ftp://me:secret@mirror.example/"])
    assert caught.value.message == 'mirrors: cannot use "ftp://mirror.example/" as the address of a mirror'
