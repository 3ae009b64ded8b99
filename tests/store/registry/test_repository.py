"""Reading and writing one repository of a registry that behaves."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FetchError, FormatError, NotFoundError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.store.registry.registries import Registries
from bareboat.store.registry.repository import Repository
from tests.makers.image import make_image
from tests.makers.registry import Registry
from tests.store.registry.conftest import at

BLOB = bytes(range(256)) * 1000
TYPE = "application/octet-stream"


def test_a_tag_is_resolved_by_one_head(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())

    found = repository.resolve("1.0")

    assert (found, [str(one) for one in registry.requests]) == (root, ["HEAD /v2/team/app/manifests/1.0"])


def test_what_is_not_there_resolves_to_nothing(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())

    assert repository.resolve("2.0") is None
    assert repository.resolve(Digest.of(b"")) is None


def test_a_registry_that_says_no_digest_is_read(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.no_digest = True

    assert repository.resolve("1.0") == root


def test_a_manifest_comes_as_the_registry_has_it(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    expected = registry.repository("team/app").manifests[str(root.digest)][1]

    assert repository.manifest("1.0") == (root, expected)
    assert repository.manifest(root.digest) == (root, expected)


def test_every_kind_of_manifest_is_asked_for(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())
    repository.manifest("1.0")

    accepted = registry.requests[-1].headers["accept"].split(", ")
    assert set(accepted) == {media.INDEX, media.MANIFEST, media.DOCKER_INDEX, media.DOCKER_MANIFEST}


def test_dockers_elder_types_are_read(registry: Registry, repository: Repository) -> None:
    data = b'{"schemaVersion": 2, "mediaType": "%s", "manifests": []}' % media.DOCKER_INDEX.encode()
    expected = registry.add("team/app", media.DOCKER_INDEX, data, "1.0")

    assert repository.manifest("1.0") == (expected, data)


@pytest.mark.parametrize("said", ["application/json", "application/octet-stream"])
def test_a_type_that_says_nothing_is_found_inside(registry: Registry, repository: Repository, said: str) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.wrong_type = said

    assert repository.manifest("1.0")[0] == root
    assert repository.resolve("1.0") == root


def test_parameters_of_the_type_are_ignored(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.wrong_type = f"{media.INDEX}; charset=utf-8"

    assert repository.resolve("1.0") == root


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", "application/json"],
)
def test_schema_1_is_refused(registry: Registry, repository: Repository, media_type: str) -> None:
    registry.add("team/app", media_type, b'{"schemaVersion": 1, "name": "app", "fsLayers": []}', "1.0")

    with pytest.raises(FormatError, match=r"127\.0\.0\.1:\d+/team/app:1\.0: cannot read .*schema 1"):
        repository.manifest("1.0")


def test_a_blob_comes_verified(registry: Registry, repository: Repository) -> None:
    descriptor = registry.add("team/app", TYPE, BLOB)

    with repository.open(descriptor) as stream:
        assert stream.read() == BLOB
    assert repository.has(descriptor)
    assert not repository.has(Descriptor.of(TYPE, b"another"))


def test_a_blob_of_another_size_is_not_there(registry: Registry, repository: Repository) -> None:
    descriptor = registry.add("team/app", TYPE, BLOB)

    assert not repository.has(Descriptor(media_type=TYPE, digest=descriptor.digest, size=1))


def test_an_empty_blob_can_be_read_and_written(registry: Registry, repository: Repository) -> None:
    empty = Descriptor.of(TYPE, b"")

    assert repository.upload(empty, io.BytesIO)
    with repository.open(empty) as stream:
        assert stream.read() == b""


def test_a_blob_that_is_not_there_says_so(repository: Repository) -> None:
    with pytest.raises(NotFoundError, match="cannot read the blob: it is not there"), repository.open(
        Descriptor.of(TYPE, BLOB)
    ) as stream:
        stream.read()


def test_a_stream_that_is_closed_early_frees_its_place(registry: Registry, repository: Repository) -> None:
    descriptor = registry.add("team/app", TYPE, BLOB)

    for _ in range(20):
        with repository.open(descriptor) as stream:
            stream.read(10)
    with repository.open(descriptor) as stream:
        assert stream.read() == BLOB


def test_a_manifest_is_put_under_a_tag_and_its_digest(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())
    descriptor, data = repository.manifest("1.0")

    assert repository.put(data, descriptor.media_type, "2.0") == descriptor.digest
    assert repository.put(data, descriptor.media_type, descriptor.digest) == descriptor.digest
    assert registry.repository("team/app").tags["2.0"] == str(descriptor.digest)
    assert registry.asked("PUT")[0].headers["content-type"] == descriptor.media_type


def test_a_manifest_whose_blobs_are_missing_is_refused_in_the_registrys_words(
    registry: Registry, repository: Repository
) -> None:
    image = make_image()

    with pytest.raises(FetchError, match=r"team/app:1\.0: cannot write the manifest: .*400.*MANIFEST_BLOB_UNKNOWN"):
        repository.put(image.manifest.to_bytes(), media.MANIFEST, "1.0")


def test_tags_are_listed_over_all_pages(registry: Registry, repository: Repository) -> None:
    image = make_image()
    for number in range(25):
        registry.put("team/app", f"v{number:02}", image)
    registry.faults.page = 10

    assert list(repository.tags()) == [f"v{number:02}" for number in range(25)]
    assert len(registry.asked("GET", "/tags/list")) == 3


def test_tags_of_an_empty_repository_are_none(registry: Registry, repository: Repository) -> None:
    registry.repository("team/app")

    assert list(repository.tags()) == []


def test_tags_of_no_repository_are_an_error(repository: Repository) -> None:
    with pytest.raises(NotFoundError, match=r"/team/app: cannot list the tags: .*NAME_UNKNOWN"):
        list(repository.tags())


def test_pages_that_lead_in_a_circle_end(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())
    registry.faults.page, registry.faults.circle = 1, True

    with pytest.raises(FormatError, match="the pages of the list never end"):
        list(repository.tags())


def test_tags_and_manifests_are_deleted(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.repository("team/app").tags["2.0"] = str(root.digest)

    repository.delete("2.0")
    assert list(repository.tags()) == ["1.0"]

    repository.delete(root.digest)
    assert repository.resolve("1.0") is None


def test_a_registry_that_does_not_delete_says_so(registry: Registry, repository: Repository) -> None:
    root = registry.put("team/app", "1.0", make_image())
    registry.faults.no_delete = True

    with pytest.raises(FetchError, match="cannot delete the manifest: the registry does not allow it") as caught:
        repository.delete(root.digest)
    assert caught.value.hint is not None
    assert "storage.delete.enabled" in caught.value.hint

    with pytest.raises(FetchError, match="cannot delete the tag: the registry does not allow it"):
        repository.delete("1.0")


def test_what_is_not_there_cannot_be_deleted(registry: Registry, repository: Repository) -> None:
    registry.put("team/app", "1.0", make_image())

    with pytest.raises(NotFoundError, match="cannot delete the tag: it is not there"):
        repository.delete("2.0")


def test_the_answer_to_a_refused_connection_names_the_place(client: Callable[..., Registries]) -> None:
    with Registry() as gone:
        repository = at(client(), gone)
    with pytest.raises(FetchError, match=rf"{gone.host}/team/app:1\.0: cannot look for the manifest: .*refused"):
        repository.resolve("1.0")
