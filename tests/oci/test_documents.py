"""Manifests, indexes and configurations as other tools write them and as we do."""

from __future__ import annotations

import json

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError, LimitError, UsageError
from bareboat.base.platform import architecture
from bareboat.oci import media
from bareboat.oci.config import Execution, Healthcheck, History, ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest

A, B = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)

# As Docker's builder writes it: schema 2, fields that OCI does not know, nulls, an empty step, nine digits of a second.
DOCKER_CONFIG = {
    "architecture": "arm64",
    "config": {
        "Hostname": "", "Domainname": "", "User": "65532", "AttachStdin": False,
        "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "Env": ["PATH=/bin", "A=b=c", "A=d"], "Cmd": None,
        "Healthcheck": {"Test": ["CMD", "/check"], "Interval": 30_000_000_000, "Retries": 3},
        "Volumes": {"/data": {}}, "WorkingDir": "/home", "Entrypoint": ["/app"], "OnBuild": None,
        "Labels": {"a": "b"}, "StopSignal": "SIGINT",
    },
    "container": "", "created": "2015-10-31T22:22:56.015925234Z", "docker_version": "20.10.24",
    "history": [
        {"created": "2015-10-31T22:22:54.690851953Z", "created_by": "ADD file:1 in /"},
        {"created": "2015-10-31T22:22:55.613815829+01:00", "created_by": 'CMD ["sh"]', "empty_layer": True},
    ],
    "os": "linux", "rootfs": {"type": "layers", "diff_ids": [str(A)]}, "variant": "v8",
}


def test_a_configuration_of_docker_is_read_whole() -> None:
    config = ImageConfig.parse(json.dumps(DOCKER_CONFIG).encode())
    assert config == ImageConfig(
        created="2015-10-31T22:22:56.015925234Z",
        architecture="arm64",
        variant="v8",
        config=Execution(
            user="65532", exposed_ports=("53/udp", "8080/tcp"), env=("PATH=/bin", "A=b=c", "A=d"), entrypoint=("/app",),
            volumes=("/data",), working_dir="/home", labels={"a": "b"}, stop_signal="SIGINT",
            healthcheck=Healthcheck(test=("CMD", "/check"), interval_ns=30_000_000_000, retries=3),
            extra={"Hostname": "", "Domainname": "", "AttachStdin": False, "OnBuild": None},
        ),
        diff_ids=(A,),
        history=(
            History(created="2015-10-31T22:22:54.690851953Z", created_by="ADD file:1 in /"),
            History(created="2015-10-31T22:22:55.613815829+01:00", created_by='CMD ["sh"]', empty_layer=True),
        ),
        extra={"container": "", "docker_version": "20.10.24"},
    )
    assert config.created_at == 1446330176
    assert config.platform == Platform(os="linux", architecture="arm64", variant="v8")
    assert config.config.environment == {"PATH": "/bin", "A": "d"}


def test_a_configuration_is_written_canonically() -> None:
    config = ImageConfig(
        created="2026-01-31T12:00:00Z",
        architecture="amd64",
        config=Execution(env=("PATH=/bin",), volumes=("/b", "/a", "/b"), cmd=()),
        diff_ids=(A,),
        history=(History(created_by="static"),),
    )
    assert config.to_bytes().decode() == (
        '{"architecture":"amd64","config":{"Env":["PATH=/bin"],"Volumes":{"/a":{},"/b":{}}},'
        '"created":"2026-01-31T12:00:00Z","history":[{"created_by":"static"}],"os":"linux",'
        f'"rootfs":{{"diff_ids":["{A}"],"type":"layers"}}}}'
    )
    assert config.descriptor() == Descriptor.of(media.CONFIG, config.to_bytes())


def test_a_manifest_is_written_canonically() -> None:
    manifest = Manifest(
        config=Descriptor(media_type=media.CONFIG, digest=A, size=1),
        layers=(Descriptor(media_type=media.LAYER_GZIP, digest=B, size=2, annotations={"b": "2", "a": "1"}),),
        annotations={"x": "y"},
    )
    assert manifest.to_bytes().decode() == (
        '{"annotations":{"x":"y"},'
        f'"config":{{"digest":"{A}","mediaType":"application/vnd.oci.image.config.v1+json","size":1}},'
        f'"layers":[{{"annotations":{{"a":"1","b":"2"}},"digest":"{B}",'
        '"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":2}],'
        '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}'
    )
    platform = Platform.of(architecture("armhf"))
    assert manifest.descriptor(platform) == Descriptor(
        media_type=media.MANIFEST, digest=Digest.of(manifest.to_bytes()), size=len(manifest.to_bytes()),
        platform=Platform(os="linux", architecture="arm", variant="v7"),
    )


