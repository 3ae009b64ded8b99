"""Packages that an archive signed and that are hostile all the same: each ends in one sentence, and in no image."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.makers.complaint import complaint
from tests.makers.deb import Entry, ar, compress, device, file, hardlink, make_deb, raw_deb, symlink, tar
from tests.makers.project import make_project

HELLO = "images:\n  hello: {from: scratch, packages: [hello], architectures: [amd64]}\n"
_CONTROL = b"Package: hello\nVersion: 1.0\nArchitecture: amd64\nMaintainer: Nobody <nobody@mirror.example>\n"
CONTROL = tar([file("control", _CONTROL + b"Description: made for a test\n")])
BOMB = bytes(80 << 20)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([Entry("../escape", b"x")], 'hello: "../escape" would leave the image'),
        ([Entry("./usr/../../escape", b"x")], 'hello: "./usr/../../escape" would leave the image'),
        ([Entry("/etc/passwd", b"x")], 'hello: "/etc/passwd" is an absolute path'),
        ([symlink("usr/out", "../../etc/shadow")],
         'hello: "/usr/out" is a link to "../../etc/shadow", outside of the image'),
        ([Entry("./a", type=tarfile.LNKTYPE, link="../b")], 'hello: hard link "a": "../b" would leave the image'),
        ([hardlink("usr/a", "etc/passwd")], 'hello: "usr/a" is a hard link to "etc/passwd", which is no earlier file'),
        ([symlink("usr/link", "/etc"), file("usr/link/passwd", b"x")],
         'hello: "usr/link/passwd" leads through "usr/link", a symlink of the same package'),
        ([device("dev/sda", "block", 8, 0)], 'hello: "/dev/sda" is a device node'),
        ([file("usr/a", b"1"), file("usr/a", b"2")], 'hello: the package has "usr/a" twice'),
        ([file("usr/bomb", BOMB)], "hello: data.tar.xz: cannot unpack: more than 1000 times its size comes out"),
    ],
    ids=["dots", "inner dots", "absolute", "link outside", "hard link outside", "hard link to nothing",
         "through a link", "device", "two of one name", "bomb"],
)  # fmt: skip
def test_a_hostile_package_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], entries: Sequence[Entry], message: str
) -> None:
    project = make_project(tmp_path, HELLO, [make_deb("hello", entries=entries, parents=False)])
    said = complaint(project, capsys, "build", "--frozen", "--offline")
    assert (said.code in (8, 9), said.message) == (True, message)
    assert not (project.folder / "out").exists()
    assert not (tmp_path / "escape").exists()


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (raw_deb(control=CONTROL, data=tar([file("x", b"y" * 5000)]))[:-40], "hello: "),
        (ar([("debian-binary", b"2.0\n"), ("control.tar", CONTROL), ("data.tar", tar([])), ("data.tar", tar([]))]),
         'hello: the package has a second "data.tar"'),
        (ar([("debian-binary", b"2.0\n"), ("control.tar", CONTROL), ("data.tar.gz", compress(b"no tar" * 99, "gz"))]),
         "hello: "),
    ],
    ids=["cut off", "two members", "no tar"],
)  # fmt: skip
def test_a_package_that_is_put_together_wrongly_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], package: bytes, message: str
) -> None:
    project = make_project(tmp_path, HELLO, [package])
    said = complaint(project, capsys, "build", "--frozen", "--offline")
    assert (said.code, said.message.startswith(message)) == (8, True)
