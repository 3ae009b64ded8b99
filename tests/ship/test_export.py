"""The filesystem of an image as a folder and as a tar, judged by tar, umoci and the kernel."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareboat.base.errors import StoreError, UsageError
from bareboat.base.path import ImagePath
from bareboat.oci.media import Compression
from bareboat.oci.validate_layer import validate_layer_tar
from bareboat.ship.export import Exported, export_folder, export_tar
from bareboat.store.rootfs import RootFilesystem
from tests.makers.image import Made, make_layout
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

LAYERS: list[list[Item]] = [
    [
        folder("etc", mtime=5), file("etc/motd", b"hi\n", mode=0o600, mtime=1_700_000_000), folder("tmp", mode=0o1777),
        folder("usr"), folder("usr/bin"), file("usr/bin/tool", b"\x7fELF", mode=0o755), symlink("bin", "usr/bin"),
        file("a-b", b"-"), folder("a"), file("a/f", b"in a"), folder("gone"), file("gone/x"),
        folder("emptied"), file("emptied/x"), symlink("outside", "../../../etc/passwd", mtime=7),
    ],
    [
        whiteout("gone"), opaque("emptied"), file("emptied/y", b"y"), hard_link("usr/bin/again", "usr/bin/tool"),
        file("usr/bin/zero"), folder("closed", mode=0o500), file("closed/f", b"c" * 700_000, mode=0o400),
        file("/".join(["long" * 30] * 3), b"long"), file("ünï", b"\xff"), file("etc/motd", b"ho\n", mtime=9),
    ],
]  # fmt: skip


def opened(image: Made) -> RootFilesystem:
    return RootFilesystem.of(image.blobs, image.manifest)


def tar_of(image: Made) -> bytes:
    stream = io.BytesIO()
    with opened(image) as rootfs:
        export_tar(rootfs, stream)
    return stream.getvalue()


def exported(image: Made, target: Path, *, as_root: bool | None = None) -> Exported:
    with opened(image) as rootfs:
        return export_folder(rootfs, target, as_root=as_root)


def dump(target: Path) -> dict[str, tuple[object, ...]]:
    """Every path with its kind, mode, time, and content or target; folders without their times."""
    found = {}
    for path in sorted(target.rglob("*")):
        info = path.lstat()
        content: object = None
        if stat.S_ISLNK(info.st_mode):
            content = str(path.readlink())
        elif stat.S_ISREG(info.st_mode):
            content = path.read_bytes()
        time = None if stat.S_ISDIR(info.st_mode) else int(info.st_mtime)
        found[str(path.relative_to(target))] = (stat.filemode(info.st_mode), time, content)
    return found


def test_a_folder_has_modes_times_and_links(tmp_path: Path) -> None:
    report = exported(make_image_from(*LAYERS), tmp_path / "new" / "folder")
    found = dump(tmp_path / "new" / "folder")
    assert found["etc/motd"] == ("-rw-r--r--", 9, b"ho\n")
    assert found["closed"][0] == "dr-x------"
    assert found["tmp"][0] == "drwxrwxrwt"
    assert found["outside"] == ("lrwxrwxrwx", 7, "../../../etc/passwd")
    assert (tmp_path / "new/folder/etc").stat().st_mtime == 5
    assert (tmp_path / "new/folder/usr/bin/again").samefile(tmp_path / "new/folder/usr/bin/tool")
    assert report.entries == len(found)
    assert report.files_bytes == sum(len(content) for _, _, content in found.values() if isinstance(content, bytes)) - 4


def test_the_tar_has_the_same_files_and_no_faults() -> None:
    data = tar_of(make_image_from(*LAYERS))
    report = validate_layer_tar(io.BytesIO(data), below={})
    assert report.problems == ()
    assert report.is_sorted
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getmember("usr/bin/tool").islnk()
        assert archive.getmember("usr/bin/tool").linkname == "usr/bin/again"
        assert archive.extractfile("usr/bin/tool").read() == b"\x7fELF"
        assert (archive.getmember("closed/f").size, archive.getmember("closed/f").mode) == (700_000, 0o400)


def test_the_tar_has_owners_devices_and_attributes() -> None:
    records = {"SCHILY.xattr.security.capability": "\x01\x00\udcff"}
    device = Item(name="null", kind=tarfile.CHRTYPE, mode=0o666, device=(1, 3))
    image = make_image_from([device, Item(name="p", kind=tarfile.FIFOTYPE), file("f", uid=7, gid=8, records=records)])
    with tarfile.open(fileobj=io.BytesIO(tar_of(image))) as archive:
        null, fifo, capable = (archive.getmember(name) for name in ("null", "p", "f"))
        assert (null.type, null.devmajor, null.devminor) == (tarfile.CHRTYPE, 1, 3)
        assert fifo.isfifo()
        assert (capable.uid, capable.gid, capable.pax_headers) == (7, 8, records)


@pytest.mark.parametrize("packing", list(Compression))
def test_the_tar_depends_on_the_files_alone(packing: Compression) -> None:
    """The same tree from other layers, in another order and packing, gives the same bytes."""
    plain = [folder("d", mtime=3), file("d/a", b"1"), file("d/b", b"2"), symlink("l", "d")]
    detour = [folder("l"), file("l/x"), *plain[2:0:-1], folder("d", mode=0o700), file("old")]
    last = [whiteout("old"), plain[3], plain[0]]
    tars = [make_raw_tar([folder("d"), *detour]), make_raw_tar(last)]
    assert tar_of(make_image_of(tars, compression=packing, members=3)) == tar_of(make_image_from(plain))


def test_a_layer_of_the_tar_gives_the_same_tar() -> None:
    data = tar_of(make_image_from(*LAYERS))
    assert tar_of(make_image_of([data])) == data


NAMES = st.sampled_from(["a", "a-b", "a/b", "a/b/c", "b", "b/a"])
ITEMS = st.one_of(
    st.builds(lambda name, data: file(f"{name}/f", data), NAMES, st.binary(max_size=3)),
    st.builds(lambda name: symlink(f"{name}/l", "../f"), NAMES),
    st.builds(lambda name, mode: folder(name, mode=mode), NAMES, st.sampled_from([0o755, 0o700, 0o500])),
    st.builds(whiteout, NAMES),
    st.builds(opaque, NAMES),
)


@settings(max_examples=40)
@given(st.lists(st.lists(ITEMS, max_size=6), max_size=3))
def test_folder_and_tar_hold_the_same(tmp_path_factory: pytest.TempPathFactory, layers: list[list[Item]]) -> None:
    image = make_image_from(*layers)
    target = tmp_path_factory.mktemp("both")
    exported(image, target / "folder")
    (target / "unpacked").mkdir()
    command = ["tar", "--extract", "--preserve-permissions", "--directory", target / "unpacked"]
    subprocess.run(command, input=tar_of(image), check=True)
    assert dump(target / "folder") == dump(target / "unpacked")


def test_who_is_not_root_keeps_what_is_theirs_and_hears_the_rest(tmp_path: Path) -> None:
    mine = {"uid": os.geteuid(), "gid": os.getegid()}
    device = Item(name="null", kind=tarfile.CHRTYPE, mode=0o666, device=(1, 3))
    items = [
        file("mine", mode=0o4755, **mine), file("other", mode=0o6755, uid=77, gid=77), device,
        *(file(f"more{number}", uid=77, gid=77) for number in range(3)),
    ]  # fmt: skip
    report = exported(make_image_from(items), tmp_path, as_root=False)
    assert report == Exported(
        entries=6,
        files_bytes=0,
        notes=(
            "devices are left out, only root can make them: /null",
            "owners are not kept, only root can give them: /more0, /more1, /more2 and 1 more",
            "setuid and setgid are left out, as the owners are: /other",
        ),
    )
    assert {path: mode for path, (mode, *_) in dump(tmp_path).items() if path in ("mine", "other", "null")} == {
        "mine": "-rwsr-xr-x",
        "other": "-rwxr-xr-x",
    }


def test_a_fifo_needs_no_root_and_keeps_its_mode(tmp_path: Path) -> None:
    mine = {"uid": os.geteuid(), "gid": os.getegid()}
    exported(make_image_from([Item(name="p", kind=tarfile.FIFOTYPE, mode=0o622, mtime=4, **mine)]), tmp_path)
    assert dump(tmp_path) == {"p": ("prw--w--w-", 4, None)}


def test_attributes_that_this_machine_refuses_are_noted(tmp_path: Path) -> None:
    records = {"SCHILY.xattr.nonsense.name": "1"}
    report = exported(make_image_from([file("f", records=records)]), tmp_path, as_root=True)
    assert "extended attributes are not kept, this machine refuses: /f" in report.notes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda target: (target / "f").write_bytes(b""), "is not empty, and nothing is overwritten"),
        (lambda target: (target.rmdir(), target.write_bytes(b"")), "is no folder"),
        (lambda target: (target.rmdir(), target.symlink_to("nowhere")), "is no folder"),
    ],
)
def test_nothing_is_overwritten(tmp_path: Path, make: object, message: str) -> None:
    target = tmp_path / "t"
    target.mkdir()
    make(target)
    before = dump(tmp_path)
    with pytest.raises(UsageError, match=message):
        exported(make_image_from(*LAYERS), target)
    assert dump(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StoreError, match=r'cannot write to ".*/f/x": Not a directory'):
        exported(make_image_from(*LAYERS), tmp_path / "f" / "x")


class Refusing(io.BytesIO):
    def __init__(self, fault: OSError) -> None:
        super().__init__()
        self.fault = fault

    def write(self, data: object) -> int:
        raise self.fault


def test_a_full_disk_behind_the_stream_is_said() -> None:
    with opened(make_image_from(*LAYERS)) as rootfs, pytest.raises(StoreError, match="cannot write the tar: No space"):
        export_tar(rootfs, Refusing(OSError(28, "No space left on device")))


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_that_could_not_be_written_whole_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    target, outside = tmp_path / "root", tmp_path / "outside"
    outside.write_text("mine")
    if is_there:
        target.mkdir()
    image = make_image_from([symlink("a", "../outside"), folder("b"), file("b/c", b"c"), symlink("d", "b"), file("e")])
    with opened(image) as rootfs:
        whole = rootfs.chunks

        def chunks(path: ImagePath) -> Iterator[bytes]:
            if path == "e":
                raise OSError(28, "No space left on device")
            return whole(path)

        monkeypatch.setattr(rootfs, "chunks", chunks)
        with pytest.raises(StoreError, match=r'root/e": No space left'):
            export_folder(rootfs, target)

    assert (target.exists(), list(target.glob("*"))) == (is_there, [])
    assert outside.read_text() == "mine"


def test_a_reader_that_goes_away_is_a_broken_pipe() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    image = make_image_from(*LAYERS)
    with opened(image) as rootfs, os.fdopen(writing, "wb", 0) as pipe, pytest.raises(BrokenPipeError):
        export_tar(rootfs, pipe)


class Stingy(io.BytesIO):
    def write(self, data: memoryview) -> int:
        return super().write(data[:1000])


def test_a_stream_that_takes_a_little_at_a_time_gets_everything() -> None:
    image, stream = make_image_from(*LAYERS), Stingy()
    with opened(image) as rootfs:
        export_tar(rootfs, stream)
    assert stream.getvalue() == tar_of(image)


def ask(command: Sequence[str | Path], data: bytes | None = None) -> str:
    done = subprocess.run([str(part) for part in command], input=data, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout!r}{done.stderr!r}"
    return done.stdout.decode()


@pytest.mark.oracle
def test_tar_lists_every_path_once_sorted() -> None:
    image = make_image_from(*LAYERS)
    listed = ask(["tar", "--list", "--quoting-style=literal"], tar_of(image)).splitlines()
    with opened(image) as rootfs:
        assert [name.rstrip("/") for name in listed] == list(rootfs.entries)


@pytest.mark.oracle
@pytest.mark.parametrize("packing", list(Compression))
def test_umoci_unpacks_the_same_tree(tmp_path: Path, packing: Compression) -> None:
    image = make_image_of([make_raw_tar(items) for items in LAYERS], compression=packing, members=4)
    make_layout(tmp_path / "out", {"it": image})
    # umoci knows no zstd, skopeo does.
    ask(["skopeo", "copy", "--dest-compress-format=gzip", f"oci:{tmp_path}/out:it", f"oci:{tmp_path}/copy:it"])
    ask(["umoci", "unpack", "--rootless", "--image", f"{tmp_path}/copy:it", tmp_path / "bundle"])
    exported(image, tmp_path / "folder")
    assert dump(tmp_path / "folder") == dump(tmp_path / "bundle" / "rootfs")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(ITEMS, max_size=6), min_size=1, max_size=3))
@pytest.mark.oracle
def test_umoci_applies_whiteouts_alike(tmp_path_factory: pytest.TempPathFactory, layers: list[list[Item]]) -> None:
    target = tmp_path_factory.mktemp("whiteouts")
    image = make_image_from(*layers)
    make_layout(target / "out", {"it": image})
    exported(image, target / "folder")
    ask(["umoci", "unpack", "--rootless", "--image", f"{target}/out:it", target / "bundle"])
    assert list(dump(target / "folder")) == list(dump(target / "bundle" / "rootfs"))


