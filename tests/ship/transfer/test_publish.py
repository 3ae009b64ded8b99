"""What is sent to a registry: what is missing, once, and tags last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareboat.base.errors import BareboatError, DigestMismatchError, FetchError
from bareboat.base.observer import Silent
from bareboat.oci.reference import Reference
from bareboat.ship.transfer.companions import companions
from bareboat.ship.transfer.item import Item
from bareboat.ship.transfer.origin import RepositoryOrigin, StoreOrigin
from bareboat.ship.transfer.publish import Publication, Sent, publish
from bareboat.ship.transfer.team import Team
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore
from tests.makers.answering import Said
from tests.makers.image import Made, make_image, make_layout
from tests.makers.referring import referring
from tests.makers.registry import Registry
from tests.makers.shipping import opened, push, requests, writes

BASE = {"usr/lib/base": b"base" * 5000}
APP = {"usr/bin/app": b"app" * 5000}


def both(app: dict[str, bytes] = APP) -> list[Made]:
    """One image for two architectures, with a layer in common."""
    return [make_image([BASE, {**app, "arch": name.encode()}], architecture=name) for name in ("amd64", "arm64")]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    make_layout(tmp_path / "out", {"app:1": both()})
    return tmp_path / "out"


def test_everything_arrives_byte_for_byte(registry: Registry, layout: Path) -> None:
    push(layout, f"{registry.host}/team/app")

    there = registry.repositories["team/app"]
    store = Layout.at(layout)
    root = store.images["app:1"]
    assert there.tags == {"1": str(root.digest)}
    assert {digest: data for digest, (_, data) in there.manifests.items()} | there.blobs == {
        f"sha256:{file.name}": file.read_bytes() for file in (layout / "blobs" / "sha256").iterdir()
    }
    assert there.manifests[str(root.digest)][0] == root.media_type


def test_the_report_says_what_was_sent(registry: Registry, layout: Path) -> None:
    report = push(layout, f"{registry.host}/team/app")

    (image,) = report.images
    root = Layout.at(layout).images["app:1"]
    assert (image.reference, image.tags, image.moved, image.is_new) == (
        f"{registry.host}/team/app@{root.digest}", ("1",), ("1",), True
    )  # fmt: skip
    files = list((layout / "blobs" / "sha256").iterdir())
    assert report.sent == Sent(manifests=3, uploaded=5, bytes=sum(file.stat().st_size for file in files))


def test_what_is_there_costs_one_head_for_each_manifest(registry: Registry, layout: Path) -> None:
    push(layout, f"{registry.host}/team/app")
    registry.requests.clear()

    report = push(layout, f"{registry.host}/team/app")

    assert requests(registry) == ["HEAD /v2/team/app/manifests/1"]
    assert report.sent == Sent()
    assert [image.is_new for image in report.images] == [False]


def test_fifty_images_that_are_there_cost_fifty_heads(registry: Registry, tmp_path: Path) -> None:
    """The issue: "one HEAD for each manifest and nothing else"."""
    make_layout(tmp_path / "many", {f"app{number}:1": make_image([{"n": b"%d" % number}]) for number in range(50)})
    push(tmp_path / "many", f"{registry.host}/team", apart=True)
    registry.requests.clear()

    push(tmp_path / "many", f"{registry.host}/team", apart=True)

    assert requests(registry) == sorted(f"HEAD /v2/team/app{number}/manifests/1" for number in range(50))


def test_another_tag_of_what_is_there_is_one_manifest(registry: Registry, layout: Path) -> None:
    push(layout, f"{registry.host}/team/app")
    registry.requests.clear()

    report = push(layout, f"{registry.host}/team/app:stable")

    assert writes(registry) == ["PUT /v2/team/app/manifests/stable"]
    assert len(registry.requests) == 3  # HEAD of the tag, HEAD of the digest, PUT
    assert report.sent.manifests == 1


def test_after_a_change_only_changed_layers_are_sent(registry: Registry, tmp_path: Path, layout: Path) -> None:
    push(layout, f"{registry.host}/team/app")
    make_layout(layout, {"app:1": both({"usr/bin/app": b"new" * 5000})})
    before = set(registry.repositories["team/app"].blobs)

    report = push(layout, f"{registry.host}/team/app")

    added = set(registry.repositories["team/app"].blobs) - before
    assert len(added) == 4  # a layer and a configuration for each architecture
    assert (report.sent.uploaded, report.sent.there, report.sent.manifests) == (4, 1, 3)
    assert report.images[0].moved == ("1",)


def test_repositories_share_what_was_sent_to_one_of_them(registry: Registry, tmp_path: Path) -> None:
    make_layout(tmp_path / "out", {"app:1": both(), "tool:1": both({"usr/bin/tool": b"tool" * 900})})

    report = push(tmp_path / "out", f"{registry.host}/team", apart=True)

    posted = [one.query for one in registry.asked("POST")]
    assert len([query for query in posted if "mount" not in query]) == 9  # the base is sent once
    assert (report.sent.uploaded, report.sent.mounted) == (9, 1)
    assert set(registry.repositories) == {"team/app", "team/tool"}


def test_a_registry_that_mounts_nothing_gets_the_bytes(registry: Registry, tmp_path: Path) -> None:
    registry.faults.no_mount = True
    make_layout(tmp_path / "out", {"app:1": both(), "tool:1": both({"usr/bin/tool": b"tool" * 900})})

    report = push(tmp_path / "out", f"{registry.host}/team", apart=True)

    assert (report.sent.uploaded, report.sent.mounted) == (10, 0)


def test_children_come_before_parents_and_the_tag_last(registry: Registry, layout: Path) -> None:
    push(layout, f"{registry.host}/team/app")

    written = writes(registry)
    manifests = [one for one in written if "/manifests/" in one]
    assert manifests[-1] == "PUT /v2/team/app/manifests/1"
    assert written[-3:] == manifests
    assert all("/manifests/sha256:" in one for one in manifests[:-1])


@pytest.mark.parametrize("part", ["/blobs/uploads/", "/manifests/sha256:"])
def test_a_tag_stays_where_it_was_when_something_fails(registry: Registry, layout: Path, part: str) -> None:
    push(layout, f"{registry.host}/team/app")
    before = dict(registry.repositories["team/app"].tags)
    make_layout(layout, {"app:1": both({"usr/bin/app": b"new" * 5000})})
    registry.say("PUT", part, *[Said(status=403)] * 9)

    with pytest.raises(FetchError):
        push(layout, f"{registry.host}/team/app")

    assert registry.repositories["team/app"].tags == before


def test_a_damaged_layer_is_not_sent(registry: Registry, layout: Path) -> None:
    store = Layout.at(layout)
    (amd64, _) = store.platforms("app:1")
    layer = store.read_manifest(amd64).layers[0]
    file = layout / "blobs" / "sha256" / layer.digest.hex
    file.chmod(0o644)
    file.write_bytes(bytes(layer.size))

    with pytest.raises(BareboatError) as caught:
        push(layout, f"{registry.host}/team/app")

    assert isinstance(caught.value, DigestMismatchError | FetchError)
    assert str(layer.digest) not in registry.repository("team/app").blobs
    assert registry.repository("team/app").tags == {}


def test_a_dry_run_asks_and_sends_nothing(registry: Registry, tmp_path: Path) -> None:
    make_layout(tmp_path / "out", {"app:1": both(), "tool:1": both({"usr/bin/tool": b"tool" * 900})})

    planned = push(tmp_path / "out", f"{registry.host}/team", apart=True, dry_run=True)

    assert writes(registry) == []
    assert planned == push(tmp_path / "out", f"{registry.host}/team", apart=True)


def test_from_repository_to_repository_of_one_registry_everything_is_mounted(registry: Registry) -> None:
    root = registry.put("old/app", "1", both())
    with opened() as registries:
        source = Reference.parse(f"{registry.host}/old/app:1")
        origin = RepositoryOrigin(registries.source(source), source)
        target = registries.repository(Reference.parse(f"{registry.host}/new/app"))
        report = publish([Publication(origin=origin, root=root, repository=target, tags=("1",))])

    assert registry.repositories["new/app"] == registry.repositories["old/app"]
    assert (report.sent.uploaded, report.sent.mounted) == (0, 5)
    assert [one for one in registry.asked("GET") if "/blobs/" in one.target] == []


def test_from_registry_to_registry_bytes_go_through(registry: Registry) -> None:
    root = registry.put("old/app", "1", both())
    with Registry() as other, opened() as registries:
        source = Reference.parse(f"{registry.host}/old/app:1")
        origin = RepositoryOrigin(registries.source(source), source)
        target = registries.repository(Reference.parse(f"{other.host}/new/app"))
        publish([Publication(origin=origin, root=root, repository=target, tags=("1",))])
        assert other.repositories["new/app"] == registry.repositories["old/app"]


def test_a_registry_that_lies_about_a_layer_spoils_nothing(registry: Registry) -> None:
    root = registry.put("old/app", "1", both())
    registry.faults.wrong_blob = True
    with Registry() as other, opened() as registries:
        source = Reference.parse(f"{registry.host}/old/app:1")
        origin = RepositoryOrigin(registries.source(source), source)
        target = registries.repository(Reference.parse(f"{other.host}/new/app"))
        with pytest.raises(DigestMismatchError):
            publish([Publication(origin=origin, root=root, repository=target, tags=("1",))])
        assert other.repository("new/app").tags == {}
        assert other.repository("new/app").blobs == {}


def test_an_image_without_tags_is_there_by_digest(registry: Registry, layout: Path) -> None:
    store = Layout.at(layout)
    item = Item(origin=StoreOrigin(store), root=store.images["app:1"])
    with opened() as registries:
        target = registries.repository(Reference.parse(f"{registry.host}/team/app"))
        publish([Publication(origin=item.origin, root=item.root, repository=target)])

    assert registry.repositories["team/app"].tags == {}
    assert str(item.root.digest) in registry.repositories["team/app"].manifests


def test_all_that_refers_to_an_image_is_listed_where_the_registry_keeps_no_list(
    registry: Registry, tmp_path: Path
) -> None:
    """Lists under the tag of the tag schema are read, changed and written: one after the other."""
    registry.faults.no_referrers = True
    blobs = MemoryStore()
    image = make_image(blobs=blobs)
    signatures = [referring(image.descriptor, f"application/vnd.example.{number}", blobs) for number in range(8)]
    layout = write_layout(tmp_path / "out", [(("app:1",), image.descriptor)], blobs)
    for signature in signatures:
        layout.take_all([((), signature)], blobs)
    origin = StoreOrigin(layout)
    with opened() as registries, Team(Silent(), "test") as team:
        target = registries.repository(Reference.parse(f"{registry.host}/team/app"))
        found = companions(origin, image.descriptor, team)
        publish([
            *(Publication(origin=origin, root=one, repository=target) for one in found),
            Publication(origin=origin, root=image.descriptor, repository=target, tags=("1",)),
        ])

    there = registry.repositories["team/app"]
    (_, listed) = there.manifests[there.tags[f"sha256-{image.descriptor.digest.hex}"]]
    assert {one["digest"] for one in json.loads(listed)["manifests"]} == {str(one.digest) for one in signatures}
