"""Images are found as users of distroless write their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareboat.base.errors import UsageError
from bareboat.inspect.chosen import chosen_image
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.manifest import Manifest
from bareboat.store.layout import write_layout
from tests.inspect.images import python_layout
from tests.makers.image import make_image, make_layout

AMD64, ARM, RISCV = (Platform(architecture="amd64"), Platform(architecture="arm", variant="v7"),
                     Platform(architecture="riscv64"))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "platform", "host", "expected"),
    [
        pytest.param("python3:latest", None, None, "python3:latest linux/amd64", id="the first platform"),
        pytest.param("python3", None, ARM, "python3:latest linux/arm/v7", id="this machine's platform"),
        pytest.param("python3", None, RISCV, "python3:latest linux/amd64", id="another machine"),
        pytest.param("python3", ARM, AMD64, "python3:latest linux/arm/v7", id="what was chosen"),
        pytest.param("python3", Platform(architecture="arm"), None, "python3:latest linux/arm/v7", id="usual variant"),
        pytest.param("python3-debian13", None, AMD64, "python3-debian13:latest linux/amd64", id="with the distro"),
        pytest.param("python3:latest-arm", None, AMD64, "python3:latest linux/arm/v7", id="architecture in the tag"),
        pytest.param("python3:arm", None, AMD64, "python3:latest linux/arm/v7", id="architecture as the tag"),
        pytest.param("tiny", None, AMD64, "tiny:latest linux/arm/v7", id="the only platform"),
    ],
)
def test_a_name_means_an_image(
    tmp_path: Path, name: str, platform: Platform | None, host: Platform | None, expected: str
) -> None:
    found = chosen_image(python_layout(tmp_path), name, platform, host)
    assert f"{found.name} {found.config.platform}" == expected


def test_a_name_that_has_no_tag_in_the_layout_comes_first(tmp_path: Path) -> None:
    plain, tagged = make_image(), make_image([{"x": b""}])
    layout = make_layout(tmp_path, {"app": plain, "app:latest": tagged})
    assert chosen_image(layout, "app").manifest == plain.manifest


@pytest.mark.parametrize(
    ("name", "platform", "message", "hint"),
    [
        ("pyton3", None, 'cannot find the image "pyton3"', 'did you mean "python3"?'),
        ("python3:debug", None, 'cannot find the image "python3:debug"', None),
        ("tiny", AMD64, '"tiny:latest" is not for linux/amd64', "it is for: linux/arm/v7"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    tmp_path: Path, name: str, platform: Platform | None, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        chosen_image(python_layout(tmp_path), name, platform)
    assert refused.value.hint == (hint or refused.value.hint)


def test_an_artifact_is_no_image(tmp_path: Path) -> None:
    image = make_image()
    config = Descriptor.of("application/vnd.example.sbom+json", b"{}")
    image.blobs.add([b"{}"])
    manifest = Manifest(config=config, layers=())
    image.blobs.add([manifest.to_bytes()])
    layout = write_layout(tmp_path, [(("sbom:latest",), manifest.descriptor())], image.blobs)
    with pytest.raises(UsageError, match='"sbom:latest" is an artifact of type'):
        chosen_image(layout, "sbom")
