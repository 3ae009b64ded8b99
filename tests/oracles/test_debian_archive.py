"""apt is asked to read an archive that we made: what it finds is what we find."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from pathlib import Path

import pytest

from bareboat.debian.index import PackageIndex
from bareboat.debian.release import Release
from tests.makers.archive import DATE, make_archive
from tests.makers.deb import make_deb

pytestmark = pytest.mark.oracle


def test_apt_trusts_and_reads_an_archive_that_we_made(tmp_path: Path) -> None:
    debs = [
        make_deb("hello", "1.0-2", files={"/usr/bin/hello": "hi"}, depends="words (>= 1) | other", source="greetings"),
        make_deb("hello", "1.0~rc1-1"),
        make_deb("words", "3:2", "all", provides="vocabulary (= 2)"),
    ]
    archive = make_archive(debs, date=DATE)
    archive.write(tmp_path / "archive")
    (tmp_path / "key.asc").write_bytes(archive.key)
    text = _apt(tmp_path, "show", "-a", "hello", "words").stdout
    shown = PackageIndex.parse(text.encode(), "apt-cache")
    promised = Release.parse(archive.release.decode(), "Release").packages_index("main", "amd64")
    assert promised is not None
    ours = PackageIndex.parse(lzma.decompress(archive.files[f"dists/trixie/{promised.path}"]), "Packages")
    assert shown.names == ours.names == ("hello", "words")
    for name in ours.names:
        assert shown.named(name) == ours.named(name)


def _apt(folder: Path, *question: str) -> subprocess.CompletedProcess[str]:
    """apt with all its state below `folder`, its one source the archive there."""
    for name in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
        (folder / name).mkdir(parents=True)
    (folder / "status").write_text("")
    (folder / "sources.list").write_text(
        f"deb [arch=amd64 signed-by={folder}/key.asc] file:{folder}/archive trixie main\n"
    )
    (folder / "apt.conf").write_text(
        f'Dir::State "{folder}"; Dir::State::status "{folder}/status"; Dir::Cache "{folder}/cache"; '
        f'Dir::Etc "{folder}/etc"; Dir::Etc::sourcelist "{folder}/sources.list"; Dir::Etc::sourceparts "-"; '
        'APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "root";\n'
    )
    environment = {"APT_CONFIG": str(folder / "apt.conf"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    update = [shutil.which("apt-get") or "apt-get", "update", "--error-on=any"]
    subprocess.run(update, env=environment, check=True, capture_output=True, text=True)
    ask = [shutil.which("apt-cache") or "apt-cache", *question]
    return subprocess.run(ask, env=environment, check=True, capture_output=True, text=True)
