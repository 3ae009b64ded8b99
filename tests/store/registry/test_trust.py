"""HTTPS with authorities and certificates of one's own, and plain HTTP with those who may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.errors import FetchError, UsageError
from bareboat.store.registry.endpoint import Endpoint, is_loopback
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.trust import Trust, certificate_folders
from tests.makers.certificate import loopback_certificate
from tests.makers.image import make_image
from tests.makers.registry import Registry
from tests.store.registry.conftest import at


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return loopback_certificate(tmp_path / "registry.pem")


def trusting(folder: Path, registry: Registry, *files: tuple[str, Path]) -> Trust:
    """Trust in what lies in a `certs.d` folder."""
    place = folder / "certs.d" / registry.host
    place.mkdir(parents=True)
    for name, source in files:
        (place / name).write_bytes(source.read_bytes())
    return Trust([folder / "certs.d"])


def test_a_registry_whose_authority_lies_in_certs_d_is_trusted(
    tmp_path: Path, certificate: Path, client: Callable[..., Registries]
) -> None:
    with Registry(certificate=certificate) as registry:
        root = registry.put("team/app", "1.0", make_image())
        trust = trusting(tmp_path, registry, ("ca.crt", certificate))

        assert at(client(trust=trust), registry).resolve("1.0") == root


def test_a_registry_that_nobody_vouches_for_is_refused(
    certificate: Path, client: Callable[..., Registries]
) -> None:
    with Registry(certificate=certificate) as registry:
        registry.put("team/app", "1.0", make_image())

        with pytest.raises(FetchError, match="cannot look for the manifest: its certificate is not trusted") as caught:
            at(client(), registry).resolve("1.0")
        assert caught.value.hint is not None
        assert "certs.d" in caught.value.hint
        assert registry.requests == []


def test_an_insecure_registry_that_speaks_https_must_still_be_vouched_for(
    certificate: Path, client: Callable[..., Registries]
) -> None:
    with Registry(certificate=certificate) as registry, pytest.raises(FetchError, match="certificate is not trusted"):
        at(client(insecure=[registry.host]), registry).resolve("1.0")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_names_authorities(
    certificate: Path, client: Callable[..., Registries], variable: str
) -> None:
    with Registry(certificate=certificate) as registry:
        root = registry.put("team/app", "1.0", make_image())
        trust = Trust([], {variable: str(certificate)})

        assert at(client(trust=trust), registry).resolve("1.0") == root


def test_a_registry_that_wants_a_certificate_gets_it(
    tmp_path: Path, certificate: Path, client: Callable[..., Registries]
) -> None:
    with Registry(certificate=certificate, clients=certificate) as registry:
        root = registry.put("team/app", "1.0", make_image())
        trust = trusting(
            tmp_path, registry, ("ca.crt", certificate), ("me.cert", certificate), ("me.key", certificate)
        )

        assert at(client(trust=trust), registry).resolve("1.0") == root


def test_a_certificate_without_its_key_is_an_error(tmp_path: Path, certificate: Path) -> None:
    with Registry() as registry:
        trust = trusting(tmp_path, registry, ("me.cert", certificate))

        with pytest.raises(UsageError, match=r'me\.cert: cannot use the certificate: there is no key'):
            trust.context_for(registry.host)


@pytest.mark.parametrize("name", ["ca.crt", "me.cert"])
def test_a_file_that_is_no_certificate_is_an_error(tmp_path: Path, name: str) -> None:
    broken = tmp_path / "broken"
    broken.write_text("no certificate")
    with Registry() as registry:
        trust = trusting(tmp_path, registry, (name, broken), ("me.key", broken))

        with pytest.raises(UsageError, match=f"{name}: cannot use the"):
            trust.context_for(registry.host)


def test_authorities_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pem: cannot use the authorities: No such file"):
        Trust([], {"REQUESTS_CA_BUNDLE": str(tmp_path / "none.pem")}).context_for("registry.example")


def test_folders_are_podmans_and_dockers(tmp_path: Path) -> None:
    assert certificate_folders({"HOME": "/h"}, tmp_path) == (
        Path("/h/.config/containers/certs.d"), tmp_path / "etc/containers/certs.d", tmp_path / "etc/docker/certs.d",
    )  # fmt: skip
    assert certificate_folders({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, tmp_path)[0] == Path("/x/containers/certs.d")


def test_plain_http_is_not_spoken_with_others() -> None:
    endpoint = Endpoint(name="registry.example:5000")

    assert not endpoint.may_be_plain(endpoint.host)
    for named in ("registry.example:5000", "registry.example"):
        assert Endpoint(name="registry.example:5000", plain=frozenset({named})).may_be_plain(endpoint.host)
    assert not Endpoint(name="registry.example", plain=frozenset({"registry.example:5000"})).may_be_plain(
        "registry.example"
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("127.8.9.10", True), ("::1", True),
        ("localhost.example", False), ("128.0.0.1", False), ("127.0.0.1.example", False), ("", False),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_its_names(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_docker_hub_is_asked_where_it_lives() -> None:
    assert Endpoint(name="docker.io").host == "registry-1.docker.io"
