"""What the names in a layout are called in a registry."""

from __future__ import annotations

import pytest

from bareboat.oci import media
from bareboat.oci.annotations import CONTAINERD_NAME, REF_NAME
from bareboat.oci.descriptor import Descriptor
from bareboat.ship.serve.catalogue import Catalogue


def entry(name: str = "", containerd: str = "", content: bytes = b"") -> Descriptor:
    names = {REF_NAME: name, CONTAINERD_NAME: containerd}
    found = Descriptor.of(media.MANIFEST, content or name.encode() or containerd.encode())
    return found.with_annotations({key: value for key, value in names.items() if value})


def shown(*entries: Descriptor) -> dict[str, list[str]]:
    return {name: list(tags) for name, tags in Catalogue.of(entries, "My out.tar").repositories.items()}


@pytest.mark.parametrize(
    ("name", "repositories", "tag"),
    [
        ("python3-debian13:nonroot", ["python3-debian13", "library/python3-debian13"], "nonroot"),
        ("team/app:1", ["team/app"], "1"),
        ("ghcr.io/team/app:1", ["team/app", "ghcr.io/team/app"], "1"),
        ("localhost:5000/app:1", ["app", "localhost/app"], "1"),
        ("registry.example/team/app", ["team/app", "registry.example/team/app"], "latest"),
        ("1.0", ["my-out-tar"], "1.0"),
        ("Latest", ["my-out-tar"], "Latest"),
    ],
)
def test_a_name_is_a_repository_and_a_tag(name: str, repositories: list[str], tag: str) -> None:
    found = shown(entry(name))

    assert {one: found[one] for one in repositories} == {one: [tag] for one in repositories}
    assert Catalogue.of([entry(name)], "My out.tar").listed == (repositories[0],)


def test_the_name_of_containerd_counts_when_the_other_is_a_tag_alone() -> None:
    """buildx writes `latest` and `docker.io/library/app:latest`."""
    assert shown(entry("latest", "docker.io/library/app:latest"))["app"] == ["latest"]


def test_a_mirror_is_told_whose_image_is_meant() -> None:
    ours, theirs = entry("ghcr.io/team/app:1"), entry("quay.io/team/app:1")
    found = Catalogue.of([ours, theirs], "out")

    assert found.tags("team/app") == {"1": ours}
    assert found.tags("team/app", "quay.io") == {"1": theirs}
    assert found.tags("team/app", "nobody.example") == {"1": ours}
    assert found.tags("nobody") is None


def test_an_image_without_a_name_is_called_as_its_layout_is() -> None:
    assert shown(entry(content=b"a")) == {"my-out-tar": ["latest"]}
    assert shown(entry(content=b"a"), entry(content=b"b")) == {"my-out-tar": []}


def test_names_that_no_registry_could_have_are_told() -> None:
    found = Catalogue.of([entry("Upper/Case:1"), entry("app:1")], "out")

    assert found.nameless == ("Upper/Case:1",)
    assert found.listed == ("app",)


def test_the_first_of_several_entries_with_one_name_counts() -> None:
    first, second = entry("app:1", content=b"first"), entry("app:1", content=b"second")

    assert Catalogue.of([first, second], "out").tags("app") == {"1": first}
