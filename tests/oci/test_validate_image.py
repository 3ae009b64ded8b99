"""Whole images: every descriptor keeps its promise, down to the tars and what they make together."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import pytest

from bareboat.base.digest import Digest
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.media import Compression
from bareboat.oci.validate_image import validate_image
from bareboat.store.blobs import Blobs
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_index, make_layer, make_tar


def judge(root: Descriptor, blobs: Blobs) -> list[str]:
    return [str(problem) for problem in validate_image(root, blobs.open)]


def with_layer(image: Made, layer: Descriptor, data: bytes) -> Descriptor:
    """The image with its last layer replaced, its configuration as before."""
    manifest = replace(image.manifest, layers=(*image.manifest.layers[:-1], layer))
    image.blobs.add([data])
    image.blobs.add([manifest.to_bytes()])
    return manifest.descriptor()


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("members", [1, 5])
def test_an_index_of_good_images_has_no_fault(compression: Compression, members: int) -> None:
    layers = [{"etc/a": b"a" * 3000, "lib": b"-> usr/lib", "usr/lib/x": b""}, {"etc/b": b"b"}]
    blobs = MemoryStore()
    images = [
        make_image(layers, architecture=name, variant=variant, compression=compression, members=members)
        for name, variant in (("amd64", None), ("arm", "v7"))
    ]
    assert judge(make_index(images, blobs), blobs) == []


def test_a_missing_blob_is_named() -> None:
    image = make_image()
    blobs = MemoryStore()
    blobs.add([image.manifest.to_bytes()])
    assert judge(image.descriptor, blobs) == [
        f"image: linux/amd64: config: {image.manifest.config.digest} is not here",
        f"image: linux/amd64: layers[0]: {image.manifest.layers[0].digest} is not here",
    ]


def test_a_size_that_is_not_that_of_the_bytes_is_named() -> None:
    image = make_image()
    layer = image.manifest.layers[0]
    wrong = replace(layer, size=layer.size + 1)
    root = with_layer(image, wrong, b"")
    assert judge(root, image.blobs) == [
        f"image: layers[0]: has {layer.size} bytes, its descriptor says {layer.size + 1}"
    ]


def test_bytes_of_another_digest_are_named() -> None:
    image = make_image()
    damaged = {
        descriptor.digest: b"x" * descriptor.size for descriptor in (image.manifest.config, *image.manifest.layers)
    }

    def open_blob(digest: Digest) -> BinaryIO:
        return io.BytesIO(damaged[digest]) if digest in damaged else image.blobs.open(digest)

    problems = [str(problem) for problem in validate_image(image.descriptor, open_blob)]
    where = "image: linux/amd64"
    assert f"{where}: config: its bytes do not have {image.manifest.config.digest}" in problems
    assert f"{where}: layers[0]: its bytes do not have {image.manifest.layers[0].digest}" in problems


def test_a_layer_of_another_diff_id_is_named() -> None:
    image = make_image()
    tar = make_tar({"other": b""})
    data = make_layer(tar)
    root = with_layer(image, Descriptor.of(media.LAYER_GZIP, data), data)
    assert judge(root, image.blobs) == [
        f"image: layers[0]: its tar has {Digest.of(tar)}, diff_ids has {image.config.diff_ids[0]}"
    ]


def test_a_layer_that_is_not_packed_as_said_is_named() -> None:
    image = make_image()
    data = make_layer(make_tar({"a": b""}), Compression.zstd)
    root = with_layer(image, Descriptor.of(media.LAYER_GZIP, data), data)
    assert len(judge(root, image.blobs)) == 1
    assert judge(root, image.blobs)[0].startswith("image: layers[0]: cannot read as gzip: ")


def test_a_layer_that_writes_through_a_link_of_a_lower_one_is_named() -> None:
    """Such an entry lands elsewhere, or replaces the link: unpackers differ."""
    image = make_image([{"lib": b"-> usr/lib", "usr/lib/": b""}, {"lib/x": b""}])
    assert judge(image.descriptor, image.blobs) == []  # the upper layer brings a folder, which replaces the link
    tar = make_tar({"lib/x": b""})[512:]
    data = make_layer(tar)
    problems = judge(with_layer(image, Descriptor.of(media.LAYER_GZIP, data), data), image.blobs)
    assert problems == ['image: layers[1]: "lib/x" stands in "lib", which is no folder']


def test_an_index_that_names_another_platform_than_the_configuration_is_named() -> None:
    image = make_image(architecture="arm64", variant="v8")
    wrong = image.descriptor.with_platform(Platform(architecture="amd64"))
    assert judge(wrong, image.blobs) == [
        'image: linux/amd64: config: is for "linux/arm64/v8", the index says "linux/amd64"'
    ]


def test_a_descriptor_of_another_media_type_is_named() -> None:
    image = make_image()
    wrong = replace(image.descriptor, media_type=media.DOCKER_MANIFEST)
    assert judge(wrong, image.blobs) == [
        f'image: linux/amd64: its mediaType is "{media.MANIFEST}", its descriptor says "{media.DOCKER_MANIFEST}"'
    ]


def test_what_is_of_an_unknown_media_type_is_passed_over() -> None:
    """image-index.md: "An encountered `mediaType` that is unknown to the implementation MUST be ignored."."""
    blobs = MemoryStore()
    index = Index(manifests=(Descriptor.of("application/x", b"x"),))
    blobs.add([index.to_bytes()])
    assert judge(index.descriptor(), blobs) == []


def test_endless_nesting_ends() -> None:
    blobs = MemoryStore()
    index = Index()
    for _ in range(12):
        blobs.add([index.to_bytes()])
        index = Index(manifests=(index.descriptor(),))
    blobs.add([index.to_bytes()])
    assert judge(index.descriptor(), blobs) == ["image: indexes are nested more than 8 deep"]
