"""Two images are the same to the last byte, or the place and the field that differ are named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bareboat.base.digest import Digest
from bareboat.inspect.compare.difference import Comparison, Difference, Part
from bareboat.inspect.compare.images import Comparer
from bareboat.inspect.present.compare import heading, present_comparison
from bareboat.oci import media
from bareboat.oci.config import Execution, History
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from bareboat.store.memory import MemoryStore
from tests.makers.image import Made, make_image, make_index
from tests.makers.layers import Item, file, folder, hard_link, make_image_from, make_image_of, make_raw_tar, symlink

PLAIN = [folder("etc"), file("etc/motd", b"one\ntwo\nthree\n"), symlink("bin", "usr/bin"), file("z", b"\0\1\2\3")]


def compared(one: Made, other: Made, **said: int | None) -> Comparison:
    return Comparer(one.blobs, other.blobs, **said).compare(one.descriptor, other.descriptor)


def told(comparison: Comparison) -> list[str]:
    """One line for each difference."""
    return [f"{heading(one)}: {one.one} | {one.other}" for one in comparison.differences]


def of(*items: Item, **said: object) -> Made:
    return make_image_from(items, **said)


def test_equal_images_say_nothing() -> None:
    comparison = compared(of(*PLAIN), of(*PLAIN))

    assert (comparison.is_same, comparison.more, present_comparison(comparison, "a", "b")) == (True, False, [])
    assert comparison.to_document() == {"same": True, "differences": [], "more": False}


LAYER = "linux/amd64 layer 1 (layer 0)"
MOTD = PLAIN[1]
X = file("x", b"x")
LINK = symlink("bin", "usr/bin")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (X, replace(X, mode=0o755), "/x: mode: 0644 | 0755"),
        (X, replace(X, mode=0o4644), "/x: mode: 0644 | 4644"),
        (X, replace(X, uid=7), "/x: uid: 0 | 7"),
        (X, replace(X, gid=7), "/x: gid: 0 | 7"),
        (X, replace(X, uid=2_097_152, records={"uid": "2097152"}), "/x: uid: 0 | 2097152"),
        (X, replace(X, mtime=1), "/x: mtime: 0 | 1"),
        (X, replace(X, records={"mtime": "0.5"}), "/x: mtime: 0 | 0.5"),
        (LINK, replace(LINK, link="usr/sbin"), "/bin: link: usr/bin | usr/sbin"),
        (folder("x"), X, "/x: type: folder | file"),
        (X, replace(X, name="./x"), "/x: name: x | ./x"),
        (X, replace(X, records={"SCHILY.xattr.user.a": "1"}), "/x: xattr user.a: None | 1"),
        (
            replace(X, records={"SCHILY.xattr.security.capability": "\1\2"}),
            replace(X, records={"SCHILY.xattr.security.capability": "\1\3"}),
            "/x: xattr security.capability: 01 02 | 01 03",
        ),
        (X, replace(X, records={"comment": "hi"}), "/x: pax comment: None | hi"),
        (X, replace(X, data=b"y"), "/x: content (line 1, byte 0): x | y"),
        (MOTD, replace(MOTD, data=b"one\ntwO\nthree\n"), "/etc/motd: content (line 2, byte 6): two | twO"),
        (file("x", b"\0\1"), file("x", b"\0\2"), "/x: content (byte 1): 01 | 02"),
        (
            replace(X, name="d", kind=b"3", data=b"", device=(1, 3)),
            replace(X, name="d", kind=b"3", data=b"", device=(1, 5)),
            "/d: device: 1:3 | 1:5",
        ),
    ],
)
def test_a_field_of_an_entry_is_named(one: Item, other: Item, expected: str) -> None:
    comparison = compared(of(folder("etc"), one), of(folder("etc"), other))

    assert told(comparison)[0] == f"{LAYER}: {expected}"


def test_only_what_differs_is_told() -> None:
    comparison = compared(of(*PLAIN), of(PLAIN[0], replace(MOTD, mode=0o600, mtime=5), *PLAIN[2:]))

    assert told(comparison) == [f"{LAYER}: /etc/motd: mode: 0644 | 0600", f"{LAYER}: /etc/motd: mtime: 0 | 5"]


def test_a_longer_file_differs_in_size_and_where_it_goes_on() -> None:
    comparison = compared(of(X), of(replace(X, data=b"x\ny")))

    assert told(comparison) == [
        f"{LAYER}: /x: size: 1 | 3", f"{LAYER}: /x: content (line 1, byte 1): x | x",
    ]  # fmt: skip


def test_an_entry_of_one_side_alone_is_told_as_such() -> None:
    extra = [file("a", b""), symlink("b", "a")]

    assert told(compared(of(*PLAIN, *extra), of(*PLAIN))) == [
        f"{LAYER}: /a: presence: file | None",
        f"{LAYER}: /b: presence: symbolic link | None",
    ]
    assert told(compared(of(X, *PLAIN[:2]), of(X, hard_link("y", "x"), *PLAIN[:2])))[0] == (
        f"{LAYER}: /y: presence: None | hard link"
    )


def test_another_order_is_told_once() -> None:
    a, b, c = (file(name) for name in "abc")

    assert told(compared(of(a, b, c), of(b, c, a))) == [f"{LAYER}: /a: order: first | after /c"]
    assert told(compared(of(a, b, c), of(a, c, b))) == [f"{LAYER}: /b: order: after /a | after /c"]


def test_a_path_that_comes_twice_is_compared_each_time() -> None:
    comparison = compared(of(X, X), of(X, replace(X, data=b"y")))

    assert told(comparison) == [f"{LAYER}: /x: content (line 1, byte 0): x | y"]


def test_the_first_difference_is_the_first_in_the_tar() -> None:
    a, b, c = (file(name) for name in "abc")

    comparison = compared(of(a, b, c), of(a, file("aa"), replace(b, uid=1), replace(c, uid=1)))

    assert [one.path for one in comparison.differences] == ["/aa", "/b", "/c"]


def test_headers_that_mean_the_same_and_are_written_differently_are_told() -> None:
    def made(style: int) -> Made:
        return _of_tar(make_raw_tar([X], style))

    comparison = compared(made(0), made(1))

    (only,) = comparison.differences
    assert (only.path, only.field, only.offset) == ("/x", "header (magic)", 262)


def _of_tar(tar: bytes) -> Made:
    return make_image_of([tar])


def test_padding_and_the_end_of_the_archive_count() -> None:
    tar = make_raw_tar([X])

    assert told(compared(_of_tar(tar), _of_tar(tar + bytes(512)))) == [
        f"{LAYER}: end of the archive: 1024 bytes | 1536 bytes"
    ]
    dirty = bytearray(tar)
    dirty[1000] = 7
    (only,) = compared(_of_tar(tar), _of_tar(bytes(dirty))).differences
    assert (only.path, only.field) == ("/x", "padding")


def test_bytes_that_are_no_tar_are_compared_as_far_as_they_are_one() -> None:
    tar = make_raw_tar(PLAIN)

    comparison = compared(_of_tar(tar), _of_tar(tar[:1536] + b"nonsense" * 64))

    assert told(comparison)[0] == f"{LAYER}: /bin: presence: symbolic link | None"
    assert any("tar: None | cannot read as tar" in line for line in told(comparison))


@pytest.mark.parametrize(("compression", "word"), [(Compression.gzip, "member"), (Compression.zstd, "frame")])
def test_the_same_tar_compressed_differently_is_told_with_the_member(compression: Compression, word: str) -> None:
    items = [file("x", bytes(range(256)) * 64)]

    comparison = compared(
        of(*items, compression=compression, members=2), of(*items, compression=compression, members=3)
    )

    (only,) = comparison.differences
    assert (only.path, only.field) == ("", "compression")
    assert (only.one or "").startswith(f"{compression}, {word} 1 of 2")
    assert (only.other or "").startswith(f"{compression}, {word} 1 of 3")
    assert only.offset is not None


def test_another_compression_is_told_before_the_media_type() -> None:
    comparison = compared(of(X), of(X, compression=Compression.zstd))

    assert [one.field for one in comparison.differences] == ["compression", "value"]
    assert comparison.differences[1].path == "/layers/0/mediaType"


def test_a_changed_environment_is_a_pointer_into_the_configuration() -> None:
    one, other = (make_image(config=Execution(env=("A=1", f"B={value}"))) for value in (1, 2))

    assert told(compared(one, other)) == ['linux/amd64 config: /config/Env/1: value: "B=1" | "B=2"']


def test_an_annotation_is_a_pointer_with_its_slashes_written_out() -> None:
    one, other = make_image(annotations={"a/b~c": "1"}), make_image(annotations={})

    assert told(compared(one, other)) == ['linux/amd64 manifest: /annotations: value: {"a/b~c":"1"} | None']
    both = [make_image(annotations={"a/b~c": text, "d": ""}) for text in "12"]
    assert told(compared(*both)) == ['linux/amd64 manifest: /annotations/a~1b~0c: value: "1" | "2"']


def test_history_names_the_layer_and_only_the_right_one_is_told() -> None:
    history = [History(created_by="bareboat: base"), History(created_by="bareboat: python3")]
    one = make_image_from([X], [MOTD], history=history)
    other = make_image_from([X], [replace(MOTD, gid=3)], history=history)

    assert told(compared(one, other)) == ["linux/amd64 layer 2 (python3): /etc/motd: gid: 0 | 3"]


def test_another_number_of_layers_is_told_with_their_names() -> None:
    one, other = make_image_from([X], [MOTD]), make_image_from([X])

    assert told(compared(one, other)) == ["linux/amd64 manifest: /layers: layers: 2; layer 0; layer 1 | 1; layer 0"]


def _index(*images: Made) -> tuple[MemoryStore, Descriptor]:
    blobs = MemoryStore()
    return blobs, make_index(images, blobs)


def test_the_platform_is_named_and_one_of_one_side_alone_is_told() -> None:
    arm = make_image(architecture="arm64")
    blobs, one = _index(make_image(), arm)
    others, other = _index(make_image(config=Execution(user="7", env=("PATH=/usr/bin:/bin",), working_dir="/")), arm)
    alone, single = _index(arm)

    assert told(Comparer(blobs, others).compare(one, other)) == [
        'linux/amd64 config: /config/User: value: None | "7"'
    ]
    assert told(Comparer(blobs, alone).compare(one, single)) == [
        "index: /manifests/0: platform: linux/amd64 | None"
    ]
    assert told(Comparer(alone, blobs).compare(single, one)) == [
        "index: /manifests/0: platform: None | linux/amd64"
    ]


def test_an_index_is_no_manifest() -> None:
    image = make_image()
    blobs, index = _index(image)

    assert told(Comparer(image.blobs, blobs).compare(image.descriptor, index)) == [
        f"linux/amd64 manifest: media type: {media.MANIFEST} | {media.INDEX}"
    ]


def test_documents_that_say_the_same_in_other_bytes_differ() -> None:
    image = make_image()
    spaced = json.dumps(json.loads(image.manifest.to_bytes()), sort_keys=True).encode()
    other = replace(image, descriptor=replace(image.descriptor, digest=Digest.of(spaced), size=len(spaced)))
    image.blobs.add([spaced])

    (only,) = compared(image, other).differences
    assert (only.part, only.path, only.field, only.offset) == (
        Part(kind="manifest", platform="linux/amd64"), "", "bytes", 10,
    )  # fmt: skip


class Damaged(MemoryStore):
    """A store in which one blob was changed by somebody."""

    def __init__(self, whole: MemoryStore, digest: Digest, data: bytes) -> None:
        super().__init__()
        self._blobs = {**whole._blobs, digest: data}


def test_damage_is_told_with_the_place_it_is_in() -> None:
    image = make_image(config=Execution(env=("A=1",)))
    config = image.manifest.config.digest
    data = image.config.to_bytes().replace(b"A=1", b"A=2")
    damaged = Damaged(image.blobs, config, data)

    comparison = Comparer(damaged, image.blobs).compare(image.descriptor, image.descriptor)

    assert told(comparison) == [
        f"linux/amd64 config: damage: {config} was promised, the bytes have {Digest.of(data)} | None",
        'linux/amd64 config: /config/Env/0: value: "A=2" | "A=1"',
    ]


def test_a_missing_layer_is_damage() -> None:
    image = of(*PLAIN)
    layer = image.manifest.layers[0].digest
    less = MemoryStore()
    less._blobs = {digest: data for digest, data in image.blobs._blobs.items() if digest != layer}

    comparison = Comparer(image.blobs, less).compare(image.descriptor, image.descriptor)

    assert told(comparison)[-1] == f"{LAYER}: damage: None | cannot find {layer} in memory"


def test_a_layer_that_was_cut_off_is_damage() -> None:
    image = of(file("x", bytes(range(256)) * 4096))
    layer = image.manifest.layers[0].digest
    damaged = Damaged(image.blobs, layer, image.blobs._blobs[layer][:-200])

    comparison = Comparer(image.blobs, damaged).compare(image.descriptor, image.descriptor)

    assert "damage: None | cannot read as gzip" in told(comparison)[-1]


def test_what_is_told_is_bounded() -> None:
    many = [file(f"{number:03}", b"") for number in range(100)]
    one, other = of(*many), of(*(replace(item, uid=1) for item in many))

    few = compared(one, other, most=3)

    assert ([one.path for one in few.differences], few.more) == (["/000", "/001", "/002"], True)
    assert len(compared(one, other).differences) == 20
    assert len(compared(one, other, most=None).differences) == 100
    assert compared(of(X), of(replace(X, uid=1)), most=1).more is False


def test_a_difference_as_a_document() -> None:
    comparison = compared(of(MOTD), of(replace(MOTD, data=b"one\ntwO\nthree\n")))

    assert comparison.to_document() == {
        "same": False,
        "more": False,
        "differences": [
            {
                "part": "layer", "platform": "linux/amd64", "layer": 1, "about": "layer 0", "path": "/etc/motd",
                "field": "content", "offset": 6, "line": 2, "one": "two", "other": "twO",
            }
        ],
    }  # fmt: skip


def test_differences_as_text() -> None:
    comparison = Comparison(
        differences=(
            Difference(part=Part(kind="index"), path="/manifests/0", field="platform", one="linux/arm64", other=None),
            Difference(
                part=Part(kind="layer", layer=2), field="compression", one="a\x1b[1m", other="b" * 300, offset=4
            ),
        ),
        more=True,
    )

    assert present_comparison(comparison, "layout", "made again") == [
        "  index: /manifests/0: platform",
        "      layout:      linux/arm64",
        "      made again:  -",
        "  layer 2: compression (byte 4 of the whole)",
        "      layout:      a\\x1b[1m",
        f"      made again:  {'b' * 200}…",
        "  and more",
    ]
