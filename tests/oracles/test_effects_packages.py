"""What the machine's own packages made when they were configured, effects make too."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bareboat.base.epoch import ZERO
from bareboat.make.effects import folders, fonts, osrelease
from bareboat.make.effects.busybox import applets
from bareboat.make.effects.osrelease import OsRelease
from bareboat.make.tree import Tree
from tests.makers.tree import contents, dump, links, make_tree, make_tree_of

pytestmark = pytest.mark.oracle

INFO = Path("/var/lib/dpkg/info")


def _output(*command: str, **environment: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout


def _files_of(package: str) -> dict[str, bytes | str | None]:
    """The paths that a package of this machine ships, for `make_tree`; contents do not matter here."""
    paths = [Path(line) for line in _output("dpkg-query", "-L", package).splitlines() if line not in ("/.", "")]
    return {
        str(path).lstrip("/"): f"-> {path.readlink()}" if path.is_symlink() else None if path.is_dir() else b""
        for path in paths
    }


def test_busybox_lists_the_same_programs() -> None:
    busybox = next(path for path in (Path("/usr/bin/busybox"), Path("/bin/busybox")) if path.exists())
    assert list(applets(busybox.read_bytes(), str(busybox))) == _output(str(busybox), "--list").splitlines()


LOGINS = {"etc/motd", "etc/profile", "root/.bashrc", "root/.profile", "usr/share/info/dir", "var/log/btmp",
          "var/log/lastlog", "var/log/wtmp", "var/mail", "var/spool/mail"}  # what the effect leaves out on purpose
NEWER = {"usr/local/libexec"}  # base-files makes it since Debian 13


def test_the_postinst_of_base_files_makes_the_same_folders(tmp_path: Path) -> None:
    for path in ("etc/dpkg/origins", "root", "run", "tmp", "usr/share/info", "var/lock", "var/log", "var/run",
                 "var/spool", "var/tmp", "dev", "home", "proc", "sys", "var/lib"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "etc/dpkg/origins/debian").write_text("Vendor: Debian\n")
    (tmp_path / "usr/share/base-files").symlink_to("/usr/share/base-files")
    before = make_tree_of(tmp_path)
    _output("sh", str(INFO / "base-files.postinst"), "configure", "", DPKG_ROOT=str(tmp_path))
    after = make_tree_of(tmp_path)
    ours = before.with_entries(folders.entries(before, moment=ZERO))
    left_out = LOGINS | {"usr/share/base-files"}

    def described(tree: Tree) -> list[str]:
        wanted = [entry for path, entry in tree.items() if path not in left_out | NEWER]
        return [line.split(" ", 2)[2] for line in dump(tuple(wanted))]

    assert described(ours) == described(after)
    made = [path for path in ours if path in after and path not in before]
    assert {path: ours[path].mode for path in made} == {
        path: (tmp_path / path).lstat().st_mode & 0o7777 for path in made
    }


def test_fontconfig_was_configured_in_the_same_way() -> None:
    configured = Path("/etc/fonts/conf.d")
    shipped = make_tree(_files_of("fontconfig-config"))
    made = {path: target for path, target in links(fonts.entries(shipped, moment=ZERO)).items() if "conf.d" in path}
    others = {line.split(": ")[1] for line in _output("dpkg-query", "-S", "/etc/fonts/conf.d/*").splitlines()}
    unowned = {
        str(path).lstrip("/"): str(path.readlink()) for path in configured.iterdir() if str(path) not in others
    }
    assert made == unowned


@pytest.mark.parametrize("name", ["Distroless", 'a "quoted" $HOME `id` \\ end', "Größe"])
def test_a_shell_reads_os_release_as_it_was_meant(tmp_path: Path, name: str) -> None:
    made = osrelease.entries(Tree(), OsRelease(version_id="13", codename="trixie", pretty_name=name), moment=ZERO)
    (tmp_path / "os-release").write_bytes(contents(made)["usr/lib/os-release"])
    script = '. "$0"; printf "%s|%s" "$PRETTY_NAME" "$VERSION"'
    assert _output("sh", "-c", script, str(tmp_path / "os-release")) == f"{name}|Debian GNU/Linux 13 (trixie)"
