"""What refers to an image: the API of referrers, and the tag that stands in its place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bareboat.base.errors import FetchError, FormatError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.store.registry.referrers import tag_of
from bareboat.store.registry.repository import Repository
from tests.makers.answering import Said
from tests.makers.image import make_image
from tests.makers.registry import Registry

SBOM, SIGNATURE = "application/vnd.example.sbom", "application/vnd.example.signature"


def attached(repository: Repository, registry: Registry, subject: Descriptor, kind: str, text: str) -> Descriptor:
    """An artifact of a kind that refers to an image, pushed."""
    empty = registry.add("team/app", media.EMPTY, b"{}")
    manifest = Manifest(
        config=empty, layers=(), artifact_type=kind, subject=subject, annotations={"org.example.text": text}
    )
    data = manifest.to_bytes()
    repository.put(data, media.MANIFEST, Descriptor.of(media.MANIFEST, data).digest)
    return Descriptor.of(media.MANIFEST, data)


def listed(index: Index) -> list[tuple[str | None, str]]:
    return sorted((entry.artifact_type, entry.annotations["org.example.text"]) for entry in index.manifests)


@pytest.fixture(params=[False, True], ids=["the API", "the tag"])
def by_tag(request: pytest.FixtureRequest, registry: Registry) -> bool:
    registry.faults.no_referrers = request.param
    return bool(request.param)


def test_referrers_are_listed_and_filtered(registry: Registry, repository: Repository, by_tag: bool) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    for kind, text in ((SBOM, "a"), (SIGNATURE, "b"), (SBOM, "c")):
        attached(repository, registry, subject, kind, text)

    assert listed(repository.referrers(subject.digest)) == [(SBOM, "a"), (SBOM, "c"), (SIGNATURE, "b")]
    assert listed(repository.referrers(subject.digest, SBOM)) == [(SBOM, "a"), (SBOM, "c")]
    assert (tag_of(subject.digest) in registry.repository("team/app").tags) is by_tag


def test_what_is_pushed_twice_is_listed_once(registry: Registry, repository: Repository, by_tag: bool) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    attached(repository, registry, subject, SBOM, "a")
    attached(repository, registry, subject, SBOM, "a")

    assert listed(repository.referrers(subject.digest)) == [(SBOM, "a")]


def test_nothing_refers_to_most_images(registry: Registry, repository: Repository, by_tag: bool) -> None:
    subject = registry.put("team/app", "1.0", make_image())

    assert repository.referrers(subject.digest) == Index()


def test_a_registry_that_does_not_filter_is_filtered_here(registry: Registry, repository: Repository) -> None:
    registry.faults.no_filter = True
    subject = registry.put("team/app", "1.0", make_image())
    for kind, text in ((SBOM, "a"), (SIGNATURE, "b")):
        attached(repository, registry, subject, kind, text)

    assert listed(repository.referrers(subject.digest, SIGNATURE)) == [(SIGNATURE, "b")]


def test_referrers_are_read_over_all_pages(registry: Registry, repository: Repository) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    for number in range(5):
        attached(repository, registry, subject, SBOM, str(number))
    registry.faults.page = 2

    assert len(repository.referrers(subject.digest).manifests) == 5


def test_without_an_artifact_type_it_is_that_of_the_configuration(registry: Registry, repository: Repository) -> None:
    registry.faults.no_referrers = True
    subject = registry.put("team/app", "1.0", make_image())
    config = registry.add("team/app", "application/vnd.example.config", b"{}")
    data = Manifest(config=config, layers=(), subject=subject, annotations={"org.example.text": "a"}).to_bytes()
    repository.put(data, media.MANIFEST, "attached")

    assert listed(repository.referrers(subject.digest)) == [("application/vnd.example.config", "a")]


def test_what_is_deleted_is_listed_no_more(registry: Registry, repository: Repository, by_tag: bool) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    gone = attached(repository, registry, subject, SBOM, "a")
    attached(repository, registry, subject, SBOM, "b")
    repository.delete(gone.digest)

    assert listed(repository.referrers(subject.digest)) == [(SBOM, "b")]


def test_referrers_that_are_pushed_at_once_are_all_listed(
    registry: Registry, repository: Repository, by_tag: bool
) -> None:
    subject = registry.put("team/app", "1.0", make_image())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: attached(repository, registry, subject, SBOM, str(n)), range(10)))
    assert len(repository.referrers(subject.digest).manifests) == 10


def test_something_else_under_the_tag_is_not_written_over(registry: Registry, repository: Repository) -> None:
    registry.faults.no_referrers = True
    image = make_image()
    subject = registry.put("team/app", "1.0", image)
    tags = registry.repository("team/app").tags
    tags[tag_of(subject.digest)] = str(image.descriptor.digest)

    assert repository.referrers(subject.digest) == Index()
    with pytest.raises(FormatError, match="is no index of referrers"):
        attached(repository, registry, subject, SBOM, "a")
    assert tags[tag_of(subject.digest)] == str(image.descriptor.digest)


@pytest.mark.parametrize("status", [400, 405, 406, 501])
def test_registries_without_the_api_say_so_in_their_own_ways(
    registry: Registry, repository: Repository, status: int
) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    registry.say("GET", "/referrers/", Said(status=status))

    assert repository.referrers(subject.digest) == Index()


def test_a_refusal_is_no_empty_list(registry: Registry, repository: Repository) -> None:
    subject = registry.put("team/app", "1.0", make_image())
    registry.say("GET", "/referrers/", Said(status=403))

    with pytest.raises(FetchError, match="cannot list the referrers: it is forbidden"):
        repository.referrers(subject.digest)


def test_the_tag_is_the_digest_with_a_dash() -> None:
    digest = Descriptor.of("", b"").digest

    assert tag_of(digest) == f"sha256-{digest.hex}"
