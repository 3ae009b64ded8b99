"""Layers become the filesystem that a container would see, or a clear refusal."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareboat.base.digest import Digest
from bareboat.base.errors import DigestMismatchError, FormatError, LimitError, NotFoundError
from bareboat.base.path import ImagePath
from bareboat.oci.descriptor import Descriptor
from bareboat.oci.media import Compression
from bareboat.store.changeset import Filesystem
from bareboat.store.entry import EntryKind, LayerEntry
from bareboat.store.layer_tar import Change
from bareboat.store.rootfs import RootFilesystem
from tests.makers.image import Made, make_layer
from tests.makers.layers import (
    Item,
    file,
    folder,
    hard_link,
    make_image_from,
    make_image_of,
    make_raw_tar,
    opaque,
    symlink,
    whiteout,
)
from tests.makers.refusal import is_read_or_refused_at


def opened(image: Made, **said: int) -> RootFilesystem:
    return RootFilesystem.of(image.blobs, image.manifest, **said)


def dump(*layers: Sequence[Item]) -> dict[str, str]:
    """Every path with what it is: `/` a folder, `-> x` and `= x` links, else the content."""
    with opened(make_image_from(*layers)) as rootfs:
        return {path: described(rootfs, entry) for path, entry in rootfs.entries.items()}


def described(rootfs: RootFilesystem, entry: LayerEntry) -> str:
    match entry.kind:
        case EntryKind.folder:
            return "/"
        case EntryKind.symbolic_link:
            return f"-> {entry.target}"
        case EntryKind.hard_link:
            return f"= {entry.target}"
        case EntryKind.file:
            return rootfs.read(entry.path).decode()
        case _:
            return f"{entry.kind} {entry.major}:{entry.minor}"


BASE = [
    folder("a"), file("a/x", b"1"), folder("a/b"), file("a/b/y", b"2"),
    folder("c"), file("c/z", b"3"), symlink("l", "a"),
]  # fmt: skip
UNCHANGED = {"a": "/", "a/x": "1", "a/b": "/", "a/b/y": "2", "c": "/", "c/z": "3", "l": "-> a"}


def without(*paths: str, **instead: str) -> dict[str, str]:
    kept = {path: what for path, what in UNCHANGED.items() if path not in paths}
    return dict(sorted((kept | {path.replace("__", "/"): what for path, what in instead.items()}).items()))


@pytest.mark.parametrize(
    ("upper", "expected"),
    [
        pytest.param([], without(), id="nothing changes"),
        pytest.param([file("a/x", b"9")], without(a__x="9"), id="a later file replaces"),
        pytest.param([folder("a", mode=0o700)], without(), id="a folder over a folder keeps what is in it"),
        pytest.param([file("a", b"9")], without("a/x", "a/b", "a/b/y", a="9"), id="a file over a folder"),
        pytest.param([symlink("a", "c")], without("a/x", "a/b", "a/b/y", a="-> c"), id="a link over a folder"),
        pytest.param([folder("l")], without(l="/"), id="a folder over a link"),
        pytest.param([folder("l"), file("l/n", b"9")], without(l="/", l__n="9"), id="into a folder over a link"),
        pytest.param([file("n/m/k", b"9")], without(n="/", n__m="/", n__m__k="9"), id="folders nobody names"),
        pytest.param([whiteout("a/x")], without("a/x"), id="whiteout of a file"),
        pytest.param([whiteout("a")], without("a", "a/x", "a/b", "a/b/y"), id="whiteout of a folder"),
        pytest.param([whiteout("l")], without("l"), id="whiteout of a link leaves its target"),
        pytest.param([whiteout("nothing")], without(), id="whiteout of nothing"),
        pytest.param([whiteout("no/thing")], without(), id="whiteout in nothing makes nothing"),
        pytest.param([opaque("a")], without("a/x", "a/b", "a/b/y"), id="opaque"),
        pytest.param([opaque("a"), file("a/n", b"9")], without("a/x", "a/b", "a/b/y", a__n="9"), id="opaque first"),
        pytest.param([file("a/n", b"9"), opaque("a")], without("a/x", "a/b", "a/b/y", a__n="9"), id="opaque last"),
        pytest.param([file(".wh..wh..opq")], {}, id="opaque root"),
        pytest.param([file("a/x", b"9"), whiteout("a/x")], without(a__x="9"), id="whiteout spares its own layer"),
        pytest.param([whiteout("a"), file("a/n", b"9")], without("a/x", "a/b", "a/b/y", a__n="9"), id="made again"),
        pytest.param([hard_link("h", "a/x")], without("a/x", a__x="1", h="= a/x"), id="hard link to a layer below"),
        pytest.param([hard_link("h", "a/x"), whiteout("c")], without("c", "c/z", h="= a/x"), id="link and whiteout"),
        pytest.param([hard_link("h", "l")], without(h="-> a"), id="hard link to a symbolic link"),
        pytest.param([hard_link("a/x", "a/x")], without(), id="hard link to itself"),
        pytest.param([hard_link("a", "a/x")], without("a/x", "a/b", "a/b/y", a="1"), id="hard link over its folder"),
        pytest.param([file("d/")], without(d="/"), id="an old way to write a folder"),
        pytest.param([folder(".", mode=0o711)], without(), id="the root's own entry"),
        pytest.param([folder("./n"), file("./n//m", b"9")], without(n="/", n__m="9"), id="spelled with ./ and //"),
    ],
)
def test_a_layer_is_put_upon_those_below(upper: list[Item], expected: dict[str, str]) -> None:
    assert dump(BASE, upper) == expected


def test_a_hard_link_keeps_the_content_when_the_first_name_goes() -> None:
    layers = [[file("b", b"kept")], [hard_link("a", "b"), hard_link("c", "b")], [file("b", b"new")]]
    assert dump(*layers) == {"a": "kept", "b": "new", "c": "= a"}


def test_every_attribute_is_kept() -> None:
    records = {"SCHILY.xattr.user.b": "\udcff\x00", "SCHILY.xattr.user.a": "x", "mtime": "-12.75", "uid": "3000000"}
    item = file("f", b"data", mode=0o4751, gid=7, records=records)
    device = Item(name="null", kind=tarfile.CHRTYPE, mode=0o666, device=(1, 3))
    with opened(make_image_from([folder("d")], [item, device])) as rootfs:
        assert dict(rootfs.entries) == {
            "d": LayerEntry(path=ImagePath("d"), kind=EntryKind.folder, mode=0o755, layer=0),
            "f": LayerEntry(
                path=ImagePath("f"), kind=EntryKind.file, mode=0o4751, uid=3000000, gid=7, mtime=-12, size=4,
                xattrs=(("user.a", b"x"), ("user.b", b"\xff\x00")), layer=1,
            ),
            "null": LayerEntry(
                path=ImagePath("null"), kind=EntryKind.character_device, mode=0o666, major=1, minor=3, layer=1
            ),
        }  # fmt: skip


PACKINGS = [(packing, members) for packing in Compression for members in (1, 5)]


@pytest.mark.parametrize(("compression", "members"), PACKINGS)
def test_every_packing_gives_the_same(compression: Compression, members: int) -> None:
    data = bytes(range(256)) * 4000
    tar = make_raw_tar([file("big", data), file("small", b"s")])
    with opened(make_image_of([tar], compression=compression, members=members)) as rootfs:
        assert rootfs.read(ImagePath("small")) == b"s"
        assert b"".join(rootfs.chunks(ImagePath("big"))) == data
        assert max(len(chunk) for chunk in rootfs.chunks(ImagePath("big"))) < len(data)
        assert rootfs.unpacked_sizes == (len(tar),)


def test_a_long_name_in_both_dialects_is_read() -> None:
    name = "/".join(["n" * 200] * 3)
    assert dump([file(name, b"1")])[name] == "1"


STRANGE = "which not every reader understands"
ATTRIBUTE = 'cannot read "t": an extended attribute cannot be called'
HOSTILE: list[tuple[str, list[Item], str]] = [
    ("..", [file("../x")], 'path: "../x" would leave the image'),
    (".. inside", [file("a/../../x")], 'path: "a/../../x" would leave the image'),
    ("absolute", [file("/etc/passwd")], 'path: "/etc/passwd" is an absolute path'),
    ("through a link below", [file("l/n")], '"l/n" stands in "l", which is a symbolic link'),
    ("through its own link", [symlink("m", "/"), file("m/n")], '"m/n" stands in "m", which is a symbolic link'),
    ("deep through a link", [file("l/n/m")], '"l/n/m" stands in "l", which is a symbolic link'),
    ("into a file", [file("c/z/n")], '"c/z/n" stands in "c/z", which is a file'),
    ("whiteout through a link", [whiteout("l/x")], '"l/.wh.x" stands in "l", which is a symbolic link'),
    ("opaque link", [opaque("l")], '"l/.wh..wh..opq" stands in "l", which is a symbolic link'),
    ("whiteout of .", [file("a/.wh..")], '"a/.wh.." is a whiteout of "."'),
    ("whiteout of ..", [file("a/.wh...")], '"a/.wh..." is a whiteout of ".."'),
    ("whiteout of no name", [file("a/.wh.")], '"a/.wh." is a whiteout of ""'),
    ("full whiteout", [file("a/.wh.x", b"1")], '"a/.wh.x" is a whiteout and must be an empty file'),
    ("folder whiteout", [folder("a/.wh.x")], '"a/.wh.x" is a whiteout and must be an empty file'),
    ("in a whiteout", [file("a/.wh.x/n")], '"a/.wh.x/n" stands in a whiteout'),
    ("hard link outside", [hard_link("h", "../etc/shadow")], 'hard link "h": "../etc/shadow" would leave the image'),
    ("absolute hard link", [hard_link("h", "/a/x")], 'hard link "h": "/a/x" is an absolute path'),
    ("hard link to nothing", [hard_link("h", "no")], '"h" is a hard link to "no", which is not there'),
    ("hard link to a folder", [hard_link("h", "a")], '"h" is a hard link to "a", which is a folder'),
    ("hard link through a link", [hard_link("h", "l/x")], '"h" is a hard link to "l/x", which is not there'),
    ("link to nowhere", [symlink("s", "")], "\"s\" is a link to ''"),
    ("link that is no text", [symlink("s", "\udcff")], "\"s\" is a link to '\\udcff', which is not valid UTF-8"),
    ("name that is no text", [file("\udcff")], "path: '\\udcff' is not valid UTF-8"),
    ("link as root", [symlink(".", "a")], "the root of the image must be a folder, not a symbolic link"),
    ("unknown type", [Item(name="u", kind=b"Z")], f'cannot read "u": it has the type "Z", {STRANGE}'),
    ("sparse", [Item(name="s", kind=b"S")], f'cannot read "s": it is sparse, {STRANGE}'),
    ("sparse in pax", [file("s", records={"GNU.sparse.major": "1"})], f'cannot read "s": it is sparse, {STRANGE}'),
    ("full folder", [folder("d", data=b"1")], 'cannot read "d": it is a folder and yet has contents'),
    ("owner", [file("o", records={"uid": "4294967295"})], 'cannot read "o": its owner cannot be 4294967295:0'),
    ("time", [file("t", records={"mtime": "soon"})], 'cannot read "soon" as the time of "t"'),
    ("far time", [file("t", records={"mtime": "9" * 15})], f'cannot read "t": its time cannot be {"9" * 15}'),
    ("attribute", [file("t", records={"SCHILY.xattr.é": "1"})], f"{ATTRIBUTE} 'é'"),
    ("attribute without a name", [file("t", records={"SCHILY.xattr.": "1"})], f"{ATTRIBUTE} ''"),
    ("longest path", [file("/".join(["d"] * 3000))], f'path: "{"d/" * 40}…" is longer than Linux allows'),
    ("longest name", [file("d" * 256)], f'path: "{"d" * 80}…" is longer than Linux allows'),
]  # fmt: skip


@pytest.mark.parametrize(("upper", "message"), [pytest.param(*row[1:], id=row[0]) for row in HOSTILE])
def test_a_hostile_layer_is_refused_by_name(upper: list[Item], message: str) -> None:
    image = make_image_from(BASE, upper)
    with pytest.raises(FormatError) as refused:
        opened(image)
    assert refused.value.message == f"layer 2 ({image.manifest.layers[1].digest.short}): {message}"


def packed_as(image: Made, data: bytes, media_type: str | None = None) -> Made:
    """`image` with other bytes as its last layer, truly described."""
    layer = Descriptor.of(media_type or image.manifest.layers[-1].media_type, data)
    image.blobs.add([data])
    return replace(image, manifest=replace(image.manifest, layers=(*image.manifest.layers[:-1], layer)))


def test_a_tar_that_the_configuration_does_not_promise_is_refused() -> None:
    image = packed_as(make_image_from(BASE), make_layer(make_raw_tar([file("other")])))
    with pytest.raises(DigestMismatchError, match=r"^layer 1 \([0-9a-f]{12}\): cannot accept as sha256:"):
        opened(image)


@pytest.mark.parametrize(
    ("data", "media_type", "message"),
    [
        pytest.param(b"", None, "cannot accept", id="empty"),
        pytest.param(b"no gzip at all", None, "cannot read as gzip", id="not packed"),
        pytest.param(make_layer(make_raw_tar(BASE))[:-30], None, "cannot read as gzip", id="cut short"),
        pytest.param(b"", "application/x-odd", '"application/x-odd" is no filesystem layer', id="other type"),
    ],
)
def test_a_damaged_layer_is_refused(data: bytes, media_type: str | None, message: str) -> None:
    with pytest.raises((FormatError, DigestMismatchError), match=message):
        opened(packed_as(make_image_from(BASE), data, media_type))


@pytest.mark.parametrize("position", [0, 10, 40, -5])
def test_a_changed_byte_is_called_a_wrong_digest_whatever_else_it_breaks(position: int) -> None:
    image = make_image_from(BASE)
    descriptor = image.manifest.layers[0]
    with image.blobs.open(descriptor.digest) as stream:
        data = bytearray(stream.read())
    data[position] ^= 0x55

    class Tampered:
        def __getattr__(self, name: str) -> object:
            return getattr(image.blobs, name)

        def open(self, digest: Digest) -> object:
            return io.BytesIO(data) if digest == descriptor.digest else image.blobs.open(digest)

    with pytest.raises(DigestMismatchError):
        RootFilesystem.of(Tampered(), image.manifest)


def test_a_layer_of_another_size_is_refused() -> None:
    image = make_image_from(BASE)
    layer = replace(image.manifest.layers[0], size=7)
    with pytest.raises(DigestMismatchError, match="7 were promised"):
        opened(replace(image, manifest=replace(image.manifest, layers=(layer,))))


def test_a_bomb_is_stopped_at_the_limit() -> None:
    image = make_image_from([file("zeros", bytes(10_000_000))])
    with pytest.raises(LimitError, match="unpacks to more than 1000000 bytes"):
        opened(image, most_bytes=1_000_000)


def test_names_that_would_fill_the_memory_are_refused() -> None:
    entries = (
        Change(entry=LayerEntry(path=ImagePath(f"f{number}"), kind=EntryKind.file, mode=0, layer=0), offset=number)
        for number in range(10**9)
    )
    with pytest.raises(LimitError, match="larger than 100000 bytes"):
        Filesystem(most_weight=100_000).put(entries)


def test_more_layers_than_the_configuration_has_are_refused() -> None:
    image = make_image_from(BASE)
    layers = image.manifest.layers * 2
    with pytest.raises(FormatError, match="the configuration has 1 layers, the manifest 2"):
        opened(replace(image, manifest=replace(image.manifest, layers=layers)))


@pytest.mark.parametrize(
    ("path", "message"),
    [("nothing", 'cannot find "/nothing"'), ("a", "it is a folder"), ("l", "it is a symbolic link")],
)
def test_what_has_no_bytes_is_not_read(path: str, message: str) -> None:
    with opened(make_image_from(BASE)) as rootfs, pytest.raises(NotFoundError, match=message):
        rootfs.read(ImagePath(path))


def test_a_file_beyond_the_limit_is_not_read() -> None:
    with opened(make_image_from(BASE)) as rootfs, pytest.raises(LimitError, match="it has 1 bytes, the limit is 0"):
        rootfs.read(ImagePath("a/x"), most_bytes=0)


LINKS = [
    folder("usr"), folder("usr/lib"), file("usr/lib/f"), symlink("lib", "usr/lib"), symlink("usr/lib/g", "f"),
    symlink("up", "../../usr"), symlink("abs", "/lib/g"), symlink("loop", "loop"), symlink("gone", "no/where"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/f", "usr/lib/f"),
        ("/lib/f", "usr/lib/f"),
        ("/lib/g", "usr/lib/f"),
        ("abs", "usr/lib/f"),
        ("up/lib/./../lib//g", "usr/lib/f"),
        ("/", ""),
        ("/../..", ""),
        ("/loop", None),
        ("/gone", None),
        ("/lib/f/", None),
        ("/lib/f/x", None),
        ("/no", None),
    ],
)
def test_links_are_followed_as_in_a_chroot(path: str, expected: str | None) -> None:
    with opened(make_image_from(LINKS)) as rootfs:
        assert rootfs.real_path(path) == expected


NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "b/a", "a/b/c", "a/b/d"])
LOWER = st.lists(NAMES, max_size=6).map(lambda names: [file(f"{name}/f", name.encode()) for name in names])


@given(LOWER, NAMES)
def test_a_whiteout_takes_away_exactly_what_is_below_it(lower: list[Item], gone: str) -> None:
    before = dump(lower)
    after = dump(lower, [whiteout(gone)])
    assert after == {path: what for path, what in before.items() if path != gone and not path.startswith(f"{gone}/")}


@given(LOWER, NAMES)
def test_an_opaque_whiteout_equals_a_whiteout_of_each_name_inside(lower: list[Item], emptied: str) -> None:
    names = {path.removeprefix(f"{emptied}/").split("/")[0] for path in dump(lower) if path.startswith(f"{emptied}/")}
    assert dump(lower, [opaque(emptied)]) == dump(lower, [whiteout(f"{emptied}/{name}") for name in sorted(names)])


@given(LOWER, LOWER, NAMES, st.randoms())
def test_the_place_of_whiteouts_in_their_layer_does_not_matter(
    lower: list[Item], upper: list[Item], gone: str, random: Random
) -> None:
    mixed = [*upper, whiteout(gone), opaque(gone)]
    random.shuffle(mixed)
    assert dump(lower, mixed) == dump(lower, [whiteout(gone), *upper])


@given(LOWER, LOWER, LOWER)
def test_one_layer_of_all_entries_equals_layers_of_each(
    first: list[Item], second: list[Item], third: list[Item]
) -> None:
    assert dump([*first, *second, *third]) == dump(first, second, third)


@given(LOWER)
def test_an_empty_layer_changes_nothing(lower: list[Item]) -> None:
    assert dump(lower, []) == dump([], lower) == dump(lower)


@given(st.binary(max_size=1500) | st.binary(max_size=600).map(lambda noise: noise + make_raw_tar(BASE)[len(noise) :]))
def test_any_bytes_are_read_or_refused(tar: bytes) -> None:
    image = make_image_of([tar], compression=Compression.none)
    assert is_read_or_refused_at("layer 1 (", lambda: opened(image).close())
