"""dpkg-deb and the standard library's tarfile are asked to read the same packages."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from bareboat.debian.deb import Kind, read_deb
from bareboat.debian.status import format_md5sums, parse_md5sums
from tests.makers.deb import directory, file, hardlink, make_deb, symlink

pytestmark = pytest.mark.oracle

_REAL = ("base-files", "libc6", "tzdata", "netbase", "coreutils")

_KINDS = {
    tarfile.REGTYPE: Kind.file, tarfile.AREGTYPE: Kind.file, tarfile.DIRTYPE: Kind.directory,
    tarfile.SYMTYPE: Kind.symlink, tarfile.LNKTYPE: Kind.hardlink, tarfile.CHRTYPE: Kind.char,
    tarfile.BLKTYPE: Kind.block, tarfile.FIFOTYPE: Kind.fifo,
}  # fmt: skip


def made(compression: str) -> bytes:
    return make_deb(
        "made",
        "1:2.0-1",
        files={"/usr/bin/tool": b"\x7fELF" + bytes(5000), "/usr/share/" + "long/" * 30 + "name": b"deep"},
        entries=[
            directory("var/empty", mode=0o700),
            file("usr/share/naïve", "é".encode(), mode=0o600, mtime=1),
            symlink("usr/bin/alias", "tool"),
            symlink("usr/" + "s" * 120, "../" + "t" * 120),
            hardlink("usr/bin/tool2", "usr/bin/tool"),
        ],
        depends="libc6 (>= 2)",
        scripts={"postinst": "#!/bin/sh\n"},
        compression=compression,
    )


@pytest.mark.parametrize("compression", ["xz", "gz", "zst", "none"])
def test_what_is_made_unpacks_the_same_with_dpkg(compression: str, tmp_path: Path) -> None:
    package = tmp_path / "made.deb"
    package.write_bytes(made(compression))
    subprocess.run([_dpkg_deb(), "-x", package, tmp_path / "root"], check=True, capture_output=True)
    agree_with_folder(package, tmp_path / "root")
    agree_with_tarfile(package)


@pytest.mark.parametrize("compression", ["xz", "gz", "zst", "none"])
def test_the_control_archive_is_what_dpkg_shows(compression: str, tmp_path: Path) -> None:
    package = tmp_path / "made.deb"
    package.write_bytes(made(compression))
    agree_on_control(package)


@pytest.mark.network
def test_real_packages_are_read_as_dpkg_reads_them(tmp_path: Path) -> None:
    subprocess.run(
        [shutil.which("apt-get") or "apt-get", "-o", "APT::Sandbox::User=root", "download", *_REAL],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    packages = sorted(tmp_path.glob("*.deb"))
    assert len(packages) == len(_REAL)
    for package in packages:
        agree_with_tarfile(package)
        agree_on_control(package)


def agree_with_folder(package: Path, root: Path) -> None:
    """The members are the files below `root`, with their modes, times and bytes."""
    with package.open("rb") as stream:
        members = list(read_deb(stream, package.name).members())
    assert sorted(member.path for member in members if member.path) == sorted(
        os.fspath(path.relative_to(root)) for path in root.rglob("*")
    )
    with package.open("rb") as stream:
        for member in read_deb(stream, package.name).members():
            place = root / member.path
            match member.kind:
                case Kind.symlink:
                    assert place.readlink() == Path(member.target)
                case Kind.hardlink:
                    assert place.samefile(root / member.target)
                case Kind.directory:
                    assert place.stat().st_mode & 0o7777 == member.mode
                case Kind.file:
                    assert place.read_bytes() == member.read()
                    assert (place.stat().st_mode & 0o7777, place.stat().st_mtime) == (member.mode, member.mtime)


def agree_with_tarfile(package: Path) -> None:
    """The members are those that tarfile finds in what `dpkg-deb --fsys-tarfile` gives."""
    plain = subprocess.run([_dpkg_deb(), "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with package.open("rb") as stream, tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        theirs = iter(archive)
        for member in read_deb(stream, package.name).members():
            info = next(theirs)
            assert (member.path, member.kind) == (info.name.removeprefix(".").strip("/"), _KINDS[info.type])
            assert (member.mode, member.uid, member.gid) == (info.mode, info.uid, info.gid)
            assert (member.mtime, member.size) == (info.mtime, info.size if info.isreg() else 0)
            assert member.target in (info.linkname, info.linkname.removeprefix("./"))
            content = archive.extractfile(info) if info.isreg() else None
            assert content is None or content.read() == member.read()
        assert next(theirs, None) is None


def agree_on_control(package: Path) -> None:
    """The control files are what `dpkg-deb` gives; the checksums survive a round trip byte by byte."""
    with package.open("rb") as stream:
        deb = read_deb(stream, package.name)
    shown = subprocess.run([_dpkg_deb(), "--ctrl-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(shown)) as archive:
        content = {info.name.removeprefix("./"): archive.extractfile(info) for info in archive if info.isreg()}
        found = {name: stream.read() for name, stream in content.items() if stream is not None}
    ours = {"control": deb.control, "md5sums": deb.md5sums, "triggers": deb.triggers, **deb.scripts}
    assert {name: data for name, data in ours.items() if data is not None} == {
        name: data for name, data in found.items() if name in ours
    }
    if deb.md5sums is not None:
        assert format_md5sums(parse_md5sums(deb.md5sums, "md5sums")) == deb.md5sums


def _dpkg_deb() -> str:
    return shutil.which("dpkg-deb") or "dpkg-deb"
