"""The section `bareboat`: what container-structure-test cannot claim."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from bareboat.oci.annotations import DISTRO, VARIANT
from tests.inspect.structure.verdicts import errors_of, verdict_of
from tests.makers.distroless import Items, make_distroless, put, removed
from tests.makers.layers import Item, file

KEY = b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"
DEVICE = Item(name="null", kind=tarfile.CHRTYPE, mode=0o600, device=(1, 3))


def with_capability(items: Items) -> None:
    items["usr/bin/sail"] = file(
        "usr/bin/sail", items["usr/bin/sail"].data, mode=0o755,
        records={"SCHILY.xattr.security.capability": "\x01"},
    )  # fmt: skip


ABSENT = {
    "shells": (put("usr/bin/bash", b"\0", mode=0o755), "/usr/bin/bash"),
    "packageManagers": (put("usr/bin/dpkg", b"\0", mode=0o755), "/usr/bin/dpkg"),
    "setuid": (put("usr/bin/su", mode=0o4755), "/usr/bin/su"),
    "setgid": (put("usr/bin/wall", mode=0o2755), "/usr/bin/wall"),
    "capabilities": (with_capability, "/usr/bin/sail"),
    "worldWritable": (put("etc/open", mode=0o666), "/etc/open"),
    "devices": (lambda items: items.update({"null": DEVICE}), "/null"),
    "privateKeys": (put("etc/key.pem", KEY), "/etc/key.pem"),
}


@pytest.mark.parametrize("absence", ABSENT)
def test_a_class_of_files_can_be_claimed_to_be_absent(tmp_path: Path, absence: str) -> None:
    change, path = ABSENT[absence]
    text = f"bareboat: {{absent: [{absence}]}}"
    name = f"Bareboat Test: absent {absence}"

    assert errors_of(tmp_path / "a", make_distroless(), text) == {name: []}
    assert errors_of(tmp_path / "b", make_distroless(change), text) == {
        name: [f"{path} should not exist: it is one of the class {absence}"]
    }


def test_of_very_many_files_some_are_named(tmp_path: Path) -> None:
    image = make_distroless(lambda items: [put(f"etc/{number:02}", mode=0o666)(items) for number in range(23)])

    ((_, errors),) = errors_of(tmp_path, image, "bareboat: {absent: [worldWritable]}").items()

    assert len(errors) == 21
    assert errors[-1] == "3 more of the class worldWritable exist"


HOLDS = {
    "layers: {count: 1, most: 1}": "layers",
    "layers: {most: 2}": "layers",
    "annotations: [{key: dev.bareboat.distro, value: debian13}, {key: dev.bareboat.format, value: ., isRegex: true}]": (
        "annotations"
    ),
    "unboundAnnotations: [{key: none}]": "annotations",
    "architectures: [arm64, amd64]": "architectures",
    "maxSize: 1MB": "maxSize",
    "closed: true": "closed",
    "nonRoot: true": "nonRoot",
}
WRONG = {
    "layers: {count: 2}": ("layers", ["Image has 1 layers. Expected: 2"]),
    "layers: {annotations: [{layer: 1, key: a, value: b}, {layer: 2, key: a, value: b}]}": (
        "layers",
        ["layer 1: annotation a not found in image metadata", "Layer 2 is not there: the image has 1"],
    ),
    "annotations: [{key: dev.bareboat.distro, value: debian12}]": (
        "annotations",
        ["annotation dev.bareboat.distro value debian13 does not match expected value: debian12"],
    ),
    "unboundAnnotations: [{key: dev.bareboat.format}]": (
        "annotations",
        ["annotation dev.bareboat.format should not be present in image metadata, but is: 1"],
    ),
    "architectures: [amd64]": ("architectures", ["Image is for amd64, arm64. Expected: amd64"]),
    "nonRoot: false": ("nonRoot", ['Image user "65532" is 65532, not root']),
}


@pytest.mark.parametrize("claim", HOLDS)
def test_a_claim_that_holds_passes_on_every_platform(tmp_path: Path, claim: str) -> None:
    images = [make_distroless(), make_distroless(architecture="arm64", raw=[file("etc/arm")])]
    if claim.startswith("closed"):  # the maker's programs are for amd64
        images = images[:1]
    verdict = verdict_of(tmp_path, images, f"bareboat: {{{claim}}}")

    assert [(image.platform, [(one.name, one.errors) for file in image.files for one in file.results])
            for image in verdict.images] == [
        (platform, [(f"Bareboat Test: {HOLDS[claim]}", ())])
        for platform in ("linux/amd64", "linux/arm64")[: len(images)]
    ]  # fmt: skip


@pytest.mark.parametrize("claim", WRONG)
def test_a_claim_that_does_not_hold_is_told(tmp_path: Path, claim: str) -> None:
    images = [make_distroless(), make_distroless(architecture="arm64", raw=[file("etc/arm")])]
    name, errors = WRONG[claim]

    assert errors_of(tmp_path, images, f"bareboat: {{{claim}}}") == {f"Bareboat Test: {name}": errors}


def test_a_size_that_is_outgrown_is_told(tmp_path: Path) -> None:
    made = make_distroless()
    size = made.manifest.layers[0].size

    assert errors_of(tmp_path, made, f"bareboat: {{maxSize: {size}}}") == {"Bareboat Test: maxSize": []}
    assert errors_of(tmp_path / "less", made, f"bareboat: {{maxSize: {size - 1}}}") == {
        "Bareboat Test: maxSize": [f"Compressed layers have {size} bytes together. Expected at most: {size - 1}"]
    }


def test_what_is_missing_of_a_program_is_told(tmp_path: Path) -> None:
    image = make_distroless(removed("usr/lib/x86_64-linux-gnu/libmast.so.1"))

    ((_, errors),) = errors_of(tmp_path, image, "bareboat: {closed: true}").items()

    assert any("libmast.so.1" in error and "[needed-library]" in error for error in errors)


@pytest.mark.parametrize(("user", "errors"), [
    ("0", ['Image user "0" is root']),
    ("", ['Image user "" is root']),
    ("root:65532", ['Image user "root:65532" is root']),
    ("nobody", []),
    ("nemo", ['Image user "nemo" is in neither /etc/passwd nor /etc/group']),
])  # fmt: skip
def test_who_is_root_is_looked_up_in_the_image(tmp_path: Path, user: str, errors: list[str]) -> None:
    image = make_distroless(config={"user": user})

    assert errors_of(tmp_path, image, "bareboat: {nonRoot: true}") == {"Bareboat Test: nonRoot": errors}


@pytest.mark.parametrize(("condition", "annotations", "passed_over"), [
    ("variants: [debug, nonroot]", {}, ""),
    ("variants: [debug]", {}, "it is for the variants debug, not for nonroot"),
    ("distros: [debian12, debian14]", {}, "it is for the distros debian12, debian14, not for debian13"),
    ("architectures: [s390x]", {}, "it is for the architectures s390x, not for amd64"),
    ("architectures: [amd64], distros: [debian13]", {}, ""),
    ("variants: [latest]", {VARIANT: ""}, "it is for the variants latest, not for one that does not say"),
    ("distros: [debian13]", {DISTRO: "debian12"}, "it is for the distros debian13, not for debian12"),
])  # fmt: skip
def test_a_file_can_be_about_some_images_alone(
    tmp_path: Path, condition: str, annotations: dict[str, str], passed_over: str
) -> None:
    text = f"bareboat: {{when: {{{condition}}}, nonRoot: true}}"

    ((image),) = verdict_of(tmp_path, make_distroless(annotations=annotations), text).images
    (found,) = image.files

    assert (found.passed_over, len(found.results)) == (passed_over, 0 if passed_over else 1)
