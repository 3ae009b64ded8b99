"""Which place of images a word means, and where images go that are sent there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareboat.base.errors import UsageError
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.reference import Reference
from bareboat.ship.transfer.address import addressed
from bareboat.ship.transfer.item import Item, chosen_items
from bareboat.ship.transfer.origin import StoreOrigin
from bareboat.ship.transfer.place import Form, Place, place_of, registry_target, target_of
from bareboat.store.layout import Layout
from bareboat.store.memory import MemoryStore
from tests.makers.image import make_image, make_layout


def only(*names: str) -> Callable[[Path], bool]:
    return lambda path: str(path) in names


@pytest.mark.parametrize(
    ("word", "form", "path", "name"),
    [
        ("out", Form.layout, "out", None),
        ("out:python3:nonroot", Form.layout, "out", "python3:nonroot"),
        ("./new", Form.layout, "new", None),
        ("./new:app:1", Form.layout, "new", "app:1"),
        ("/srv/new.tar", Form.oci_archive, "/srv/new.tar", None),
        ("oci:new", Form.layout, "new", None),
        ("oci:new:app:1", Form.layout, "new", "app:1"),
        ("oci-archive:new.tar:app:1", Form.oci_archive, "new.tar", "app:1"),
        ("docker-archive:new.tar", Form.docker_archive, "new.tar", None),
    ],
)
def test_a_path_is_a_layout_or_an_archive(word: str, form: Form, path: str, name: str | None) -> None:
    assert place_of(word, only("out")) == Place(form=form, path=Path(path), name=name)


@pytest.mark.parametrize(
    ("word", "reference", "is_said"),
    [
        ("python3", "docker.io/library/python3", False),
        ("team/app:1", "docker.io/team/app:1", False),
        ("localhost/app", "localhost/app", True),
        ("ghcr.io/team/app:1", "ghcr.io/team/app:1", True),
        ("docker://ghcr.io/team/app:1", "ghcr.io/team/app:1", True),
        ("localhost:5000/app", "localhost:5000/app", True),
    ],
)
def test_everything_else_is_a_reference(word: str, reference: str, is_said: bool) -> None:
    found = place_of(word, only("out"))

    assert (found.form, str(found.reference), found.registry_is_said) == (Form.registry, reference, is_said)


def test_a_path_with_colons_is_found_whole() -> None:
    assert place_of("a:b", only("a:b")).path == Path("a:b")


def test_what_is_written_is_never_docker_hub_by_accident() -> None:
    with pytest.raises(UsageError) as caught:
        target_of("new", only("out"))

    assert caught.value.hint == "write ./new for a folder, or docker.io/library/new for the repository"


@pytest.mark.parametrize("word", ["dir:new", "docker-daemon:app:1", "containers-storage:app", "oci:", "docker://"])
def test_other_words_of_skopeo_are_refused_by_name(word: str) -> None:
    with pytest.raises(UsageError):
        place_of(word, only("out"))


def test_a_registry_alone_is_a_target_for_all_images() -> None:
    assert registry_target("localhost:5000", alone=True) == Reference(registry="localhost:5000", repository=".")
    for word in ("localhost:5000", "app", "team/app"):
        with pytest.raises(UsageError):
            registry_target(word)


def item(name: str, tag: str | None, content: str = "") -> Item:
    # What is addressed is not read.
    origin = StoreOrigin.__new__(StoreOrigin)
    root = Descriptor.of(media.INDEX, (content or f"{name}:{tag}").encode())
    return Item(origin=origin, root=root, name=name, tag=tag)


def places(*items: Item, target: str, apart: bool = False) -> dict[str, tuple[str, ...]]:
    found = addressed(items, Reference.parse(target), apart=apart)
    return {f"{one.repository} {one.item.said}": one.tags for one in found}


def test_images_of_one_name_go_to_the_repository_itself() -> None:
    assert places(item("python3", "latest"), item("python3", "nonroot"), target="r.example/py") == {
        "r.example/py python3:latest": ("latest",), "r.example/py python3:nonroot": ("nonroot",),
    }  # fmt: skip


def test_images_of_several_names_go_below_it() -> None:
    assert places(item("python3", "1"), item("team/app", "2"), target="r.example/x") == {
        "r.example/x/python3 python3:1": ("1",), "r.example/x/team/app team/app:2": ("2",),
    }  # fmt: skip
    assert list(places(item("python3", "1"), target="r.example/x", apart=True)) == ["r.example/x/python3 python3:1"]


def test_a_tag_is_for_one_image_or_the_latest_of_one_name() -> None:
    assert places(item("a", "1"), target="r.example/a:9") == {"r.example/a a:9": ("9",)}
    assert places(item("a", "x"), item("a", "latest"), target="r.example/a:9") == {"r.example/a a:9": ("9",)}
    for items in ([item("a", "1"), item("a", "2")], [item("a", "latest"), item("b", "latest")]):
        with pytest.raises(UsageError, match="cannot give the one tag"):
            places(*items, target="r.example/a:9")


def test_tags_of_one_image_are_kept_together() -> None:
    found = places(item("a", "1", "same"), item("a", "2", "same"), target="r.example/a")

    assert found == {"r.example/a a:1": ("1", "2")}


def test_a_digest_cannot_be_written_to() -> None:
    with pytest.raises(UsageError, match="a digest follows from what is written"):
        places(item("a", "1"), target=f"r.example/a@sha256:{'0' * 64}")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    first, second = make_image(), make_image([{"etc/second": b"2"}])
    names = {"app:1": first, "app:latest": second, "tool:1": first, "ghcr.io/team/far:1": first}
    return make_layout(tmp_path / "out", names)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["app"], ["app:1", "app:latest"]),
        (["app:1"], ["app:1"]),
        (["tool", "app:latest"], ["tool:1", "app:latest"]),
        (["ghcr.io/team/far:1"], ["team/far:1"]),
        (["ghcr.io/team/far"], ["team/far:1"]),
    ],
)
def test_a_name_is_all_its_tags_and_a_tag_is_one(layout: Layout, words: list[str], found: list[str]) -> None:
    assert [item.said for item in chosen_items(layout, words)] == found


def test_nothing_is_chosen_by_chance(layout: Layout) -> None:
    with pytest.raises(UsageError, match="holds several images"):
        chosen_items(layout, [])
    with pytest.raises(UsageError) as caught:
        chosen_items(layout, ["aap"])
    assert caught.value.hint == 'did you mean "app"?'
    assert len(chosen_items(layout, [], everything=True)) == 4


def test_several_names_of_the_same_images_are_one(tmp_path: Path) -> None:
    image = make_image()
    layout = make_layout(tmp_path / "out", {"python3:1": image, "python3.13:1": image})

    assert [item.said for item in chosen_items(layout, [])] == ["python3.13:1"]


def test_an_image_without_a_name_is_the_latest(tmp_path: Path) -> None:
    from bareboat.store.layout import write_layout

    blobs = MemoryStore()
    image = make_image(blobs=blobs)
    (found,) = chosen_items(write_layout(tmp_path / "out", [((), image.descriptor)], blobs), [])

    assert (found.name, found.tag, found.root.digest) == ("", "latest", image.descriptor.digest)
