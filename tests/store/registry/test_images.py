"""An image in a registry as a place of images."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FetchError, NotFoundError, StoreError, UsageError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.reference import Reference
from bareboat.store.blobs import read
from bareboat.store.images import manifests_of
from bareboat.store.memory import MemoryStore
from bareboat.store.registry.images import RegistryImages, name_of
from bareboat.store.registry.registries import Registries
from tests.makers.image import make_image
from tests.makers.registry import Registry

AMD64, ARM64 = make_image(architecture="amd64"), make_image([{"a": b"arm"}], architecture="arm64")

Open = Callable[..., RegistryImages]


@pytest.fixture
def images(registry: Registry, client: Callable[..., Registries]) -> Open:
    """Opens `team/app` at a tag or digest."""
    registries = client()

    def opened(suffix: str = ":1.0", blobs: MemoryStore | None = None) -> RegistryImages:
        reference = Reference.parse(f"{registry.host}/team/app{suffix}")
        return RegistryImages.at(registries.source(reference), reference, blobs or MemoryStore())

    return opened


def test_an_image_is_found_for_its_platform_and_read(registry: Registry, images: Open) -> None:
    root = registry.put("team/app", "1.0", [AMD64, ARM64])
    store = images()

    assert {name: entry.digest for name, entry in store.images.items()} == {"app:1.0": root.digest}
    found = store.find("app:1.0", Platform(architecture="arm64"))
    assert found.digest == ARM64.descriptor.digest
    manifest = store.read_manifest(found)
    assert store.read_config(manifest.config) == ARM64.config
    assert Digest.of(read(store, manifest.layers[0].digest)) == manifest.layers[0].digest


def test_what_was_read_is_not_fetched_again(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    blobs = MemoryStore()
    for _ in range(2):
        store = images(blobs=blobs)
        read(store, store.read_manifest(store.find("app:1.0")).layers[0].digest)

    assert len(registry.asked("GET", "/blobs/")) == 1
    assert len(registry.asked("GET", "/manifests/1.0")) == 2
    assert len(registry.asked("GET", "/manifests/sha256:")) == 1


def test_an_image_is_named_by_its_digest_too(registry: Registry, images: Open) -> None:
    root = registry.put("team/app", "1.0", AMD64)

    assert list(images(f"@{root.digest}").images) == [f"app@{root.digest}"]


def test_a_tag_that_moves_is_another_image_from_then_on_and_not_half_of_it(registry: Registry, images: Open) -> None:
    first, second = registry.put("team/app", "1.0", AMD64), registry.put("team/app", "2.0", ARM64)
    registry.faults.moves["1.0"] = [str(first.digest), str(second.digest)]
    store = images()

    assert store.read_manifest(store.find("app:1.0")).layers == AMD64.manifest.layers
    assert store.root.digest == first.digest
    assert images().root.digest == second.digest


def test_a_manifest_alone_is_an_image_too(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    store = images(f"@{AMD64.descriptor.digest}")

    assert [one.digest for one in store.platforms(store.images and next(iter(store.images)))] == [
        AMD64.descriptor.digest
    ]


def test_threads_fetch_a_blob_once(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    store = images()
    layer = store.read_manifest(store.find("app:1.0")).layers[0].digest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: read(store, layer), range(8)))) == 1
    assert len(registry.asked("GET", f"/blobs/{layer}")) == 1


def test_only_what_the_image_leads_to_is_here(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    other = registry.add("team/app", "application/octet-stream", b"of another image")
    store = images()

    assert not store.has(other.digest)
    with pytest.raises(NotFoundError, match=r"team/app:1\.0: cannot find sha256"):
        store.open(other.digest)
    with pytest.raises(NotFoundError):
        store.size(other.digest)
    with pytest.raises(StoreError, match="cannot add to an image in a registry"):
        store.add([b""])


def test_what_is_in_the_registry_is_here_before_it_was_fetched(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    store = images()
    manifest = store.read_manifest(store.find("app:1.0"))
    layer = manifest.layers[0]

    assert (store.has(layer.digest), store.size(layer.digest), store.path(layer.digest)) == (True, layer.size, None)
    assert registry.asked("GET", f"/blobs/{layer.digest}") == []
    del registry.repository("team/app").blobs[str(layer.digest)]
    assert not store.has(layer.digest)


@pytest.mark.parametrize("fault", ["wrong_blob", "short_blob", "long_blob"])
def test_bytes_that_are_others_are_not_kept(registry: Registry, images: Open, fault: str) -> None:
    registry.put("team/app", "1.0", AMD64)
    blobs = MemoryStore()
    store = images(blobs=blobs)
    layer = store.read_manifest(store.find("app:1.0")).layers[0].digest
    setattr(registry.faults, fault, True)

    with pytest.raises((DigestMismatchError, FetchError), match="team/app@sha256"):
        store.open(layer)
    assert not blobs.has(layer)


def test_a_size_that_the_index_has_wrong_is_refused(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)
    entry = Descriptor(media_type=media.MANIFEST, digest=AMD64.descriptor.digest, size=AMD64.descriptor.size + 1)
    registry.add("team/app", media.INDEX, Index(manifests=(entry,)).to_bytes(), "2.0")
    store = images(":2.0")

    with pytest.raises(DigestMismatchError, match=f"has {entry.size - 1} bytes, and {entry.size} were promised"):
        store.read_manifest(entry)


def test_indexes_that_name_each_other_end(registry: Registry, images: Open) -> None:
    """No index can name itself, but one that names another many times could lead to billions."""
    entry = registry.put("team/app", "1.0", AMD64)
    for _ in range(5):
        entry = registry.add("team/app", media.INDEX, Index(manifests=(entry,) * 50).to_bytes(), "2.0")
    store = images(":2.0")

    assert [one.digest for one in manifests_of(store, store.root)] == [AMD64.descriptor.digest]


def test_an_index_that_claims_to_contain_itself_names_what_is_not_there(registry: Registry, images: Open) -> None:
    itself = Descriptor(media_type=media.INDEX, digest=Digest.of(b"itself"), size=100)
    registry.add("team/app", media.INDEX, Index(manifests=(itself,)).to_bytes(), "1.0")
    store = images()

    with pytest.raises(NotFoundError, match="cannot read the manifest: it is not there"):
        store.platforms("app:1.0")


def test_an_image_that_is_not_there_is_an_error(images: Open) -> None:
    with pytest.raises(NotFoundError, match=r"team/app:1\.0: cannot read the manifest: it is not there"):
        images()


def test_another_name_is_not_here(registry: Registry, images: Open) -> None:
    registry.put("team/app", "1.0", AMD64)

    with pytest.raises(UsageError, match='cannot find the image "other"'):
        images().find("other")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("ghcr.io/team/app:1", "app:1"), ("ghcr.io/team/app", "app:latest"), ("debian", "debian:latest")],
)
def test_the_name_is_the_last_part(reference: str, expected: str) -> None:
    assert name_of(Reference.parse(reference)) == expected
