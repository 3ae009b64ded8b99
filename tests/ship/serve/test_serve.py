"""The read-only registry, address by address, as the distribution specification has it."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.index import Index
from bareboat.store.archive_file import write_oci_archive
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_index, make_layout
from tests.makers.referring import referring
from tests.makers.served import Served, served

BIG = {"usr/lib/big": random.Random(1).randbytes(8 << 20)}
NONE = Digest.of(b"nobody has this")


@pytest.fixture(scope="module")
def image() -> Made:
    return make_image([BIG, {"etc/motd": b"hi\n"}])


@pytest.fixture
def registry(tmp_path: Path, image: Made) -> Iterator[Served]:
    make_layout(tmp_path / "out", {"python3:nonroot": image, "static:latest": make_image(), "python3:debug": image})
    with served(tmp_path / "out") as running:
        yield running


def test_it_says_that_it_is_a_registry(registry: Served) -> None:
    for path in ("/v2/", "/v2"):
        answer = registry.get(path)
        assert (answer.status, answer.json) == (200, {})
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


def test_a_manifest_comes_by_tag_and_by_digest_with_its_type(registry: Served, tmp_path: Path) -> None:
    root = Layout.at(tmp_path / "out").images["python3:nonroot"]
    data = Layout.at(tmp_path / "out").read_index(root).to_bytes()
    for which in ("nonroot", str(root.digest)):
        answer = registry.get(f"/v2/python3/manifests/{which}")
        assert (answer.status, answer.body) == (200, data)
        assert answer.headers["content-type"] == media.INDEX
        assert answer.headers["docker-content-digest"] == str(root.digest)


def test_a_platforms_manifest_comes_by_digest_alone(registry: Served, image: Made) -> None:
    answer = registry.get(f"/v2/python3/manifests/{image.descriptor.digest}")

    assert (answer.status, answer.body) == (200, image.manifest.to_bytes())
    assert answer.headers["content-type"] == media.MANIFEST


def test_head_says_what_get_would_and_sends_nothing(registry: Served, image: Made) -> None:
    for path in (f"/v2/python3/blobs/{image.manifest.layers[0].digest}", "/v2/python3/manifests/nonroot"):
        head, whole = registry.get(path, "HEAD"), registry.get(path)
        assert (head.status, head.body) == (200, b"")
        assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
        assert int(head.headers["content-length"]) == len(whole.body)


def test_a_blob_comes_whole(registry: Served, image: Made) -> None:
    layer = image.manifest.layers[0]

    answer = registry.get(f"/v2/python3/blobs/{layer.digest}")

    assert Digest.of(answer.body) == layer.digest
    assert answer.headers["docker-content-digest"] == str(layer.digest)
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-99999999999", 206, slice(5, None)),
        ("Bytes = 0-0", 200, slice(None)),
        ("bytes=0-0,2-3", 200, slice(None)),
        ("bytes=9-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("lines=0-9", 200, slice(None)),
    ],
)
def test_a_part_of_a_blob_comes(registry: Served, image: Made, asked: str, status: int, part: slice) -> None:
    """RFC 9110, 14: what is not one range of bytes may be answered with everything."""
    path = f"/v2/python3/blobs/{image.manifest.layers[0].digest}"
    whole = registry.get(path).body

    answer = registry.get(path, range=asked)

    assert (answer.status, answer.body) == (status, whole[part])
    if status == 206:
        first, last, _ = part.indices(len(whole))
        assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999999-", "bytes=-0"])
def test_a_part_that_there_is_not_is_refused_with_the_size(registry: Served, image: Made, asked: str) -> None:
    layer = image.manifest.layers[0]

    answer = registry.get(f"/v2/python3/blobs/{layer.digest}", range=asked)

    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{layer.size}")


def test_a_part_of_something_else_is_not_given(registry: Served, image: Made) -> None:
    """RFC 9110, 13.1.5: with another validator in If-Range, everything is sent."""
    layer = image.manifest.layers[0]
    path = f"/v2/python3/blobs/{layer.digest}"

    assert registry.get(path, range="bytes=0-9", if_range='"other"').status == 200
    assert registry.get(path, range="bytes=0-9", if_range=f'"{layer.digest}"').status == 206


def test_who_has_it_is_told_so(registry: Served, image: Made) -> None:
    for path in (f"/v2/python3/blobs/{image.manifest.layers[0].digest}", "/v2/python3/manifests/nonroot"):
        tag = registry.get(path, "HEAD").headers["etag"]
        assert registry.get(path, if_none_match=f'"x", W/{tag}').status == 304
        assert registry.get(path, if_none_match="*").status == 304
        assert registry.get(path, if_none_match='"x"').status == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/nobody/manifests/latest", 404, "NAME_UNKNOWN"),
        ("/v2/nobody/tags/list", 404, "NAME_UNKNOWN"),
        (f"/v2/nobody/blobs/{NONE}", 404, "NAME_UNKNOWN"),
        (f"/v2/nobody/referrers/{NONE}", 404, "NAME_UNKNOWN"),
        ("/v2/python3/manifests/gone", 404, "MANIFEST_UNKNOWN"),
        ("/v2/python3/manifests/.INVALID_MANIFEST_NAME", 404, "MANIFEST_UNKNOWN"),
        (f"/v2/python3/manifests/{NONE}", 404, "MANIFEST_UNKNOWN"),
        ("/v2/python3/manifests/sha256:short", 400, "DIGEST_INVALID"),
        (f"/v2/python3/blobs/{NONE}", 404, "BLOB_UNKNOWN"),
        ("/v2/python3/blobs/sha256:..%2F..%2Fetc", 404, "UNSUPPORTED"),
        ("/v2/python3/blobs/sha256:zz", 400, "DIGEST_INVALID"),
        ("/v2/python3/referrers/sha256:zz", 400, "DIGEST_INVALID"),
        ("/v2/python3/tags/list?n=many", 400, "PAGINATION_NUMBER_INVALID"),
        ("/v2/python3/blobs/uploads/1234", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("/", 404, "UNSUPPORTED"),
        ("/v1/search", 404, "UNSUPPORTED"),
    ],
)
def test_what_there_is_not_is_said_in_the_documents_of_the_specification(
    registry: Served, path: str, status: int, code: str
) -> None:
    answer = registry.get(path)

    assert (answer.status, answer.code, answer.headers["content-type"]) == (status, code, "application/json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/python3/blobs/uploads/"),
        ("PUT", "/v2/python3/manifests/nonroot"),
        ("PATCH", "/v2/python3/blobs/uploads/1234"),
        ("DELETE", "/v2/python3/manifests/nonroot"),
        ("DELETE", f"/v2/python3/blobs/{NONE}"),
    ],
)
def test_nobody_writes(registry: Served, method: str, path: str) -> None:
    answer = registry.get(path, method)

    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "UNSUPPORTED", "GET, HEAD")


def test_a_blob_is_no_manifest(registry: Served, image: Made) -> None:
    for digest in (image.manifest.config.digest, image.manifest.layers[0].digest):
        answer = registry.get(f"/v2/python3/manifests/{digest}")
        assert (answer.status, answer.code) == (404, "MANIFEST_UNKNOWN")


def test_repositories_are_listed_page_by_page(registry: Served) -> None:
    assert registry.get("/v2/_catalog").json == {"repositories": ["python3", "static"]}

    first = registry.get("/v2/_catalog?n=1")

    assert first.json == {"repositories": ["python3"]}
    assert first.headers["link"] == '</v2/_catalog?n=1&last=python3>; rel="next"'
    assert registry.get("/v2/_catalog?n=1&last=python3").json == {"repositories": ["static"]}


def test_tags_are_listed_in_lexical_order_page_by_page(tmp_path: Path) -> None:
    """"the tags MUST be in lexical order (i.e. case-insensitive alphanumeric order)"."""
    tags = ["1.0", "2", "a", "B", "c"]
    make_layout(tmp_path / "out", {f"app:{tag}": make_image() for tag in tags})
    with served(tmp_path / "out") as registry:
        assert registry.get("/v2/app/tags/list").json == {"name": "app", "tags": tags}
        page = registry.get("/v2/app/tags/list?n=2&last=2")
        assert page.json["tags"] == ["a", "B"]
        assert page.headers["link"] == '</v2/app/tags/list?n=2&last=B>; rel="next"'
        assert registry.get("/v2/app/tags/list?n=9&last=aa").json["tags"] == ["B", "c"]
        nothing = registry.get("/v2/app/tags/list?n=0")
        assert (nothing.json["tags"], "link" in nothing.headers) == ([], False)
        assert "link" not in registry.get("/v2/app/tags/list?n=5").headers


def test_a_damaged_blob_is_noticed_and_never_sent(tmp_path: Path, image: Made) -> None:
    make_layout(tmp_path / "out", {"app:1": image})
    layer = image.manifest.layers[0]
    file = tmp_path / "out" / "blobs" / "sha256" / layer.digest.hex
    whole = file.read_bytes()
    with served(tmp_path / "out") as registry:
        path = f"/v2/app/blobs/{layer.digest}"
        assert registry.get(path).body == whole
        file.chmod(0o644)
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        for method in ("GET", "HEAD"):
            answer = registry.get(path, method)
            assert answer.status == 404
            assert whole[:-1] not in answer.body
        assert registry.warnings == [f"{tmp_path / 'out'}: {layer.digest} is damaged"]
        file.write_bytes(whole)
        assert registry.get(path).body == whole


def test_a_damaged_manifest_is_noticed(tmp_path: Path, image: Made) -> None:
    layout = make_layout(tmp_path / "out", {"app:1": image})
    digest = layout.images["app:1"].digest
    file = tmp_path / "out" / "blobs" / "sha256" / digest.hex
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    with served(tmp_path / "out") as registry:
        answer = registry.get("/v2/app/manifests/1")
        assert (answer.status, answer.code) == (404, "MANIFEST_UNKNOWN")
        assert registry.warnings == [f"{tmp_path / 'out'}: {digest} is damaged"]


def test_what_is_built_meanwhile_is_served(registry: Served, tmp_path: Path) -> None:
    assert registry.get("/v2/later/manifests/1").status == 404
    make_layout(tmp_path / "out", {"later:1": make_image([{"etc/new": b"new\n"}])})
    assert registry.get("/v2/later/manifests/1").status == 200


def test_a_layout_that_breaks_is_served_as_it_was(registry: Served, tmp_path: Path) -> None:
    (tmp_path / "out" / "index.json").write_bytes(b"{")

    assert registry.get("/v2/python3/manifests/nonroot").status == 200
    assert registry.get("/v2/python3/manifests/nonroot").status == 200
    (warning,) = registry.warnings
    assert warning.endswith("; what was there before is served on")


def test_an_archive_is_served_as_the_layout_is(tmp_path: Path, image: Made) -> None:
    blobs = MemoryStore()
    root = make_index([image], blobs)
    write_oci_archive(tmp_path / "out.tar", [(("app:1",), root)], blobs)
    layer = image.manifest.layers[0]
    with served(tmp_path / "out.tar") as registry:
        assert registry.get("/v2/app/manifests/1").headers["docker-content-digest"] == str(root.digest)
        whole = registry.get(f"/v2/app/blobs/{layer.digest}")
        assert Digest.of(whole.body) == layer.digest
        assert registry.get(f"/v2/app/blobs/{layer.digest}", range="bytes=10-19").body == whole.body[10:20]


def test_who_refers_to_a_manifest_is_listed(tmp_path: Path, image: Made) -> None:
    root = make_index([image], image.blobs)
    signature = referring(root, "application/vnd.example.signature", image.blobs, note="ok")
    statement = referring(root, "", image.blobs)
    attached = Index(manifests=(), subject=root, annotations={"note": "index"})
    image.blobs.add([attached.to_bytes()])
    # Under the tag of the tag schema, and with words that are not to be believed.
    listed = Index(manifests=(Descriptor.of(media.MANIFEST, b"").__class__(
        media_type=media.MANIFEST, digest=statement.digest, size=statement.size, artifact_type="application/lie"),))
    image.blobs.add([listed.to_bytes()])
    names = [(("app:1",), root), ((), signature), ((), attached.descriptor()),
             ((f"app:sha256-{root.digest.hex}",), listed.descriptor())]  # fmt: skip
    write_layout(tmp_path / "out", names, image.blobs)
    expected = {
        str(signature.digest): ("application/vnd.example.signature", {"note": "ok"}),
        str(statement.digest): ("application/vnd.example.config", None),
        str(attached.descriptor().digest): (None, {"note": "index"}),
    }
    with served(tmp_path / "out") as registry:
        answer = registry.get(f"/v2/app/referrers/{root.digest}")
        assert (answer.status, answer.headers["content-type"]) == (200, media.INDEX)
        found = answer.json["manifests"]
        assert {one["digest"]: (one.get("artifactType"), one.get("annotations")) for one in found} == expected
        kind = "application/vnd.example.signature"
        filtered = registry.get(f"/v2/app/referrers/{root.digest}?artifactType={kind}")
        assert [one["digest"] for one in filtered.json["manifests"]] == [str(signature.digest)]
        assert filtered.headers["oci-filters-applied"] == "artifactType"
        nothing = registry.get(f"/v2/app/referrers/{NONE}")
        assert (nothing.status, nothing.json["manifests"]) == (200, [])
        assert registry.get(f"/v2/app/manifests/{signature.digest}").status == 200


def test_many_clients_get_a_blob_at_the_same_time(registry: Served, image: Made) -> None:
    layer = image.manifest.layers[0]
    wrong: list[int] = []

    def pull() -> None:
        answer = registry.get(f"/v2/python3/blobs/{layer.digest}")
        if Digest.of(answer.body) != layer.digest:
            wrong.append(answer.status)

    clients = [threading.Thread(target=pull) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert wrong == []


def test_clients_that_hang_up_leave_no_file_open(registry: Served, image: Made) -> None:
    layer = image.manifest.layers[0]

    def is_open() -> bool:
        return any(str(file).endswith(layer.digest.hex) for file in map(target_of, Path("/proc/self/fd").iterdir()))

    for _ in range(5):
        name, _, port = registry.host.partition(":")
        with socket.create_connection((name, int(port))) as client:
            client.sendall(f"GET /v2/python3/blobs/{layer.digest} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
    end = time.monotonic() + 30
    while is_open():
        assert time.monotonic() < end
        registry.get("/v2/")  # which gives the server a turn


def target_of(link: Path) -> Path:
    try:
        return link.readlink()
    except OSError:
        return link


def test_answers_are_json_for_strict_readers(registry: Served) -> None:
    for path in ("/v2/", "/v2/_catalog", "/v2/python3/tags/list", "/v2/nobody/tags/list"):
        json.loads(registry.get(path).body)
