"""Tests of files: what is there, whose it is, what it holds; links never lead out of the image."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from bareboat.inspect.structure.files import text_of
from bareboat.oci.config import Execution
from tests.inspect.structure.verdicts import errors_of
from tests.makers.image import Made
from tests.makers.layers import Item, file, folder, hard_link, make_image_from, opaque, symlink, whiteout


def image(*more: Item) -> Made:
    return make_image_from(
        [
            folder("etc"),
            file("etc/motd", b"ahoy\nsailor\n", mode=0o640, uid=3, gid=4),
            file("etc/old"),
            folder("etc/gone"),
            file("etc/gone/x"),
            folder("tmp", mode=0o1777),
            folder("usr"),
            folder("usr/bin"),
            file("usr/bin/su", b"\xff\xfe", mode=0o4755),
            file("usr/bin/wall", mode=0o2711),
            hard_link("usr/bin/again", "etc/motd"),
            symlink("bin", "usr/bin"),
            symlink("greeting", "/etc/motd"),
            symlink("out", "../../../../etc/passwd"),
            symlink("loop", "pool"),
            symlink("pool", "loop"),
            symlink("nowhere", "/none"),
            Item(name="null", kind=tarfile.CHRTYPE, mode=0o666, device=(1, 3)),
            Item(name="pipe", kind=tarfile.FIFOTYPE, mode=0o644),
        ],
        [whiteout("etc/old"), opaque("etc/gone"), *more],
        config=Execution(env=("WHERE=/etc", "PATH=/bin")),
    )


EXISTING = [
    "{path: /}", "{path: /etc/motd}", "{path: etc/motd}", "{path: //etc/./motd}", "{path: /etc/../etc/motd}",
    "{path: /etc/}",
    "{path: /bin/su}", "{path: /greeting}", "{path: /nowhere}", "{path: /loop}", "{path: /bin/}", "{path: $WHERE/motd}",
    "{path: '${WHERE}/motd'}", "{path: /none, shouldExist: false}", "{path: /etc/old, shouldExist: false}",
    "{path: /etc/gone/x, shouldExist: no}", "{path: /etc/motd/, shouldExist: false}",
    "{path: /loop/x, shouldExist: false}",
    "{path: /etc/motd/x, shouldExist: false}", "{path: /nowhere/, shouldExist: false}",
    "{path: /etc/motd, permissions: -rw-r-----, uid: 3, gid: 4}", "{path: /tmp, permissions: dtrwxrwxrwx}",
    "{path: /bin/su, permissions: urwxr-xr-x}", "{path: /bin/wall, permissions: grwx--x--x}",
    "{path: /, permissions: drwxr-xr-x}",
    "{path: /greeting, permissions: Lrwxrwxrwx}", "{path: /null, permissions: Dcrw-rw-rw-}",
    "{path: /pipe, permissions: prw-r--r--}",
    "{path: /bin/again, permissions: -rw-r-----}", "{path: /bin/su, isExecutableBy: any}",
    "{path: /bin/su, isExecutableBy: owner}",
    "{path: /bin/wall, isExecutableBy: group}", "{path: /bin/wall, isExecutableBy: other}", "{path: /, uid: 0, gid: 0}",
]  # fmt: skip


@pytest.mark.parametrize("test", EXISTING)
def test_what_is_claimed_of_a_path_holds(tmp_path: Path, test: str) -> None:
    text = f"fileExistenceTests: [{{name: it, {test[1:]}]"

    assert errors_of(tmp_path, image(), text) == {"File Existence Test: it": []}


WRONG = {
    "{path: /none}": ["File /none should exist but does not"],
    "{path: /etc/old}": ["File /etc/old should exist but does not"],
    "{path: /loop/x}": ["File /loop/x should exist but does not"],
    "{path: $NONE/x}": ["File /x should exist but does not"],
    "{path: /etc/motd, shouldExist: false}": ["File /etc/motd should not exist but does"],
    "{path: /nowhere, shouldExist: false}": ["File /nowhere should not exist but does"],
    "{path: /etc/motd, permissions: -rw-r--r--}": [
        "/etc/motd has incorrect permissions. Expected: -rw-r--r--, Actual: -rw-r-----"
    ],
    "{path: /etc/motd, isExecutableBy: any, uid: 0, gid: 0}": [
        "/etc/motd has incorrect executable bit. Expected to be executable by any, Actual: -rw-r-----",
        "/etc/motd has incorrect user ownership. Expected: 0, Actual: 3",
        "/etc/motd has incorrect group ownership. Expected: 0, Actual: 4",
    ],
}


@pytest.mark.parametrize("test", WRONG)
def test_what_does_not_hold_of_a_path_is_told(tmp_path: Path, test: str) -> None:
    text = f"fileExistenceTests: [{{name: it, {test[1:]}]"

    assert errors_of(tmp_path, image(), text) == {"File Existence Test: it": WRONG[test]}


@pytest.mark.parametrize(("path", "is_directory", "errors"), [
    ("/etc", "true", []),
    ("/etc/motd", "false", []),
    ("/etc/motd", "true", ["/etc/motd should be a directory, Actual: -rw-r-----"]),
    ("/etc", "false", ["/etc should not be a directory, Actual: drwxr-xr-x"]),
])  # fmt: skip
def test_version_1_asks_whether_it_is_a_folder(tmp_path: Path, path: str, is_directory: str, errors: list[str]) -> None:
    text = f"schemaVersion: 1.0.0\nfileExistenceTests: [{{name: it, path: {path}, isDirectory: {is_directory}}}]"

    assert errors_of(tmp_path, image(), text) == {"File Existence Test: it": errors}


CONTENTS = {
    "{path: /etc/motd, expectedContents: [ahoy, 'ahoy\\nsailor\\n$'], excludedContents: [land]}": [],
    "{path: /greeting, expectedContents: [ahoy]}": [],
    "{path: /bin/again, expectedContents: [ahoy]}": [],
    "{path: /bin/su, expectedContents: ['^\\x{FFFD}{2}$']}": [],
    "{path: $WHERE/motd}": ['Failed to open $WHERE/motd. Error: cannot find "$WHERE/motd" in the image'],
    "{path: /etc/motd, expectedContents: ['^sailor', 'sailor$'], excludedContents: [o]}": [
        "Expected string '^sailor' not found in file content string 'ahoy\nsailor\n'",
        "Expected string 'sailor$' not found in file content string 'ahoy\nsailor\n'",
        "Excluded string 'o' found in file content string 'ahoy\nsailor\n'",
    ],
    "{path: /none}": ['Failed to open /none. Error: cannot find "/none" in the image'],
    "{path: /loop}": ['Failed to open /loop. Error: cannot find "/loop" in the image'],
    "{path: /etc}": ['Failed to open /etc. Error: cannot read "/etc": it is a folder'],
    "{path: /}": ['Failed to open /. Error: cannot read "/": it is a folder'],
    "{path: /null}": ['Failed to open /null. Error: cannot read "/null": it is a character device'],
    "{path: /out}": ['Failed to open /out. Error: cannot find "/out" in the image'],
    "{path: /../../../etc/passwd}": [
        'Failed to open /../../../etc/passwd. Error: cannot find "/../../../etc/passwd" in the image'
    ],
}


@pytest.mark.parametrize("test", CONTENTS)
def test_contents_are_looked_at_inside_the_image(tmp_path: Path, test: str) -> None:
    text = f"fileContentTests: [{{name: it, {test[1:]}]"

    assert errors_of(tmp_path, image(), text) == {"File Content Test: it": CONTENTS[test]}


def test_paths_know_the_variables_of_the_file(tmp_path: Path) -> None:
    """Of existence tests alone, as in the original."""
    text = "globalEnvVars: [{key: FILE, value: $WHERE/motd}]\nfileExistenceTests: [{name: it, path: $FILE}]"

    assert errors_of(tmp_path, image(), text) == {"File Existence Test: it": []}


def test_a_long_file_is_not_shown_whole(tmp_path: Path) -> None:
    made = image(file("long", b"x" * 10_000))

    (error,) = errors_of(
        tmp_path, made, "fileContentTests: [{name: it, path: /long, expectedContents: [y]}]"
    ).popitem()[1]

    assert error == f"Expected string 'y' not found in file content string '{'x' * 500}… (10000 characters)'"


@pytest.mark.parametrize(("data", "text"), [
    (b"plain\n", "plain\n"),
    ("ä☺".encode(), "ä☺"),
    (b"a\xff\xfeb", "a\ufffd\ufffdb"),
    (b"\xe2\x98", "\ufffd\ufffd"),
    (b"\xed\xb2\x80", "\ufffd\ufffd\ufffd"),
])  # fmt: skip
def test_bytes_that_are_no_text_are_read_as_go_reads_them(data: bytes, text: str) -> None:
    assert text_of(data) == text


def licences(*more: Item) -> Made:
    doc = "usr/share/doc"
    return make_image_from([
        folder("usr"), folder("usr/share"), folder(doc), folder(f"{doc}/a"), file(f"{doc}/a/copyright", b"GPL-2"),
        folder(f"{doc}/b"), symlink(f"{doc}/b/copyright", "../a/copyright"), symlink(f"{doc}/c", "a"),
        file(f"{doc}/README"),
        *more,
    ])  # fmt: skip


@pytest.mark.parametrize(("more", "text", "errors"), [
    ((), "debian: true", []),
    ((), "debian: true, files: [/usr/share/doc/README]", []),
    ((folder("usr/share/doc/d"),), "debian: true", [
        "Error reading license file for /usr/share/doc/d/copyright: "
        'cannot find "/usr/share/doc/d/copyright" in the image'
    ]),
    ((file("mine", b"GNU Affero: the agpl"),), "files: [/mine]", ["Invalid license for /mine, license contains AGPL"]),
    ((file("mine", b"wtfpl"),), "files: [/mine]", ["Invalid license for /mine, license contains WTFPL"]),
    ((file("mine", b"wtfpl"),), "debian: true", []),
])  # fmt: skip
def test_licences_are_looked_for(tmp_path: Path, more: tuple[Item, ...], text: str, errors: list[str]) -> None:
    assert errors_of(tmp_path, licences(*more), f"licenseTests: [{{{text}}}]") == {"License Test": errors}


def test_an_image_without_documentation_has_no_licences_to_look_at(tmp_path: Path) -> None:
    assert errors_of(tmp_path, image(), "licenseTests: [{debian: true}]") == {
        "License Test": ["Error reading directory: /usr/share/doc is not in the image"]
    }
