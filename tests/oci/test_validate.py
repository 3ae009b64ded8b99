"""Every fault that a validator of the image specification would report, one by one and together."""

from __future__ import annotations

import json

import pytest

from bareboat.base.problem import Problem
from bareboat.oci import media
from bareboat.oci.validate import validate_config, validate_index, validate_manifest
from tests.makers.image import make_image

DIGEST = "sha256:" + "a" * 64


def descriptor(**changes: object) -> dict[str, object]:
    return {"mediaType": media.MANIFEST, "digest": DIGEST, "size": 1, **changes}


def said(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem) for problem in problems]


def test_what_we_make_has_no_fault() -> None:
    image = make_image()
    assert validate_manifest(image.manifest.to_bytes()) == ()
    assert validate_config(image.config.to_bytes(), layers=1) == ()


INDEX: list[tuple[dict[str, object], str]] = [
    ({"schemaVersion": 1}, "index: schemaVersion: must be 2, not 1"),
    ({"mediaType": "text/plain"}, 'index: mediaType: "text/plain" is not that of this document'),
    ({"manifests": None}, "index: manifests must be a list"),
    ({"manifests": [descriptor(mediaType="x")]}, 'index: manifests[0]: mediaType: "x" is no media type'),
    ({"manifests": [descriptor(digest="x")]}, 'index: manifests[0]: digest: cannot read "x" as a digest'),
    ({"manifests": [descriptor(size=-1)]}, "index: manifests[0]: size: cannot be -1"),
    ({"manifests": [descriptor(urls=["nowhere"])]}, 'index: manifests[0]: urls: "nowhere" is no URI'),
    ({"manifests": [descriptor(platform={"os": "linux"})]}, "index: manifests[0]: platform: architecture is missing"),
    (
        {"manifests": [descriptor(platform={"os": "linux", "architecture": ""})]},
        'index: manifests[0]: platform: "linux/" is incomplete',
    ),
    (
        {"manifests": [descriptor(platform={"os": "linux", "architecture": "arm", "variant": "7"})]},
        'index: manifests[0]: platform: "linux/arm/7" has no known variant',
    ),
    (
        {"manifests": [descriptor(platform={"os": "linux", "architecture": "amd64"})] * 2},
        'index: manifests: has 2 entries for "linux/amd64"',
    ),
    ({"annotations": {"a": 1}}, "index: annotations must be a mapping of texts, not a number"),
    ({"annotations": {"": "x"}}, "index: annotations: a key is empty"),
    (
        {"annotations": {"org.opencontainers.image.created": "today"}},
        'index: annotations: org.opencontainers.image.created: "today" is no date such as 2026-01-31T12:00:00Z',
    ),
    (
        {"annotations": {"org.opencontainers.image.base.digest": "x"}},
        'index: annotations: org.opencontainers.image.base.digest: cannot read "x" as a digest',
    ),
    (
        {"manifests": [descriptor(annotations={"org.opencontainers.image.ref.name": "a b"})]},
        'index: manifests[0]: org.opencontainers.image.ref.name: "a b" is no name of an image',
    ),
]


@pytest.mark.parametrize(("change", "expected"), INDEX, ids=[expected for _, expected in INDEX])
def test_a_fault_of_an_index(change: dict[str, object], expected: str) -> None:
    whole = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": []}
    in_layout = "ref.name" in expected
    assert said(validate_index(json.dumps({**whole, **change}).encode(), in_layout=in_layout)) == [expected]


MANIFEST: list[tuple[dict[str, object], str]] = [
    ({"config": None}, "manifest: config is missing"),
    ({"layers": "x"}, "manifest: layers must be a list"),
    ({"layers": [descriptor()]}, f'manifest: layers[0]: "{media.MANIFEST}" is no media type of a layer'),
    ({"config": descriptor(mediaType=media.EMPTY)}, "manifest: artifactType is missing, though config is empty"),
    ({"subject": {}}, "manifest: subject: size is missing"),
]


@pytest.mark.parametrize(("change", "expected"), MANIFEST, ids=[expected for _, expected in MANIFEST])
def test_a_fault_of_a_manifest(change: dict[str, object], expected: str) -> None:
    whole = {"schemaVersion": 2, "config": descriptor(mediaType=media.CONFIG), "layers": []}
    assert said(validate_manifest(json.dumps({**whole, **change}).encode())) == [expected]