def test_an_empty_index_keeps_its_list() -> None:
    """image-index.md: "While this property MUST be present, the size of the array MAY be zero."."""
    assert Index().to_bytes() == (
        b'{"manifests":[],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}'
    )


def entry(platform: str, digest: Digest = A) -> Descriptor:
    return Descriptor(media_type=media.MANIFEST, digest=digest, size=1, platform=Platform.parse(platform))


def test_an_index_of_platforms_has_one_order() -> None:
    entries = [entry("linux/arm64/v8"), entry("linux/amd64", B), entry("linux/amd64")]
    assert Index.of_platforms(entries) == Index.of_platforms(reversed(entries))
    assert [str(item.platform) for item in Index.of_platforms(entries).manifests] == [
        "linux/amd64", "linux/amd64", "linux/arm64/v8",
    ]


@pytest.mark.parametrize(
    ("wanted", "there", "expected"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm", "linux/arm/v7", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/v6", "linux/arm", False),
    ],
)
def test_variants_that_go_without_saying(wanted: str, there: str, expected: bool) -> None:
    found = Index(manifests=(entry(there),)).for_platform(Platform.parse(wanted))
    assert (found is not None) is expected


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"])
def test_a_broken_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as a platform"):
        Platform.parse(text)


def test_docker_schema_2_is_read_with_its_own_media_types() -> None:
    data = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media.DOCKER_MANIFEST,
            "config": {"mediaType": media.DOCKER_CONFIG, "size": 1, "digest": str(A)},
            "layers": [{"mediaType": media.DOCKER_LAYER_GZIP, "size": 2, "digest": str(B), "data": "eA=="}],
        }
    ).encode()
    manifest = Manifest.parse(data)
    assert (manifest.media_type, manifest.config.media_type) == (media.DOCKER_MANIFEST, media.DOCKER_CONFIG)
    assert media.compression_of(manifest.layers[0].media_type) is media.Compression.gzip
    assert dict(manifest.layers[0].extra) == {"data": "eA=="}
    assert manifest.descriptor() == Descriptor.of(media.DOCKER_MANIFEST, data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schemaVersion": 1}, "manifest: schemaVersion: must be 2, not 1"),
        ({"schemaVersion": None}, "manifest: schemaVersion is missing"),
        ({"config": None}, "manifest: config is missing"),
        ({"layers": {}}, "manifest: layers must be a list, not a mapping"),
        ({"layers": [{}]}, "manifest: layers[0]: size is missing"),
        (
            {"layers": [{"mediaType": "x/y", "size": 1, "digest": "md5:1"}]},
            'manifest: layers[0]: digest: cannot read "md5:1" as a digest',
        ),
        ({"layers": [{"mediaType": "x/y", "size": -1, "digest": str(A)}]}, "manifest: layers[0]: size: cannot be -1"),
        (
            {"layers": [{"mediaType": "x/y", "size": True, "digest": str(A)}]},
            "manifest: layers[0]: size must be a whole number, not true or false",
        ),
        ({"annotations": {"a": 1}}, "manifest: annotations must be a mapping of texts, not a number"),
    ],
)
def test_a_broken_manifest_names_the_field(change: dict[str, object], message: str) -> None:
    whole = {"schemaVersion": 2, "config": {"mediaType": "x/y", "size": 1, "digest": str(A)}, "layers": []}
    with pytest.raises(FormatError) as caught:
        Manifest.parse(json.dumps({**whole, **change}).encode())
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": None}, "config: architecture is missing"),
        ({"rootfs": None}, "config: rootfs is missing"),
        ({"rootfs": {"type": "tar", "diff_ids": []}}, 'config: rootfs: type: must be "layers", not "tar"'),
        (
            {"rootfs": {"type": "layers", "diff_ids": ["x"]}},
            'config: rootfs: diff_ids: cannot read "x" as a digest',
        ),
        ({"config": {"Env": "A=b"}}, "config: config: Env must be a list, not text"),
        ({"history": [{"empty_layer": "yes"}]}, "config: history[0]: empty_layer must be true or false, not text"),
    ],
)
def test_a_broken_configuration_names_the_field(change: dict[str, object], message: str) -> None:
    whole = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    with pytest.raises(FormatError) as caught:
        ImageConfig.parse(json.dumps({**whole, **change}).encode())
    assert caught.value.message == message


def test_a_document_beyond_the_limit_is_not_parsed() -> None:
    with pytest.raises(LimitError) as caught:
        Index.parse(b" " * (4 * 1024 * 1024 + 1))
    assert caught.value.message == "index: cannot read 4194305 bytes: the limit is 4194304"
