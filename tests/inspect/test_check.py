"""Checking a layout: which images are meant, what is remembered, and what is no finding but an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import pytest

from bareboat.base.canon import canonical
from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, NotFoundError, UsageError
from bareboat.inspect.check import check, examined
from bareboat.inspect.damage import Damage
from bareboat.inspect.finding import Severity
from bareboat.inspect.read_aboard import AboardReader
from bareboat.inspect.report import CheckReport, ImageReport, record_of, report_from
from bareboat.oci.annotations import ACCEPTED
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.oci.manifest import Manifest
from bareboat.store.archive_file import write_oci_archive
from bareboat.store.archived import open_images
from bareboat.store.images import IncompleteError
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore
from tests.makers.distroless import make_distroless, put, removed
from tests.makers.image import Made, make_index, make_layout
from tests.makers.layers import file, folder, hard_link, make_image_from, whiteout

SHELL = put("usr/bin/sh", b"\0", mode=0o755)


class Unread(MemoryStore):
    """A store whose blobs must not be read."""

    def open(self, digest: Digest) -> BinaryIO:
        raise AssertionError(f"{digest} was read")


def found(report: CheckReport) -> list[tuple[str, str, list[str]]]:
    return [
        (image.name, image.platform, [finding.rule.name for finding in image.findings]) for image in report.images
    ]


def one(folder: Path, made: Made) -> ImageReport:
    return check(make_layout(folder, {"sail:latest": made})).images[0]


# Which images


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    arm = make_distroless(SHELL, architecture="arm64")
    other = make_distroless(annotations={"org.example.note": "another manifest"})
    return make_layout(
        tmp_path / "out",
        {"sail:latest": [make_distroless(), arm], "sail:debug": other, "sail:latest-arm64": arm, "hull:latest": other},
    )


def test_every_image_is_checked_once_under_the_names_of_its_index(layout: Layout) -> None:
    report = check(layout)

    assert [(image.names, image.platform) for image in report.images] == [
        (("hull:latest", "sail:debug"), "linux/amd64"),
        (("sail:latest",), "linux/amd64"),
        (("sail:latest", "sail:latest-arm64"), "linux/arm64"),
    ]


def test_one_image_is_chosen_by_its_name(layout: Layout) -> None:
    assert found(check(layout, "sail")) == [
        ("sail:latest", "linux/amd64", []),
        ("sail:latest", "linux/arm64", ["no-shell"]),
    ]
    assert [image.platform for image in check(layout, "sail:latest-arm64").images] == ["linux/arm64"]


def test_platforms_are_chosen_among_all_images(layout: Layout) -> None:
    assert [image.platform for image in check(layout, architectures=["arm64"]).images] == ["linux/arm64"]
    assert len(check(layout, platform=Platform(architecture="amd64")).images) == 2
    assert [image.platform for image in check(layout, "sail", architectures=["amd64"]).images] == ["linux/amd64"]


@pytest.mark.parametrize(
    ("image", "architectures", "message", "hint"),
    [
        ("sail:latset", None, '"sail:latset"', 'did you mean "sail:latest"?'),
        ("hull", ["s390x"], '"hull:latest" is not for the chosen platforms', "it is for: linux/amd64"),
        (None, ["s390x"], "is not for the chosen platforms", "it is for: linux/amd64, linux/arm64"),
    ],
)
def test_what_is_not_there_is_a_mistake(
    layout: Layout, image: str | None, architectures: list[str] | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        check(layout, image, architectures=architectures)

    assert raised.value.hint == hint


def test_a_layout_without_images_is_not_clean_but_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no image to check"):
        check(make_layout(tmp_path, {}))


def test_attestations_and_other_artifacts_are_passed_over(tmp_path: Path) -> None:
    made = make_distroless()
    blobs = MemoryStore()
    note = Descriptor.of("application/vnd.in-toto+json", b"{}")
    statement = Manifest(config=made.config.descriptor(), layers=(note,))
    for data in (statement.to_bytes(), b"{}"):
        made.blobs.add([data])
    attestation = statement.descriptor(Platform(os="unknown", architecture="unknown"))
    index = Index.of_platforms([made.descriptor, attestation])
    made.blobs.add([index.to_bytes()])
    blobs = made.blobs
    layout = write_layout(tmp_path / "out", [(("sail:latest",), index.descriptor())], blobs)

    assert found(check(layout)) == [("sail:latest", "linux/amd64", [])]


def test_an_archive_is_checked_like_the_folder(layout: Layout, tmp_path: Path) -> None:
    images = [((name,), descriptor) for name, descriptor in layout.images.items()]
    write_oci_archive(tmp_path / "out.tar", images, layout)

    expected = check(layout).to_document()

    assert check(open_images(tmp_path / "out.tar")).to_document() == expected


# What lies over what


def test_the_image_is_what_its_layers_make_together(tmp_path: Path) -> None:
    """A shell that a layer above hides is not there, and one that it brings is."""
    hidden = make_distroless(SHELL, above=[folder("usr"), folder("usr/bin"), whiteout("usr/bin/sh")])
    brought = make_distroless(above=[folder("usr"), folder("usr/bin"), file("usr/bin/sh", b"\0", mode=0o755)])

    assert [finding.rule.name for finding in one(tmp_path / "a", hidden).findings] == ["no-whiteout"]
    assert [finding.rule.name for finding in one(tmp_path / "b", brought).findings] == ["no-shell"]


def test_facts_of_a_file_hold_under_each_of_its_names() -> None:
    made = make_distroless(raw=[hard_link("usr/bin/zail", "usr/bin/sail")])

    aboard = AboardReader(made.blobs).read(made.descriptor)

    assert aboard.elves[aboard.entries["usr/bin/zail"].path] == aboard.elves[aboard.entries["usr/bin/sail"].path]
    assert aboard.md5s["usr/bin/zail"] == aboard.md5s["usr/bin/sail"]


def test_images_of_the_same_layers_have_the_same_files() -> None:
    first, second = make_distroless(SHELL), make_distroless(SHELL, config={"labels": {"a": "b"}})
    other = make_distroless()
    store = MemoryStore()
    for made in (first, second, other):
        store.add([made.manifest.to_bytes()])
        store.add([made.config.to_bytes()])
        store.add([made.blobs.open(made.manifest.layers[0].digest).read()])
    reader = AboardReader(store)

    one, two, three = (reader.read(made.descriptor) for made in (first, second, other))

    assert one.files is two.files is not three.files
    assert one.config != two.config
    assert dict(one.entries) == dict(one.files.entries)


# What is remembered


def test_a_report_from_the_record_is_the_same(layout: Layout) -> None:
    records = MemoryStore()

    fresh = check(layout, records=records)
    remembered = check(layout, records=records)

    assert remembered == fresh == check(layout)


def test_images_that_were_examined_cost_no_blob() -> None:
    made = make_distroless(SHELL)
    records = MemoryStore()
    images = [("sail:latest", made.descriptor), ("sail:nonroot", made.descriptor)]

    fresh = examined(made.blobs, records, images)

    assert examined(Unread(), records, images) == fresh
    assert [(report.name, report.digest) for report in fresh] == [(name, made.descriptor.digest) for name, _ in images]


def test_images_share_the_facts_of_their_layers() -> None:
    """A second image over the same layers is examined without the layers."""
    first, second = make_distroless(SHELL), make_distroless(SHELL, config={"labels": {"a": "b"}})
    assert first.manifest.layers == second.manifest.layers
    records = MemoryStore()
    examined(first.blobs, records, [("first", first.descriptor)])
    without_layers = MemoryStore()
    without_layers.add([second.manifest.to_bytes()])
    without_layers.add([second.config.to_bytes()])

    remembered = examined(without_layers, records, [("second", second.descriptor)])

    assert remembered == examined(second.blobs, None, [("second", second.descriptor)])


def test_records_survive_writing_and_nonsense_is_none(tmp_path: Path) -> None:
    accepted = [{"path": "/usr/bin/sh", "rule": "no-shell", "reason": "it is asked for"}]
    report = one(tmp_path, make_distroless(SHELL, annotations={ACCEPTED: canonical(accepted).decode()}))
    assert report.accepted

    again = report_from(record_of(report))

    assert again is not None
    assert again.to_document() == {**report.to_document(), "names": []}
    for nonsense in (b"", b"[]", b"{}", record_of(report).replace(b"no-shell", b"no-rule"), b"\xff"):
        assert report_from(nonsense) is None


def test_a_record_that_is_damaged_is_made_again() -> None:
    made = make_distroless(SHELL)
    records = MemoryStore()
    fresh = examined(made.blobs, records, [("sail", made.descriptor)])
    damaged = MemoryStore()
    for kind, key in records._records:
        damaged.put(kind, key, b"{}")

    assert examined(made.blobs, damaged, [("sail", made.descriptor)]) == fresh


# What is accepted


def test_what_the_configuration_accepts_is_no_finding(tmp_path: Path) -> None:
    known = [{"path": "/usr/bin/*", "rule": "no-shell", "reason": "it is asked for"}]
    report = one(tmp_path, make_distroless(SHELL, annotations={ACCEPTED: canonical(known).decode()}))

    assert report.findings == ()
    assert [(one.finding.path, one.acceptance.reason) for one in report.accepted] == [
        ("/usr/bin/sh", "it is asked for")
    ]
    assert CheckReport(where="", images=(report,)).worst() is None


# Damage


def corrupted(layout: Layout, digest: Digest) -> Layout:
    place = layout.path(digest)
    assert place is not None
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    return layout


def removed_blob(layout: Layout, digest: Digest) -> Layout:
    place = layout.path(digest)
    assert place is not None
    place.unlink()
    return layout


def damage_of(report: CheckReport) -> Damage:
    """The damage of the one image that is damaged, whose one finding says the same."""
    (image,) = [image for image in report.images if image.damage is not None]
    assert image.damage is not None
    assert image.findings == (image.damage.finding(),)
    return image.damage


def test_a_damaged_layer_is_told_even_when_it_was_examined_before(tmp_path: Path) -> None:
    made = make_distroless()
    layout = make_layout(tmp_path, {"sail:latest": made})
    records = MemoryStore()
    check(layout, records=records)

    damage = damage_of(check(corrupted(layout, made.manifest.layers[0].digest), records=records))

    assert damage.kind is DigestMismatchError
    assert damage.message.startswith(f"layer {made.manifest.layers[0].digest.short}: cannot accept as sha256:")


@pytest.mark.parametrize("which", ["index", "manifest", "config"])
@pytest.mark.parametrize("change", [corrupted, removed_blob])
def test_a_damaged_document_is_told_of_its_image(
    tmp_path: Path, which: str, change: Callable[[Layout, Digest], Layout]
) -> None:
    made = make_distroless()
    layout = make_layout(tmp_path, {"sail:latest": made, "hull:latest": make_distroless(SHELL)})
    index = layout.images["sail:latest"].digest
    digest = {"index": index, "manifest": made.descriptor.digest, "config": made.manifest.config.digest}[which]

    report = check(change(layout, digest))

    assert found(report) == [
        ("hull:latest", "linux/amd64", ["no-shell"]),
        ("sail:latest", "unknown" if which == "index" else "linux/amd64", ["damaged-image"]),
    ]
    assert damage_of(report).kind is (DigestMismatchError if change is corrupted else IncompleteError)


def test_every_other_image_is_judged_and_those_that_share_the_damage_have_it_too(tmp_path: Path) -> None:
    """Whatever the order is, and whether they were examined before."""
    first, second = make_distroless(), make_distroless(config={"labels": {"a": "b"}})
    layout = make_layout(tmp_path, {"a:latest": first, "b:latest": make_distroless(SHELL), "c:latest": second})
    records = MemoryStore()
    check(layout, "c", records=records)

    report = check(removed_blob(layout, first.manifest.layers[0].digest), records=records)

    assert [(name, rules) for name, _, rules in found(report)] == [
        ("a:latest", ["damaged-image"]), ("b:latest", ["no-shell"]), ("c:latest", ["damaged-image"]),
    ]  # fmt: skip
    assert len(set(report.damages)) == 1
    assert report.to_document()["summary"]["damaged"] == 2  # type: ignore[index]
    assert report.worst() is Severity.error


def test_a_missing_layer_is_told_as_a_fault_of_the_layout(tmp_path: Path) -> None:
    """No mirror was asked for it: exit code 7 would say that another attempt may help."""
    made = make_distroless()
    layout = removed_blob(make_layout(tmp_path, {"sail:latest": made}), made.manifest.layers[0].digest)

    damage = damage_of(check(layout))

    assert (damage.exit_code, damage.hint) == (
        8, "a part of it was lost or never copied: build it again, or copy or pull it once more"
    )  # fmt: skip
    assert damage.message.endswith(f": {tmp_path}: is not whole: it has no {made.manifest.layers[0].digest}")


def test_what_was_just_made_must_not_be_damaged() -> None:
    """There it is the store's damage, which is mended and tried again."""
    made = make_distroless()
    without_layers = MemoryStore()
    without_layers.add([made.manifest.to_bytes()])
    without_layers.add([made.config.to_bytes()])

    with pytest.raises(NotFoundError, match=r"^sail: "):
        examined(without_layers, None, [("sail", made.descriptor)])


