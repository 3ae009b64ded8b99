"""What was built, said in values, in JSON and in text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.errors import FormatError
from bareboat.inspect.listing import Listing
from bareboat.inspect.present.show import present_show
from bareboat.inspect.show import ShownImage, Totals, show
from bareboat.oci.config import Execution
from bareboat.store.archive_file import write_oci_archive
from bareboat.store.archived import open_images
from tests.inspect.images import LOCK, python_image, python_layout
from tests.makers.debian_image import Deb, make_debian_image
from tests.makers.image import make_layout
from tests.makers.layers import file, folder, hard_link, symlink


def shown(folder: Path, *debs: Deb, **said: object) -> ShownImage:
    layout = make_layout(folder, {"it:latest": make_debian_image([("base", debs)])})
    report = show(layout, "it", **said)
    assert isinstance(report, ShownImage)
    return report


def test_a_layout_is_listed_by_image_with_all_names_and_platforms(tmp_path: Path) -> None:
    report = show(python_layout(tmp_path))
    assert isinstance(report, Listing)
    assert [(image.names, [one.platform for one in image.platforms]) for image in report.images] == [
        (("python3-debian13:latest", "python3:latest"), ["linux/amd64", "linux/arm/v7"]),
        (("tiny:latest",), ["linux/arm/v7"]),
    ]
    amd64 = report.images[0].platforms[0]
    image = python_image(annotations={"org.example.note": "n"})
    assert amd64.to_document() == {
        "platform": "linux/amd64",
        "digest": str(image.descriptor.digest),
        "size": sum(layer.size for layer in image.manifest.layers),
        "created": "2026-01-31T12:00:00Z",
    }


def test_the_list_of_images_as_text(tmp_path: Path) -> None:
    lines = [line.rpartition("  ")[0] for line in present_show(show(python_layout(tmp_path)))]
    assert lines == [
        "IMAGE                                    PLATFORM         SIZE  CREATED             ",
        "python3-debian13:latest, python3:latest  linux/amd64   1.56 kB  2026-01-31T12:00:00Z",
        "                                         linux/arm/v7    232 B  2026-01-31T12:00:00Z",
        "tiny:latest                              linux/arm/v7    232 B  2026-01-31T12:00:00Z",
    ]


def test_an_empty_layout_has_no_images(tmp_path: Path) -> None:
    assert present_show(show(make_layout(tmp_path, {}))) == [f"{tmp_path}: no images"]


def test_an_archive_shows_the_same_as_the_folder(tmp_path: Path) -> None:
    layout = python_layout(tmp_path / "out")
    entries = [((name,), descriptor) for name, descriptor in layout.images.items()]
    write_oci_archive(tmp_path / "out.tar", entries, layout)
    archive = open_images(tmp_path / "out.tar")
    for image in (None, "python3"):
        assert show(archive, image).to_document() == show(layout, image).to_document()


def test_packages_say_what_they_are_and_where_they_stand(tmp_path: Path) -> None:
    report = show(python_layout(tmp_path), "python3", lock=LOCK)
    assert isinstance(report, ShownImage)
    documents = {package.package.name: package.to_document() for package in report.packages}
    assert list(documents) == sorted(documents)
    assert documents["libgcc-s1"] == {
        "name": "libgcc-s1",
        "version": "14.2.0-19",
        "architecture": "amd64",
        "source": "gcc-14",
        "source-version": "14.2.0-18",
        "installed-bytes": 300,
        "measured": True,
        "layer": 2,
        "about": "cc",
        "origin": {"unknown": "the lock has no such package"},
    }
    assert documents["libc6"]["origin"] == {
        "archive": "debian/trixie",
        "path": "pool/main/libc6.deb",
        "sha256": Digest.of(b"libc6").hex,
    }
    assert documents["libffi8"]["origin"] == {"unknown": "the lock has 3.4.9-1 (amd64)"}
    assert (documents["libssl3t64"]["installed-bytes"], documents["libssl3t64"]["measured"]) == (7 * 1024, False)


def test_without_a_lock_the_origin_is_unknown(tmp_path: Path) -> None:
    assert shown(tmp_path, Deb(name="a")).packages[0].provenance.to_document() == {"unknown": "no lock given"}


def test_sizes_are_of_files_that_are_still_there(tmp_path: Path) -> None:
    listed = Deb(name="a", files={"usr/lib/a": b"12345", "usr/share/doc/a": b"123"})
    pruned = [item for item in listed.items() if item.name != "usr/share/doc/a"]
    layers = [("base", [folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib"), *pruned])]
    layers.append(("more", [hard_link("usr/lib/b", "usr/lib/a"), file("usr/lib/c", b"12")]))
    layout = make_layout(tmp_path, {"it:latest": make_debian_image(layers)})
    report = show(layout, "it")
    assert isinstance(report, ShownImage)
    control = sum(len(item.data) for item in pruned if "status.d" in item.name)
    assert report.packages[0].package.installed_bytes == 5
    assert report.totals == Totals(
        compressed_bytes=sum(layer.size for layer in report.layers),
        unpacked_bytes=sum(layer.unpacked_size for layer in report.layers),
        files=4,
        files_bytes=5 + 2 + control,
        packages=1,
        packaged_bytes=5,
    )


def test_files_listed_below_a_link_are_found(tmp_path: Path) -> None:
    deb = Deb(name="a", files={"lib/a": b"12345"})
    items = [item if item.name != "lib/a" else file("usr/lib/a", b"12345") for item in deb.items()]
    layout = make_layout(tmp_path, {"it": make_debian_image([("base", [symlink("lib", "usr/lib"), *items])])})
    report = show(layout, "it")
    assert isinstance(report, ShownImage)
    assert report.packages[0].package.files == ("usr/lib/a",)


def test_an_image_without_packages_or_history_is_shown(tmp_path: Path) -> None:
    image = make_debian_image([("x", [file("a", b"1")])])
    bare = show(make_layout(tmp_path, {"it:latest": image}), "it")
    assert isinstance(bare, ShownImage)
    assert bare.packages == ()
    assert "packages" not in present_show(bare)


@pytest.mark.parametrize(
    ("deb", "message"),
    [
        (Deb(name="a", fields={"Depends": "b ("}), r"^/var/lib/dpkg/status\.d/a: Depends: cannot read the relation"),
        (Deb(name="a", version="1:"), r'^/var/lib/dpkg/status\.d/a: cannot read "1:" as a version'),
        (Deb(name="a", files={"../x": b""}), None),
    ],
)
def test_a_damaged_control_file_is_refused_by_its_path(tmp_path: Path, deb: Deb, message: str | None) -> None:
    items = [item for item in deb.items() if ".." not in item.name]
    layout = make_layout(tmp_path, {"it": make_debian_image([("base", items)])})
    with pytest.raises(FormatError, match=message or r'status\.d/a\.md5sums:1: "\.\./x" would leave'):
        show(layout, "it")


def test_one_image_as_text(tmp_path: Path) -> None:
    lines = present_show(show(python_layout(tmp_path), "python3", lock=LOCK))
    assert lines[:2] == ["image     python3:latest", "platform  linux/amd64 (also: linux/arm/v7)"]
    assert lines[5 : lines.index("annotations") - 1] == [
        "config",
        "  user        65532",
        "  workdir     /home/nonroot",
        '  entrypoint  ["/usr/bin/python3.13"]',
        "  env         PATH=/usr/bin",
        "              LANG=C.UTF-8",
        "  ports       8080/tcp",
        "  labels      a=1",
        "              b=2",
    ]
    libc = next(line for line in lines if line.startswith("  libc6 "))
    sha256 = Digest.of(b"libc6").short
    assert libc.split() == [
        *("libc6", "2.41-12", "amd64", "glibc", "2.00", "kB", "2", "cc"),
        *("debian/trixie", "pool/main/libc6.deb", sha256),
    ]
    assert lines[-1] == "  packages    3.11 kB  listed by 7 packages"


def test_what_an_image_says_cannot_command_the_terminal(tmp_path: Path) -> None:
    config = Execution(labels={"a": "\x1b[2J\nroot"}, env=("A=\x07",))
    image = make_debian_image([("\x1b]0;x\x07", [])], config=config, annotations={"b": "\x9b31m"})
    text = "\n".join(present_show(show(make_layout(tmp_path, {"it": image}), "it")))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert r"a=\x1b[2J\nroot" in text


def test_reports_are_json(tmp_path: Path) -> None:
    layout = python_layout(tmp_path)
    for report in (show(layout), show(layout, "python3", lock=LOCK)):
        assert json.loads(json.dumps(report.to_document())) == report.to_document()
