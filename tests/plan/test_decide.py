"""The first act with everything it is made of: distro, mirrors, further archives and their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bareboat.base.epoch import Epoch
from bareboat.base.errors import BareboatError, ConfigurationError, SignatureError, StaleLockError, UsageError
from bareboat.base.observer import Silent
from bareboat.plan.config.config import PinnedSource
from bareboat.plan.decide import Decider
from bareboat.plan.fresh import check_fresh, only
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import Lock
from bareboat.plan.recipe import Recipe
from bareboat.store.disk import DiskStore
from bareboat.store.fetch import Fetcher
from bareboat.store.mirrors import Mirrors
from bareboat.store.remembered import RememberedTransport
from tests.makers.archive import DATE, make_archive, signing_key
from tests.makers.decision import World, make_recipe, told
from tests.makers.ecosystem import make_debs

OURS = "https://ours.mirror.example/apt"
WEB = make_recipe("web", ["app"], architectures=("amd64", "arm"))
LOCK = World(["app 1 needs lib", "lib 1"]).decide(WEB, make_recipe("api", ["lib"]))


def source(**changes: Any) -> PinnedSource:
    fields: dict[str, Any] = {
        "name": "ours", "urls": (OURS,), "suite": "main", "components": ("main",), "keys": ("ours.asc",),
    }  # fmt: skip
    return PinnedSource(**(fields | changes))


def suites_of(folder: Path, *sources: PinnedSource) -> Mapping[str, Any]:
    """The further archives of debian13 as they would be asked for."""
    decider = Decider(
        fetcher=Fetcher(RememberedTransport({}), DiskStore(folder / "store")), store=DiskStore(folder / "store"),
        mirrors=Mirrors().with_archive("ours", [OURS]), sources=sources, folder=folder, now=Epoch(DATE),
        observer=Silent(),
    )  # fmt: skip
    from bareboat.plan.distro import distro

    return {suite.name: suite for suite in decider.suites(distro("debian13"))}


@pytest.mark.parametrize("inline", [True, False])
def test_a_further_archive_is_asked_for_with_its_own_key_and_nobody_elses(tmp_path: Path, inline: bool) -> None:
    key = signing_key("ours")
    (tmp_path / "ours.asc").write_bytes(key.certificate)
    keys = (key.certificate.decode(),) if inline else ("ours.asc",)
    suites = suites_of(tmp_path, source(keys=keys, priority=700, pins=("app",), architectures=("amd64", "arm")))
    found = suites["debian13/ours/main"]
    assert found.keyring.fingerprints == (key.fingerprint.upper(),)
    assert (found.urls, found.priority, found.only) == ((OURS,), 700, frozenset({"app"}))
    assert found.architectures == ("amd64", "armhf")
    assert list(suites)[-1] == "debian13/ours/main"
    assert not set(found.keyring.fingerprints) & set(suites["debian13/debian/trixie"].keyring.fingerprints)


@pytest.mark.parametrize(
    ("sources", "error", "message"),
    [
        ([source(keys=("none.asc",))], ConfigurationError, 'cannot read "none.asc": No such file or directory'),
        ([source(keys=("empty.asc",))], SignatureError, "holds no OpenPGP certificate"),
        ([source(keys=("noise.asc",))], SignatureError, "cannot read as OpenPGP certificates"),
        ([source(name="debian")], ConfigurationError, 'name "debian" is taken by another archive'),
        ([source(), source(suite="other")], ConfigurationError, 'name "ours" is taken by another archive'),
    ],
)
def test_a_further_archive_with_a_fault_is_refused(
    tmp_path: Path, sources: Sequence[PinnedSource], error: type[BareboatError], message: str
) -> None:
    (tmp_path / "ours.asc").write_bytes(signing_key("ours").certificate)
    (tmp_path / "empty.asc").write_bytes(b"")
    (tmp_path / "noise.asc").write_bytes(b"\xff noise")
    with pytest.raises(error) as caught:
        suites_of(tmp_path, *sources)
    assert message in caught.value.message


@pytest.mark.parametrize(("upgrade", "hint"), [(["ap"], 'did you mean "app"?'), (["zebra"], None)])
def test_an_upgrade_of_what_the_lock_does_not_have_is_a_slip(
    tmp_path: Path, upgrade: list[str], hint: str | None
) -> None:
    decider = Decider(
        fetcher=Fetcher(RememberedTransport({}), DiskStore(tmp_path)), store=DiskStore(tmp_path), mirrors=Mirrors(),
        sources=(), folder=tmp_path, now=Epoch(DATE), observer=Silent(),
    )  # fmt: skip
    with pytest.raises(UsageError) as caught:
        decider.decide(LOCK, {WEB: ("amd64",)}, upgrade)
    assert caught.value.message == f'cannot upgrade "{upgrade[0]}": the lock has no such package'
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("lock", "recipe", "architectures", "message"),
    [
        (None, WEB, ("amd64",), "there is no bareboat.lock, and --frozen lets nobody make one"),
        (
            LOCK,
            make_recipe("web", ["lib"]),
            ("amd64",),
            "bareboat.lock does not answer what is wished for now: web-debian13",
        ),
        (LOCK, WEB, ("amd64", "arm"), "bareboat.lock does not answer what is wished for now: web-debian13"),
        (LOCK, make_recipe("new"), ("amd64",), "bareboat.lock does not answer what is wished for now: new-debian13"),
    ],
)
def test_frozen_insists_on_a_lock_that_answers(
    lock: Lock | None, recipe: Recipe, architectures: tuple[str, ...], message: str
) -> None:
    with pytest.raises(StaleLockError) as caught:
        check_fresh(lock, {recipe: architectures}, [], "bareboat.lock")
    assert caught.value.message == message


def test_frozen_is_content_with_a_lock_that_answers() -> None:
    assert check_fresh(LOCK, {WEB: ("amd64",)}, [], "bareboat.lock") is LOCK


def test_a_part_of_a_lock_has_what_its_images_have() -> None:
    part = only(LOCK, ["api-debian13"])
    assert (list(part.images), list(part.packages)) == (["api-debian13"], ["lib=1:amd64"])


def test_an_archive_in_the_way_of_others_is_read_beside_debians(tmp_path: Path) -> None:
    """With its own key, its own suite and for some architectures only, as a vendor of Java has one."""
    vendor = make_archive(make_debs("jdk 21 needs lib"), suite="main", key=signing_key("ours"), architectures=["amd64"])
    world = World(["lib 1"], arm64=["lib 1"])
    pages = world.pages() | {f"{OURS}/{path}": data for path, data in vendor.files.items()}
    (tmp_path / "ours.asc").write_bytes(signing_key("ours").certificate)
    wanted = suites_of(tmp_path, source(architectures=("amd64",)))["debian13/ours/main"]
    recipe = make_recipe("java", ["jdk [amd64]", "lib"])
    joined = World(["lib 1"], arm64=["lib 1"], pages_besides=pages, suites_besides=(wanted,))
    lock = joined.decide(recipe, architectures=["amd64", "arm64"], sources=[source()])
    assert told(lock, "java") == {"s0": "jdk=21 lib=1"}
    assert told(lock, "java", "arm64") == {"s0": "lib=1"}
    assert lock.archives["debian13/ours/main"].signed_by == (signing_key("ours").fingerprint.upper(),)
    forged = replace(wanted, keyring=Keyring.of([signing_key().certificate], "the keys"))
    with pytest.raises(SignatureError):
        replace(joined, suites_besides=(forged,)).decide(recipe)