def with_diff_ids(made: Made, diff_ids: Iterable[Digest]) -> Made:
    """The same layers under a configuration that promises others."""
    config = ImageConfig(architecture="amd64", config=made.config.config, diff_ids=tuple(diff_ids))
    manifest = Manifest(config=config.descriptor(), layers=made.manifest.layers)
    for data in (config.to_bytes(), manifest.to_bytes()):
        made.blobs.add([data])
    descriptor = manifest.descriptor(Platform(architecture="amd64"))
    return Made(descriptor=descriptor, manifest=manifest, config=config, blobs=made.blobs)


def test_a_layer_that_is_not_what_the_configuration_promises_is_damage(tmp_path: Path) -> None:
    """Facts are remembered by the layer's own digest, so another image's promise does not make them true."""
    sound = make_distroless()
    records = MemoryStore()
    check(make_layout(tmp_path / "a", {"sail:latest": sound}), records=records)
    lying = with_diff_ids(sound, [Digest.of(b"other")])

    for known in (None, records):
        damage = damage_of(check(make_layout(tmp_path / "b", {"sail:latest": lying}), records=known))
        assert damage.kind is DigestMismatchError
        assert damage.message.startswith("layer 1 (")


def test_as_many_layers_as_the_configuration_says_or_it_is_damaged(tmp_path: Path) -> None:
    lying = with_diff_ids(make_distroless(), [])

    damage = damage_of(check(make_layout(tmp_path, {"sail:latest": lying})))

    assert damage.kind is FormatError
    assert "has 0 layers, the manifest 1" in damage.message


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (hard_link("usr/bin/x", "usr/bin/absent"), "hard link"),
        (file("../etc/passwd"), "would leave"),
        (file("/etc/passwd"), "absolute"),
        (file("bin/x"), 'stands in "bin", which is a symbolic link'),
    ],
)
def test_a_layer_that_no_container_could_be_started_from_is_damage(
    tmp_path: Path, item: object, message: str
) -> None:
    report = one(tmp_path, make_distroless(raw=[item]))  # type: ignore[list-item]

    assert report.damage is not None
    assert issubclass(report.damage.kind, FormatError)
    assert re.match(rf"layer 1 \([0-9a-f]+\): .*{message}", report.damage.message)


