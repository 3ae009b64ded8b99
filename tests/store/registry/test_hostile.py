"""Registries that lie, break off, send us elsewhere, or never end: clear errors, and nothing bad is taken for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FetchError, FormatError, LimitError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.store.memory import MemoryStore
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from bareboat.store.registry.trust import Trust
from tests.makers.answering import Said
from tests.makers.certificate import loopback_certificate
from tests.makers.image import make_image
from tests.makers.registry import Registry, Storage
from tests.store.registry.conftest import Waits, at, me

DATA = bytes(range(251)) * 4000
TYPE = "application/octet-stream"


def read(repository: Repository, descriptor: Descriptor) -> bytes:
    with repository.open(descriptor) as stream:
        return stream.read()


def test_a_tag_with_another_digest_than_said_is_refused(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())
    registry.faults.wrong_digest = True

    with pytest.raises(DigestMismatchError, match=r"team/app:1\.0: cannot read the manifest: sha256:\w+ was promised"):
        repository.manifest("1.0")


def test_a_digest_with_other_bytes_is_refused(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.wrong_manifest = True
    registry.faults.no_digest = True

    with pytest.raises(DigestMismatchError, match="was promised"):
        repository.manifest(root.digest)


def test_a_digest_that_is_said_to_be_another_is_refused_unread(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.wrong_digest = True

    with pytest.raises(DigestMismatchError):
        repository.resolve(root.digest)


def test_a_manifest_that_is_said_to_be_an_index_is_refused(registry: Registry, repository: Repository) -> None:
    image = make_image()
    registry.put("team/app", "1.0", image)
    registry.faults.wrong_type = media.INDEX

    with pytest.raises(FormatError, match=r'it is sent as ".*index.*" and calls itself ".*manifest'):
        repository.manifest(image.descriptor.digest)


@pytest.mark.parametrize("fault", ["wrong_blob", "long_blob", "short_blob"])
def test_a_blob_that_is_another_than_promised_is_refused(
    registry: Registry, repository: Repository, fault: str
) -> None:
    descriptor = registry.add("team/app", TYPE, DATA)
    setattr(registry.faults, fault, True)

    with pytest.raises((DigestMismatchError, FetchError)):
        read(repository, descriptor)
    store = MemoryStore()
    with pytest.raises((DigestMismatchError, FetchError)):
        store.add(repository.chunks(descriptor), expected=descriptor.digest, size=descriptor.size)
    assert not store.has(descriptor.digest)


def test_a_blob_that_breaks_off_is_resumed(registry: Registry, repository: Repository) -> None:
    descriptor = registry.add("team/app", TYPE, DATA)
    registry.faults.breaks_blobs_after = 400_000

    assert read(repository, descriptor) == DATA
    assert [one.headers.get("range") for one in registry.asked("GET", "/blobs/")] == [
        None, "bytes=400000-", "bytes=800000-",
    ]  # fmt: skip


def test_a_blob_that_breaks_off_is_begun_anew_where_there_are_no_ranges(
    registry: Registry, repository: Repository
) -> None:
    descriptor = registry.add("team/app", TYPE, DATA)
    registry.say("GET", "/blobs/", Said(body=DATA, breaks_after=500_000))
    registry.faults.no_ranges = True

    assert read(repository, descriptor) == DATA


def test_a_blob_that_always_breaks_off_is_an_error(registry: Registry, repository: Repository) -> None:
    descriptor = registry.add("team/app", TYPE, DATA)
    registry.faults.breaks_blobs_after = 10

    with pytest.raises(FetchError, match=r"cannot read the blob: the connection broke off 1003970 bytes too early"):
        read(repository, descriptor)


@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_busy_registry_is_given_time(registry: Registry, repository: Repository, waits: Waits, status: int) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.say("HEAD", "/manifests/", Said(status=status, headers={"Retry-After": "7"}), Said(status=status))

    assert repository.resolve("1.0") == root
    assert waits.seconds == [7.0, 1.0]


def test_a_registry_that_asks_to_wait_for_too_long_is_not_asked_again(
    registry: Registry, repository: Repository, waits: Waits
) -> None:
    registry.say("HEAD", "/manifests/", *[Said(status=429, headers={"Retry-After": "3600"})] * 9)

    with pytest.raises(FetchError, match="429 Too Many Requests, and asks to wait for 3600 seconds") as caught:
        repository.resolve("1.0")
    assert (waits.seconds, len(registry.requests)) == ([], 1)
    assert caught.value.hint == "try again in 3600 seconds"


def test_a_blob_is_fetched_from_storage_without_credentials(client: Callable[..., Registries]) -> None:
    with Registry(users={"me": "my secret"}) as registry, Storage(registry) as storage:
        descriptor = registry.add("team/app", TYPE, DATA)
        registry.faults.blob_host = storage.url
        registry.faults.breaks_blobs_after = 600_000

        assert read(at(client(me()), registry), descriptor) == DATA
        assert len(storage.requests) == 2
        assert all("authorization" not in one.headers for one in storage.requests)


def secure(tmp_path: Path, **settings: object) -> tuple[Registry, Trust]:
    """A registry over HTTPS, and who trusts it."""
    certificate = loopback_certificate(tmp_path / "registry.pem")
    registry = Registry(certificate=certificate, **settings)  # type: ignore[arg-type]
    folder = tmp_path / "certs.d" / registry.host
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(certificate.read_bytes())
    return registry, Trust([tmp_path / "certs.d"])


def test_a_redirection_to_plain_http_is_refused(tmp_path: Path, client: Callable[..., Registries]) -> None:
    registry, trust = secure(tmp_path)
    with registry, Storage(registry) as storage:
        descriptor = registry.add("team/app", TYPE, DATA)
        registry.faults.blob_host = storage.url

        with pytest.raises(FetchError, match="over plain HTTP, where others can read along") as caught:
            read(at(client(trust=trust), registry), descriptor)
        assert storage.requests == []
        assert "signature" not in str(caught.value)


def test_an_upload_location_over_plain_http_is_refused(tmp_path: Path, client: Callable[..., Registries]) -> None:
    registry, trust = secure(tmp_path)
    with registry, Storage(registry) as storage:
        registry.faults.upload_host = storage.url
        import io

        with pytest.raises(FetchError, match=r"cannot upload the blob: it sends us to .* over plain HTTP"):
            at(client(trust=trust), registry).upload(Descriptor.of(TYPE, DATA), lambda: io.BytesIO(DATA))
        assert storage.requests == []


@pytest.mark.parametrize("target", ["http://storage.example/x", "ftp://storage.example/x", "http://[::x/"])
def test_a_redirection_to_where_nobody_should_go_is_refused(
    registry: Registry, repository: Repository, target: str
) -> None:
    registry.say("HEAD", "/manifests/", Said(status=302, headers={"Location": target}))

    with pytest.raises(FetchError, match="it sends us to"):
        repository.resolve("1.0")


def test_a_page_for_people_is_called_one(registry: Registry, repository: Repository) -> None:
    page = Said(headers={"Content-Type": "text/html"}, body=b"<!DOCTYPE html><html><head>log in</head></html>")
    registry.say("HEAD", "/", page)
    registry.say("GET", "/", page)

    with pytest.raises(FormatError, match="it looks like an HTML page") as caught:
        repository.resolve("1.0")
    assert caught.value.hint is not None


def test_redirections_end(registry: Registry, repository: Repository) -> None:
    registry.say("HEAD", "/v2/", *[Said(status=302, headers={"Location": "/v2/team/app/manifests/1.0"})] * 50)

    with pytest.raises(FetchError, match="more than 3 redirections"):
        repository.resolve("1.0")


def test_a_manifest_of_100_megabytes_is_refused_early(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.huge_manifest = 100 * 1024 * 1024

    with pytest.raises(LimitError, match=r"cannot read the manifest: it has 104857600 bytes, the limit is 4194304"):
        repository.manifest("1.0")
    with pytest.raises(LimitError):
        repository.manifest(root.digest)


def test_a_list_of_tags_without_end_is_refused(registry: Registry, repository: Repository) -> None:
    registry.say("GET", "/tags/", Said(body=b'{"tags": [' + b'"a",' * 2_000_000 + b'"a"]}'))

    with pytest.raises(LimitError, match="cannot list the tags"):
        list(repository.tags())


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>login here</html>", b"[" * 5_000, b'{"tags": "all"}', b'{"tags": [1]}', b"\xff\xfe"],
)
def test_a_list_of_tags_that_is_none_is_an_error(registry: Registry, repository: Repository, body: bytes) -> None:
    registry.say("GET", "/tags/", Said(body=body))

    with pytest.raises(FormatError, match="/team/app: cannot list the tags"):
        list(repository.tags())


def test_an_index_that_contains_itself_is_read_and_does_no_harm(registry: Registry, repository: Repository) -> None:
    """No index can have its own digest inside; one that says so names what is not there."""
    itself = Digest.of(b"itself")
    entry = Descriptor(media_type=media.INDEX, digest=itself, size=100)
    data = Index(manifests=(entry, entry)).to_bytes()
    expected = registry.add("team/app", media.INDEX, data, "1.0")

    assert repository.manifest("1.0") == (expected, data)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errors": [{"code": "DENIED", "message": "no right"}]}', "403 Forbidden: DENIED: no right)"),
        (b'{"errors": [{"code": "DENIED", "message": null, "detail": "s3cret"}]}', "403 Forbidden: DENIED)"),
        (b'{"details": "incorrect password"}', "403 Forbidden: incorrect password)"),
        (b"plain words\nof a proxy", "403 Forbidden: plain words of a proxy)"),
        (b"<html>a page</html>", "403 Forbidden)"),
        (b'{"errors": [' + b"[" * 10_000, "403 Forbidden)"),
        (b'{"errors": [{"code": "X", "message": "\\u001b[31mred\\u202e"}]}', "403 Forbidden: X: [31mred)"),
        (b'{"errors": [{"code": "X", "message": "ask https://me:pw@host/a?sig=s3cret"}]}', "X: ask https://host/a)"),
        (b'{"errors": [{"code": "X", "message": "sent Bearer abcdef"}]}', "X: sent ***)"),
    ],
)
def test_a_refusal_is_shown_briefly_and_without_secrets(
    registry: Registry, repository: Repository, body: bytes, said: str
) -> None:
    registry.say("GET", "/manifests/", Said(status=403, body=body))

    with pytest.raises(FetchError) as caught:
        repository.manifest("1.0")
    assert str(caught.value).endswith(said)


def test_a_refusal_has_a_ceiling(registry: Registry, repository: Repository) -> None:
    body = b'{"errors": [%s]}' % b",".join([b'{"code": "X", "message": "' + b"a b " * 5_000 + b'"}'] * 3)
    registry.say("GET", "/manifests/", Said(status=403, body=body))

    with pytest.raises(FetchError) as caught:
        repository.manifest("1.0")
    assert len(str(caught.value)) < 500


def test_a_refusal_that_never_ends_is_not_read_to_its_end(registry: Registry, repository: Repository) -> None:
    registry.say("GET", "/manifests/", Said(status=403, body=b"x" * 5_000_000))

    with pytest.raises(FetchError, match=r"forbidden \(403 Forbidden\)"):
        repository.manifest("1.0")
