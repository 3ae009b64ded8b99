"""Files of a configuration: what they become, whose they are, and what is wrong with them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bareboat.base.digest import Digest
from bareboat.base.epoch import Epoch
from bareboat.base.errors import BareboatError, BuildError, ConfigurationError, FormatError, NotFoundError
from bareboat.base.path import ImagePath
from bareboat.base.platform import architecture
from bareboat.make.source import Sources, placed
from bareboat.make.substitute import Words
from bareboat.make.tree import AnyEntry, File
from bareboat.plan.config.config import FileWish
from bareboat.store.memory import MemoryStore
from tests.makers.bench import ACCOUNTS, make_file
from tests.makers.elf import make_elf, make_library
from tests.makers.tree import contents, dump

MOMENT = Epoch(1_700_000_000)
WORDS = Words(architecture=architecture("amd64"), versions={"python3": "3.13"})


def entries(wish: FileWish, folder: Path = Path(), store: MemoryStore | None = None) -> tuple[AnyEntry, ...]:
    sources = Sources(folder=folder, blobs=store or MemoryStore())
    return placed(wish, sources, ACCOUNTS, WORDS, MOMENT)


def refusal(wish: FileWish, folder: Path = Path()) -> BareboatError:
    with pytest.raises(BareboatError) as refused:
        entries(wish, folder)
    return refused.value


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (make_file("/etc/a", text="hi\n"), ["0644 0:0 etc/a 3 bytes"]),
        (make_file("/etc/a", text="", mode=0o600, owner="nonroot"), ["0600 65532:65532 etc/a 0 bytes"]),
        (make_file("/srv", folder=True), ["0755 0:0 srv/"]),
        (make_file("/srv", folder=True, mode=0o1777, owner="nonroot:staff"), ["1777 65532:50 srv/"]),
        (make_file("/usr/bin/x", link="${arch}/python${version:python3}"), ["0777 0:0 usr/bin/x -> amd64/python3.13"]),
        (make_file("/usr/bin/x", link="/opt/x", owner="1000:7"), ["0777 1000:7 usr/bin/x -> /opt/x"]),
    ],
)
def test_a_wish_becomes_an_entry(wish: FileWish, expected: list[str]) -> None:
    found = entries(wish)

    assert dump(found) == expected
    assert {(entry.origin, entry.mtime) for entry in found} == {(f"config:/{wish.path}", MOMENT)}


def test_a_local_file_keeps_its_bytes_and_whether_it_may_be_run(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"p")
    (tmp_path / "program").write_bytes(b"x")
    (tmp_path / "plain").chmod(0o600)
    (tmp_path / "program").chmod(0o700)

    assert dump(entries(make_file("/a", source="plain"), tmp_path)) == ["0644 0:0 a 1 bytes"]
    assert dump(entries(make_file("/a", source="./program"), tmp_path)) == ["0755 0:0 a 1 bytes"]
    assert dump(entries(make_file("/a", source="program", mode=0o444), tmp_path)) == ["0444 0:0 a 1 bytes"]


def fill(folder: Path) -> None:
    (folder / "b" / "c").mkdir(parents=True)
    (folder / "b" / "run").write_bytes(b"#!")
    (folder / "b" / "run").chmod(0o711)
    (folder / "a").write_bytes(b"a")
    (folder / "link").symlink_to("b/run")
    (folder / "dangling").symlink_to("/nowhere")


def test_a_local_folder_comes_with_all_that_is_in_it(tmp_path: Path) -> None:
    fill(tmp_path / "dist")

    found = entries(make_file("/app", source="dist/", owner="nonroot"), tmp_path)

    assert dump(found) == [
        "0755 65532:65532 app/",
        "0644 65532:65532 app/a 1 bytes",
        "0755 65532:65532 app/b/",
        "0755 65532:65532 app/b/c/",
        "0755 65532:65532 app/b/run 2 bytes",
        "0777 65532:65532 app/dangling -> /nowhere",
        "0777 65532:65532 app/link -> b/run",
    ]
    assert contents(found) == {"app/a": b"a", "app/b/run": b"#!"}


def test_a_local_folder_can_be_laid_over_the_root(tmp_path: Path) -> None:
    fill(tmp_path / "root")

    assert dump(entries(make_file("/", source="root"), tmp_path))[:2] == ["0644 0:0 a 1 bytes", "0755 0:0 b/"]


def test_timestamps_and_umask_of_the_disk_never_count(tmp_path: Path) -> None:
    fill(tmp_path / "one")
    before = os.umask(0o077)
    try:
        fill(tmp_path / "two")
    finally:
        os.umask(before)
    for path in (tmp_path / "two").rglob("*"):
        os.utime(path, (5, 5), follow_symlinks=False)

    one, two = (entries(make_file("/app", source=name), tmp_path) for name in ("one", "two"))

    assert one == two


def test_a_link_that_the_configuration_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    (tmp_path / "link").symlink_to("file")

    assert contents(entries(make_file("/a", source="link"), tmp_path)) == {"a": b"data"}


def test_a_download_comes_from_the_store() -> None:
    store = MemoryStore()
    digest = store.add([b"data"])
    wish = make_file("/opt/a", url="https://mirror.example/a", sha256=digest, mode=0o755)

    assert dump(entries(wish, store=store)) == ["0755 0:0 opt/a 4 bytes"]
    with pytest.raises(NotFoundError):
        entries(replace(wish, sha256=Digest.of(b"other")), store=store)


def test_facts_of_local_elf_files_are_read(tmp_path: Path) -> None:
    library = make_library("libx.so")
    (tmp_path / "x").write_bytes(make_elf(library))

    (found,) = entries(make_file("/x", source="x"), tmp_path)

    assert isinstance(found, File)
    assert found.elf == library


@pytest.mark.parametrize(
    ("wish", "kind", "message", "hint"),
    [
        (
            make_file("/a", source="dist/app"), ConfigurationError,
            'bareboat.yaml:7:5: source: "dist/app" does not exist', "paths are relative to bareboat.yaml",
        ),
        (
            make_file("/a", source="pipe"), ConfigurationError,
            'bareboat.yaml:7:5: source: "pipe" is neither a file nor a folder', "paths are relative to bareboat.yaml",
        ),
        (
            make_file("/a", source="odd"), ConfigurationError,
            'bareboat.yaml:7:5: source: "odd/in/pipe" is neither a file nor a folder',
            "paths are relative to bareboat.yaml",
        ),
        (
            make_file("/a", source="out"), ConfigurationError,
            'bareboat.yaml:7:5: "/a/b" is a link to "../../x", outside of the image', None,
        ),
        (
            make_file("/a", source="latin"), ConfigurationError,
            "bareboat.yaml:7:5: source: the name 'b\\udcfcro' is not valid UTF-8", None,
        ),
        (
            make_file("/a", link="../x"), ConfigurationError,
            'bareboat.yaml:7:5: "/a" is a link to "../x", outside of the image', None,
        ),
        (
            make_file("/a", text="", owner="nonrot"), BuildError,
            'bareboat.yaml:7:5: owner "nonrot": the image has no user "nonrot"', 'did you mean "nonroot"?',
        ),
        (
            make_file("/a", link="${cpu}"), BuildError, 'bareboat.yaml:7:5: link: "${cpu}" has no meaning',
            "one of: arch, oci-arch, gnu, version:PACKAGE, upstream:PACKAGE",
        ),
        (
            make_file("/usr/lib/libx.so", source="elf"), FormatError,
            "bareboat.yaml:7:5: /usr/lib/libx.so: cannot read as ELF: its class or byte order is unknown", None,
        ),
        (make_file("/a"), BuildError, "bareboat.yaml:7:5: /a: nothing says what it is", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wish_that_cannot_be_met_says_where_it_stands(
    wish: FileWish, kind: type[BareboatError], message: str, hint: str | None, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("odd/in", "out", "latin"):
        (tmp_path / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "odd/in/pipe")
    (tmp_path / "out/b").symlink_to("../../x")
    (tmp_path / "latin" / os.fsdecode(b"b\xfcro")).write_bytes(b"")
    (tmp_path / "elf").write_bytes(b"\x7fELF")

    error = refusal(wish, tmp_path)

    assert (type(error), error.message, error.hint) == (kind, message, hint)


def test_a_file_that_may_not_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")

    assert refusal(make_file("/a", source="loop"), tmp_path).message.startswith('bareboat.yaml:7:5: source: "loop"')
    assert refusal(make_file("/a", source="x" * 300), tmp_path).message == (
        f'bareboat.yaml:7:5: source: cannot read "{"x" * 300}": file name too long'
    )


def test_an_image_path_is_where_the_wish_says() -> None:
    assert [entry.path for entry in entries(make_file("/etc/x/y", text=""))] == [ImagePath("etc/x/y")]


def test_a_folder_with_a_mode_can_be_entered_by_those_who_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_bytes(b"k")

    assert dump(entries(make_file("/run/secret", source="secret", mode=0o640), tmp_path)) == [
        "0750 0:0 run/secret/", "0640 0:0 run/secret/key 1 bytes",
    ]  # fmt: skip
