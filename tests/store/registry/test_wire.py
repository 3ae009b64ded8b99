"""The way to a registry: proxies, limits on what goes on at a time, and connections that end."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from bareboat.base.errors import FetchError
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import Reference
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from tests.makers.answering import Answering, Asked, Said
from tests.makers.image import make_image
from tests.makers.registry import Registry
from tests.store.registry.conftest import LIMITS, Waits, at, me

TYPE = "application/octet-stream"


class Proxy(Answering):
    """A proxy that answers by itself, and remembers what it was asked."""

    def answer(self, asked: Asked) -> Said:
        return Said(status=404)


def test_a_registry_elsewhere_is_asked_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, client: Callable[..., Registries]
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:pro%78y@{proxy.host}")
        registries = client(insecure=["registry.invalid:5000"])
        repository = registries.repository(Reference.parse("registry.invalid:5000/team/app"))

        assert repository.resolve("1.0") is None
        (asked,) = proxy.requests
        assert asked.target == "http://registry.invalid:5000/v2/team/app/manifests/1.0"
        assert asked.headers["proxy-authorization"] == "Basic bWU6cHJveHk="


def test_a_registry_that_no_proxy_names_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, client: Callable[..., Registries]
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        monkeypatch.setenv("NO_PROXY", "registry.invalid")
        registries = client(insecure=["registry.invalid:5000"])

        with pytest.raises(FetchError):
            registries.repository(Reference.parse("registry.invalid:5000/team/app")).resolve("1.0")
        assert proxy.requests == []


def test_a_host_that_nobody_knows_is_told_with_a_hint(client: Callable[..., Registries]) -> None:
    repository = client().repository(Reference.parse("registry.invalid/team/app"))

    with pytest.raises(FetchError, match=r"team/app:1\.0: cannot look for the manifest: Failed to resolve") as caught:
        repository.resolve("1.0")
    assert caught.value.hint is not None
    assert "HTTPS_PROXY" in caught.value.hint


def test_this_machine_is_never_asked_through_a_proxy(
    registry: Registry, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        registry.put("team/app", "1.0", make_image())

        assert repository.resolve("1.0") is not None
        assert proxy.requests == []


def test_no_more_goes_to_a_registry_at_a_time_than_the_limit(registry: Registry, repository: Repository) -> None:
    blobs = [registry.add("team/app", TYPE, bytes([number]) * 100_000) for number in range(40)]

    def read(descriptor: Descriptor) -> bytes:
        with repository.open(descriptor) as stream:
            return stream.read()

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(read, blobs)) == [bytes([number]) * 100_000 for number in range(40)]
    assert registry.most_at_a_time <= LIMITS.connections_per_host


def test_copying_within_a_registry_by_many_threads_comes_to_an_end(client: Callable[..., Registries]) -> None:
    """Each of them holds a download and an upload of the same registry at once."""
    with Registry(users={"me": "my secret"}, token=True) as registry:
        registries = client(me())
        source, target = at(registries, registry, "team/app"), at(registries, registry, "team/copy")
        blobs = [registry.add("team/app", TYPE, bytes([number]) * 300_000) for number in range(30)]

        with ThreadPoolExecutor(15) as pool:
            sent = list(pool.map(lambda blob: target.upload(blob, partial(source.open, blob)), blobs))
        assert sent == [True] * 30
        assert registry.repository("team/copy").blobs == registry.repository("team/app").blobs


def test_connections_are_used_again(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())
    for _ in range(10):
        repository.resolve("1.0")
        repository.resolve("none")
        repository.manifest("1.0")

    assert len(registry._server._sockets) == 1


def test_a_connection_that_was_closed_meanwhile_is_no_failure(
    registry: Registry, repository: Repository, waits: Waits
) -> None:
    root = registry.put("team/app", "1.0", make_image())
    repository.resolve("1.0")
    registry.say("HEAD", "/manifests/", Said(hangs_up=True))

    assert repository.resolve("1.0") == root


def test_an_answer_that_takes_too_long_is_cut(registry: Registry, waits: Waits) -> None:
    blob = registry.add("team/app", TYPE, bytes(3_000_000))
    with Registries(limits=replace(LIMITS, answer_timeout_s=0.0), sleep=waits) as registries:
        repository = at(registries, registry)

        with pytest.raises(FetchError, match="the answer takes too long"):
            list(repository.chunks(blob))


def test_a_registry_over_https_is_found_behind_its_port(client: Callable[..., Registries]) -> None:
    """Who speaks plain HTTP with a server of HTTPS is hung up on, or gets 400."""
    with Registry() as registry:
        root = registry.put("team/app", "1.0", make_image())
        registry.say("HEAD", "/manifests/", Said(status=400))

        with pytest.raises(FetchError, match="400 Bad Request"):
            at(client(), registry).resolve("1.0")
        assert at(client(), registry).resolve("1.0") == root


def test_the_bytes_of_an_upload_are_read_in_pieces(registry: Registry, repository: Repository) -> None:
    sizes: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(-1 if size is None else size)
            return super().read(size)

    data = bytes(1_000_000)
    repository.upload(Descriptor.of(TYPE, data), lambda: Watched(data))

    assert 0 < max(sizes) <= 256 * 1024
    assert min(sizes) > 0