CONFIG: list[tuple[dict[str, object], str]] = [
    ({"architecture": None}, "config: architecture is missing"),
    ({"os": ""}, "config: os is empty"),
    ({"created": "2026-01-31"}, 'config: created: "2026-01-31" is no date such as 2026-01-31T12:00:00Z'),
    ({"created": "2026-13-31T12:00:00Z"}, 'config: created: cannot read "2026-13-31T12:00:00Z" as a date such as'),
    ({"rootfs": {"type": "x", "diff_ids": [DIGEST]}}, 'config: rootfs: type: must be "layers", not "x"'),
    ({"rootfs": {"type": "layers", "diff_ids": ["x"]}}, 'config: rootfs: diff_ids[0]: cannot read "x" as a digest'),
    (
        {"rootfs": {"type": "layers", "diff_ids": []}},
        "config: rootfs: diff_ids: has 0 entries, the manifest has 1 layers",
    ),
    ({"history": [{}, {}]}, "config: history: tells of 2 layers, rootfs has 1"),
    ({"history": [{"empty_layer": True}]}, "config: history: tells of 0 layers, rootfs has 1"),
    ({"history": [{"created": "x"}]}, 'config: history[0]: created: "x" is no date such as 2026-01-31T12:00:00Z'),
    ({"config": {"Env": ["PATH"]}}, 'config: config: Env: "PATH" is not in the form NAME=value'),
    ({"config": {"Env": ["=x"]}}, 'config: config: Env: "=x" is not in the form NAME=value'),
    ({"config": {"Env": ["A=1", "A=2"]}}, 'config: config: Env: "A" is set twice'),
    ({"config": {"ExposedPorts": {"http": {}}}}, 'config: config: ExposedPorts: "http" is no port such as 8080/tcp'),
    ({"config": {"ExposedPorts": {"65536": {}}}}, 'config: config: ExposedPorts: "65536" is no port such as 8080/tcp'),
    ({"config": {"Volumes": {"data": {}}}}, 'config: config: Volumes: "data" is no absolute path'),
    ({"config": {"WorkingDir": "x"}}, 'config: config: WorkingDir: "x" is no absolute path'),
    ({"config": {"User": "a:b:c"}}, 'config: config: User: "a:b:c" is no user or user:group'),
    ({"config": {"StopSignal": "TERM"}}, 'config: config: StopSignal: "TERM" is no signal such as SIGTERM'),
    ({"config": {"Entrypoint": "sh"}}, "config: config: Entrypoint must be a list, not text"),
    (
        {"config": {"Healthcheck": {"Test": ["/x"]}}},
        'config: config: Healthcheck: Test: must begin with NONE, CMD or CMD-SHELL, not "/x"',
    ),
    ({"config": {"Healthcheck": {"Retries": -1}}}, "config: config: Healthcheck: has a negative number"),
]


@pytest.mark.parametrize(("change", "expected"), CONFIG, ids=[expected for _, expected in CONFIG])
def test_a_fault_of_a_configuration(change: dict[str, object], expected: str) -> None:
    whole = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [DIGEST]}}
    found = said(validate_config(json.dumps({**whole, **change}).encode(), layers=1))
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_all_faults_are_reported_at_once() -> None:
    data = {"os": "", "rootfs": {}, "config": {"Env": ["A"], "User": " "}, "created": "x"}
    assert said(validate_config(json.dumps(data).encode())) == [
        "config: architecture is missing",
        "config: os is empty",
        'config: config: Env: "A" is not in the form NAME=value',
        'config: config: User: " " is no user or user:group',
        'config: created: "x" is no date such as 2026-01-31T12:00:00Z',
        "config: rootfs: diff_ids must be a list",
        "config: rootfs: type is missing",
    ]


def test_attestations_of_unknown_platform_may_be_many() -> None:
    """As Docker's builder puts them beside the images."""
    unknown = descriptor(platform={"os": "unknown", "architecture": "unknown"})
    data = json.dumps({"schemaVersion": 2, "manifests": [unknown, unknown]}).encode()
    assert validate_index(data) == ()