# Indexes


def test_an_index_that_says_another_platform_is_found(tmp_path: Path) -> None:
    made = make_distroless()
    lying = Made(
        descriptor=made.descriptor.with_platform(Platform(architecture="s390x")),
        manifest=made.manifest, config=made.config, blobs=made.blobs,
    )  # fmt: skip
    report = one(tmp_path, lying)

    assert [(finding.rule.name, finding.message) for finding in report.findings] == [
        ("oci-document", 'index: says "linux/s390x" of the image for "linux/amd64"')
    ]


def test_faults_of_an_index_are_said_of_its_images(tmp_path: Path) -> None:
    made = make_distroless()
    twice = make_index([made, make_distroless(config={"labels": {"a": "b"}})], made.blobs)
    other = make_distroless(config={"labels": {"a": "b"}})
    for blob in (other.descriptor, other.manifest.config, *other.manifest.layers):
        with other.blobs.open(blob.digest) as stream:
            made.blobs.add([stream.read()])
    layout = write_layout(tmp_path / "out", [(("sail:latest",), twice)], made.blobs)

    report = check(layout)

    assert len(report.images) == 2
    assert {finding.message for image in report.images for finding in image.findings} == {
        'index: manifests: has 2 entries for "linux/amd64"'
    }


# The same again


def test_reports_do_not_depend_on_the_order_of_images(tmp_path: Path) -> None:
    images = {"a:latest": make_distroless(SHELL), "b:latest": make_distroless(removed("tmp"))}
    there = make_layout(tmp_path / "a", images)
    back = make_layout(tmp_path / "b", dict(reversed(images.items())))

    assert check(there).to_document() == check(back).to_document()


def test_the_summary_counts_by_severity(layout: Layout) -> None:
    assert check(layout).to_document()["summary"] == {
        "images": 3, "damaged": 0, "files": 61, "elf-files": 9, "needs": 6, "packages": 12,
        "errors": 0, "warnings": 1, "notes": 0, "accepted": 0,
    }  # fmt: skip
    assert check(layout).worst() is Severity.warning


def test_images_of_others_without_anything_of_ours_are_read(tmp_path: Path) -> None:
    image = make_image_from([folder("app"), file("app/hello", b"#!/bin/sh\n", mode=0o755)])

    assert found(check(make_layout(tmp_path, {"other": image}))) == [("other", "linux/amd64", ["dead-script"])]
