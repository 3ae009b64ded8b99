"""What an image consists of, and what a selection of its architectures is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, UsageError
from bareboat.base.observer import Silent
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor, Platform
from bareboat.oci.index import Index
from bareboat.ship.transfer.contents import parts_of, select
from bareboat.ship.transfer.origin import Origin, StoreOrigin
from bareboat.ship.transfer.team import Team
from bareboat.store.images import ImageStore
from bareboat.store.layout import Layout, write_layout
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_layout


@dataclass
class Documents:
    """An origin of documents alone; what was asked is remembered."""

    there: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, index: Index) -> Descriptor:
        self.there[str(index.descriptor().digest)] = index.to_bytes()
        return index.descriptor()

    def document(self, descriptor: Descriptor) -> bytes:
        self.asked.append(str(descriptor.digest))
        return self.there[str(descriptor.digest)]


def origin_of(documents: Documents) -> Origin:
    return documents  # type: ignore[return-value]


def nested(depth: int, documents: Documents) -> Descriptor:
    inner = documents.add(Index())
    for number in range(depth - 1):
        inner = documents.add(Index(manifests=(inner,), annotations={"n": str(number)}))
    return inner


def test_children_come_before_parents_and_each_once() -> None:
    documents = Documents()
    leaf = documents.add(Index())
    middle = documents.add(Index(manifests=(leaf, leaf)))
    root = documents.add(Index(manifests=(leaf, middle)))

    parts = parts_of(origin_of(documents), root)

    assert [(part.descriptor.digest, part.height) for part in parts] == [
        (leaf.digest, 0), (middle.digest, 1), (root.digest, 2),
    ]  # fmt: skip
    assert len(documents.asked) == 3


def test_what_an_index_names_besides_is_a_blob() -> None:
    documents = Documents()
    other = Descriptor.of("application/vnd.example", b"x")
    root = documents.add(Index(manifests=(other,)))

    (part,) = parts_of(origin_of(documents), root)

    assert (part.documents, part.blobs) == ((), (other,))


def test_indexes_nest_eight_deep_and_no_deeper() -> None:
    documents = Documents()

    assert len(parts_of(origin_of(documents), nested(8, documents))) == 8
    with pytest.raises(FormatError, match="nested more than 8 deep"):
        parts_of(origin_of(documents), nested(9, documents))


def test_indexes_that_lead_in_a_circle_come_to_an_end() -> None:
    """No digest leads to itself; an origin that does not check, and a registry that lies, could make it so."""
    documents = Documents()
    first = documents.add(Index(annotations={"n": "first"}))
    second = documents.add(Index(manifests=(first,)))
    documents.there[str(first.digest)] = Index(manifests=(second,)).to_bytes()

    with pytest.raises(FormatError, match="nested more than 8 deep"):
        parts_of(origin_of(documents), second)
    assert len(documents.asked) == 2


def test_an_image_of_too_many_manifests_is_refused() -> None:
    documents = Documents()
    many = tuple(Descriptor.of(media.MANIFEST, b"%d" % number) for number in range(10_001))
    root = documents.add(Index(manifests=many))

    with pytest.raises(LimitError, match="10000 manifests"):
        parts_of(origin_of(documents), root)


@pytest.fixture
def layout(tmp_path_factory: pytest.TempPathFactory) -> ImageStore:
    images: list[Made] = [make_image([{"a": name.encode()}], architecture=name) for name in ("amd64", "arm64", "s390x")]
    return make_layout(tmp_path_factory.mktemp("contents") / "out", {"app:1": images})


def wanted(*names: str) -> list[Platform]:
    return [Platform(architecture=name) for name in names]


def test_one_architecture_is_its_manifest(layout: Layout) -> None:
    _, found = select(StoreOrigin(layout), layout.images["app:1"], wanted("arm64"), "app:1")

    assert found == next(one for one in layout.platforms("app:1") if one.platform == wanted("arm64")[0])


def test_some_architectures_are_an_index_of_theirs(layout: Layout) -> None:
    origin, found = select(StoreOrigin(layout), layout.images["app:1"], wanted("s390x", "amd64"), "app:1")

    index = Index.parse(origin.document(found))
    assert (index.descriptor().digest, index.descriptor().size) == (found.digest, found.size)
    assert [str(one.platform) for one in index.manifests] == ["linux/amd64", "linux/s390x"]
    assert origin.blobs is not None
    assert origin.blobs.has(found.digest)


def test_all_architectures_are_the_image_itself(layout: Layout) -> None:
    root = layout.images["app:1"]

    assert select(StoreOrigin(layout), root, wanted("s390x", "amd64", "arm64"), "app:1")[1] == root


def test_an_architecture_that_there_is_not_is_refused(layout: Layout) -> None:
    with pytest.raises(UsageError) as caught:
        select(StoreOrigin(layout), layout.images["app:1"], wanted("riscv64"), "app:1")

    assert caught.value.message == "app:1 is not for linux/riscv64"
    assert caught.value.hint == "it is for: linux/amd64, linux/arm64, linux/s390x"


def test_a_single_image_says_itself_what_it_is_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    blobs = MemoryStore()
    image = make_image(architecture="arm64", blobs=blobs)
    bare = Descriptor(
        media_type=image.descriptor.media_type, digest=image.descriptor.digest, size=image.descriptor.size
    )
    layout = write_layout(tmp_path_factory.mktemp("single") / "out", [(("app:1",), bare)], blobs)
    origin = StoreOrigin(layout)

    assert select(origin, bare, wanted("arm64"), "app:1") == (origin, bare)
    with pytest.raises(UsageError, match="is not for linux/amd64"):
        select(origin, bare, wanted("amd64"), "app:1")


def test_the_first_failure_in_order_ends_the_others() -> None:
    begun: list[int] = []

    def act(number: int) -> int:
        begun.append(number)
        if number:
            raise DigestMismatchError(f"number {number}")
        return number

    with Team(Silent(), "test", jobs=1) as team, pytest.raises(DigestMismatchError, match="number 1"):
        team.each(act, range(100))
    assert begun == [0, 1]
