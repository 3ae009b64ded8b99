"""ldconfig writes the same cache, to the byte, and the loader's own lister reads ours."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from bareboat.base.epoch import ZERO
from bareboat.base.path import ImagePath
from bareboat.base.platform import architecture
from bareboat.make.effects import ldcache
from bareboat.make.effects.ldcache_file import Library, cache_file
from bareboat.make.tree import AnyEntry, Symlink, Tree
from tests.makers.elf import make_elf, make_library
from tests.makers.ldcache import read_cache
from tests.makers.tree import contents, make_tree_of

pytestmark = pytest.mark.oracle

AMD64 = architecture("amd64")
GNU = "x86_64-linux-gnu"


def _library(soname: str | None) -> bytes:
    """A library that ldconfig takes; it insists on a dynamic section and reads no code."""
    return make_elf(make_library(soname, needed=("libc.so.6",)))


def _put(root: Path, files: dict[str, bytes | str]) -> None:
    for name, what in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, str):
            path.symlink_to(what)
        else:
            path.write_bytes(what)


def _ldconfig(root: Path) -> bytes:
    subprocess.run(["ldconfig", "-r", root], check=True, capture_output=True)
    shutil.rmtree(root / "var", ignore_errors=True)  # a cache of its own
    return (root / "etc/ld.so.cache").read_bytes()


def _cache_of(entries: Iterable[AnyEntry], generator: str) -> bytes:
    """Our cache as another generator would have signed it."""
    records, _ = read_cache(contents(tuple(entries))["etc/ld.so.cache"])
    libraries = [Library(one.soname, one.path, one.flags, one.level) for one in records]
    return cache_file(libraries, little_endian=True, generator=generator)


MACHINE = [path for path in sorted(Path(f"/usr/lib/{GNU}").glob("lib*.so*")) if path.exists()]

SMALL = {
    "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
    "etc/ld.so.conf.d/libc.conf": b"# libc default configuration\n/usr/local/lib\n",
    f"etc/ld.so.conf.d/{GNU}.conf": f"/usr/local/lib/{GNU}\n/lib/{GNU}\n/usr/lib/{GNU}\n".encode(),
    "usr/local/lib/libmast.so.1": _library("libmast.so.1"),
    "usr/local/lib/libplain.so": _library(None),
    f"usr/lib/{GNU}/libmast.so.1": _library("libmast.so.1"),
    f"usr/lib/{GNU}/libmast.so": "libmast.so.1",
    f"usr/lib/{GNU}/libsail.so.2": "libsail.so.2.9",
    f"usr/lib/{GNU}/libsail.so.2.9": _library("libsail.so.2"),
    f"usr/lib/{GNU}/libsail.so.2.10": _library("libsail.so.2"),
    f"usr/lib/{GNU}/libkeel-1.10.so": _library("libkeel-1.10.so"),
    f"usr/lib/{GNU}/libkeel-1.9.so": _library("libkeel-1.9.so"),
    f"usr/lib/{GNU}/libkeel.so.10.1": _library("libkeel.so.10"),
    f"usr/lib/{GNU}/libkeel.so.9": _library("libkeel.so.9"),
    f"usr/lib/{GNU}/liblink.so.1.2": "libtarget-1.so",
    f"usr/lib/{GNU}/libtarget-1.so": _library("liblink.so.1"),
    f"usr/lib/{GNU}/libdangling.so.1": "nowhere",
    f"usr/lib/{GNU}/libscript.so": b"/* GNU ld script */",
    f"usr/lib/{GNU}/plugin.so": _library("plugin.so"),
    f"usr/lib/{GNU}/libabs.so.1": f"/usr/lib/{GNU}/libabs.so.1.0",
    f"usr/lib/{GNU}/libabs.so.1.0": _library("libabs.so.1"),
    f"usr/lib/{GNU}/glibc-hwcaps/x86-64-v3/libmast.so.1": "libmast.so.1.5",
    f"usr/lib/{GNU}/glibc-hwcaps/x86-64-v3/libmast.so.1.5": _library("libmast.so.1"),
    f"usr/lib/{GNU}/glibc-hwcaps/x86-64-v2/libmast.so.1.5": _library("libmast.so.1"),
    "usr/lib/libhull.so.3": _library("libhull.so.3"),
    "usr/lib64/ld-linux-x86-64.so.2": f"../lib/{GNU}/libmast.so.1",
}


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("configured", [True, False])
def test_ldconfig_writes_the_same_bytes_and_links(tmp_path: Path, merged: bool, configured: bool) -> None:
    if merged:
        _put(tmp_path, {"lib": "usr/lib"})
    else:
        _put(tmp_path, {f"lib/{GNU}/libroot.so.1": _library("libroot.so.1")})
    _put(tmp_path, {name: what for name, what in SMALL.items() if configured or not name.startswith("etc/")})
    (tmp_path / "etc").mkdir(exist_ok=True)
    before = make_tree_of(tmp_path)
    ours = ldcache.entries(before, AMD64, moment=ZERO)

    theirs = _ldconfig(tmp_path)

    records, generator = read_cache(theirs)
    assert read_cache(contents(ours)["etc/ld.so.cache"])[0] == records
    assert _cache_of(ours, generator) == theirs
    swept = f"usr/lib/{GNU}/libdangling.so.1"  # ldconfig removes it, an effect never removes
    assert _links_of(before.with_entries(ours).without([ImagePath(swept)])) == _links_of(make_tree_of(tmp_path))


def _links_of(tree: Tree) -> dict[str, str | None]:
    return {path: entry.target if isinstance(entry, Symlink) else None for path, entry in tree.items()}


def test_ldconfig_agrees_about_the_libraries_of_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / f"lib/{GNU}"
    folder.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    for path in MACHINE[::3]:
        real = path.resolve()
        if not (folder / real.name).exists():
            shutil.copy(real, folder / real.name)
        if path.is_symlink() and not (folder / path.name).exists():
            (folder / path.name).symlink_to(real.name)
    ours = ldcache.entries(make_tree_of(tmp_path), AMD64, moment=ZERO)
    theirs = _ldconfig(tmp_path)
    assert _cache_of(ours, read_cache(theirs)[1]) == theirs


def test_the_loaders_own_lister_reads_our_cache(tmp_path: Path) -> None:
    _put(tmp_path, {"lib": "usr/lib", **SMALL})
    made = contents(ldcache.entries(make_tree_of(tmp_path), AMD64, moment=ZERO))["etc/ld.so.cache"]
    (tmp_path / "ours").write_bytes(made)
    listed = subprocess.run(["ldconfig", "-p", "-C", tmp_path / "ours"], check=True, capture_output=True, text=True)
    lines = [line.split() for line in listed.stdout.splitlines()]
    records, _ = read_cache(made)
    assert [(line[0], line[-1]) for line in lines if "=>" in line] == [(one.soname, one.path) for one in records]
    assert lines[-1] == ["Cache", "generated", "by:", "bareboat"]
