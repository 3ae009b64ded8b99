"""Distribution, the registry that most others descend from, with and without passwords, and skopeo beside us."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareboat.base.errors import FetchError, NotFoundError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.manifest import Manifest
from bareboat.oci.reference import Reference
from bareboat.store.images import blobs_of
from bareboat.store.memory import MemoryStore
from bareboat.store.registry.credentials import Credentials, OneKey
from bareboat.store.registry.images import RegistryImages
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from tests.makers.distribution import PASSWORD, USER, distribution
from tests.makers.image import make_image, make_index, make_layout

pytestmark = pytest.mark.oracle

AMD64, ARM64 = make_image([{"etc/hello": b"world\n" * 100_000}]), make_image([{"a": b"arm"}], architecture="arm64")
DATA = bytes(range(251)) * 40_000


@pytest.fixture(params=[False, True], ids=["for everybody", "with passwords"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with distribution(tmp_path / "distribution", login=request.param) as running:
        yield running


@pytest.fixture
def registries() -> Iterator[Registries]:
    with Registries(keychain=OneKey(Credentials(username=USER, password=PASSWORD))) as opened:
        yield opened


@pytest.fixture
def repository(host: str, registries: Registries) -> Repository:
    return registries.repository(Reference.parse(f"{host}/team/app"))


def pushed(repository: Repository, tag: str) -> Descriptor:
    """An index of two images, pushed in the order that a registry wants."""
    blobs = MemoryStore()
    root = make_index([AMD64, ARM64], blobs)
    for one in reversed(blobs_of(blobs, [root])):
        with blobs.open(one.digest) as stream:
            data = stream.read()
        if one.media_type in media.MANIFESTS:
            repository.put(data, one.media_type, one.digest)
        elif one.digest != root.digest:
            repository.upload(one, lambda data=data: io.BytesIO(data))  # type: ignore[misc]
        else:
            root_data = data
    repository.put(root_data, root.media_type, tag)
    return root


def skopeo(*words: str) -> str:
    done = subprocess.run(["skopeo", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_pushed_is_there_with_the_same_digests(host: str, repository: Repository) -> None:
    root = pushed(repository, "1.0")

    assert repository.resolve("1.0") == root
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"--creds={USER}:{PASSWORD}", f"docker://{host}/team/app:1.0")
    assert Descriptor.of(root.media_type, raw.encode()) == root
    assert list(repository.tags()) == ["1.0"]


def test_what_skopeo_pushes_is_read(host: str, registries: Registries, tmp_path: Path) -> None:
    layout = make_layout(tmp_path / "layout", {"app:1.0": [AMD64, ARM64]})
    skopeo(
        "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", f"--dest-creds={USER}:{PASSWORD}",
        f"oci:{layout.root}:app:1.0", f"docker://{host}/team/app:1.0",
    )  # fmt: skip
    reference = Reference.parse(f"{host}/team/app:1.0")

    images = RegistryImages.at(registries.source(reference), reference, MemoryStore())
    assert images.root.digest == layout.images["app:1.0"].digest
    for one in blobs_of(images, [images.root]):
        with images.open(one.digest) as stream, layout.open(one.digest) as expected:
            assert stream.read() == expected.read()


def test_what_skopeo_made_dockers_is_read(host: str, registries: Registries, tmp_path: Path) -> None:
    layout = make_layout(tmp_path / "layout", {"app:1.0": AMD64})
    skopeo(
        "copy", "--format", "v2s2", "--dest-tls-verify=false", f"--dest-creds={USER}:{PASSWORD}",
        f"oci:{layout.root}:app:1.0", f"docker://{host}/team/app:1.0",
    )  # fmt: skip
    reference = Reference.parse(f"{host}/team/app:1.0")

    images = RegistryImages.at(registries.source(reference), reference, MemoryStore())
    assert images.root.media_type == media.DOCKER_MANIFEST
    (found,) = images.platforms("app:1.0")
    assert images.read_config(images.read_manifest(found).config).diff_ids == AMD64.config.diff_ids


def test_a_blob_is_sent_once_and_mounted_elsewhere(repository: Repository, registries: Registries, host: str) -> None:
    blob = Descriptor.of("application/octet-stream", DATA)
    other = registries.repository(Reference.parse(f"{host}/team/other"))

    def never() -> io.BytesIO:
        raise AssertionError("it is there already")

    assert repository.upload(blob, lambda: io.BytesIO(DATA))
    assert not repository.upload(blob, never)
    assert not other.upload(blob, never, mount_from=["team/app"])
    with other.open(blob) as stream:
        assert stream.read() == DATA


class Breaking(io.BytesIO):
    """Breaks off in the middle, as a network does."""

    def __init__(self) -> None:
        super().__init__(DATA)

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > len(DATA) // 2:
            raise ConnectionResetError
        return super().read(size)


def test_an_upload_that_breaks_off_is_finished(repository: Repository) -> None:
    blob = Descriptor.of("application/octet-stream", DATA)
    streams = iter([Breaking(), io.BytesIO(DATA), io.BytesIO(DATA)])

    assert repository.upload(blob, lambda: next(streams))
    assert repository.has(blob)


def test_wrong_bytes_are_refused(repository: Repository) -> None:
    blob = Descriptor.of("application/octet-stream", DATA)

    with pytest.raises(FetchError, match="DIGEST_INVALID"):
        repository.upload(blob, lambda: io.BytesIO(b"!" + DATA[1:]))
    assert not repository.has(blob)


def test_referrers_stand_under_a_tag_where_there_is_no_api(repository: Repository) -> None:
    root = pushed(repository, "1.0")
    empty = Descriptor.of(media.EMPTY, b"{}")
    repository.upload(empty, lambda: io.BytesIO(b"{}"))
    artifact = Manifest(config=empty, layers=(empty,), artifact_type="application/vnd.example.sbom", subject=root)
    digest = repository.put(artifact.to_bytes(), media.MANIFEST, Descriptor.of("", artifact.to_bytes()).digest)

    assert [one.digest for one in repository.referrers(root.digest).manifests] == [digest]
    assert repository.referrers(root.digest, "application/vnd.example.other").manifests == ()


def test_manifests_are_deleted_and_tags_are_not(repository: Repository) -> None:
    root = pushed(repository, "1.0")

    with pytest.raises(FetchError, match="cannot delete the tag: the registry does not allow it"):
        repository.delete("1.0")
    repository.delete(root.digest)
    assert repository.resolve("1.0") is None
    with pytest.raises(NotFoundError):
        repository.delete(root.digest)


def test_a_registry_that_deletes_nothing_says_so(tmp_path: Path, registries: Registries) -> None:
    with distribution(tmp_path / "distribution", deletes=False) as host:
        repository = registries.repository(Reference.parse(f"{host}/team/app"))
        root = pushed(repository, "1.0")

        with pytest.raises(FetchError, match=r"does not allow it: .*405 Method Not Allowed: UNSUPPORTED"):
            repository.delete(root.digest)


def test_many_tags_come_in_pages(repository: Repository) -> None:
    root = pushed(repository, "1.0")
    data = repository.manifest(root.digest)[1]
    for number in range(30):
        repository.put(data, root.media_type, f"v{number:03}")

    assert len(list(repository.tags())) == 31


def test_wrong_passwords_are_refused(tmp_path: Path) -> None:
    wrong = OneKey(Credentials(username=USER, password="s3cret"))
    with distribution(tmp_path / "distribution", login=True) as host, Registries(keychain=wrong) as registries:
        with pytest.raises(FetchError, match="access is denied with the credentials") as caught:
            list(registries.repository(Reference.parse(f"{host}/team/app")).tags())
        assert "s3cret" not in str(caught.value)


def test_skopeo_uses_what_login_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bareboat.store.registry.login_file import LoginFile

    with distribution(tmp_path / "distribution", login=True) as host:
        file = LoginFile(tmp_path / "config.json")
        file.keep(host, Credentials(username=USER, password=PASSWORD))
        with Registries(keychain=file) as registries:
            pushed(registries.repository(Reference.parse(f"{host}/team/app")), "1.0")

        tags = skopeo("list-tags", "--tls-verify=false", f"--authfile={file.path}", f"docker://{host}/team/app")
        assert json.loads(tags)["Tags"] == ["1.0"]
        subprocess.run(
            ["skopeo", "login", "--tls-verify=false", f"--authfile={tmp_path}/auth.json", "-u", USER,
             "--password-stdin", host],
            input=PASSWORD, text=True, check=True, capture_output=True,
        )  # fmt: skip
        found = LoginFile(tmp_path / "auth.json").find(host, "team/app")
        assert found is not None
        assert (found.username, found.password) == (USER, PASSWORD)
