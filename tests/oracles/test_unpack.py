"""dpkg-deb and we take the same package apart: do we see the same files?"""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
from pathlib import Path

import pytest

from bareboat.make.contribution import Treatment
from bareboat.make.prune import Pruning
from bareboat.make.tree import AnyEntry, Device, Directory, File, Hardlink, Symlink
from bareboat.make.unpack import Unpacked, unpack
from tests.makers.deb import MTIME, Entry, directory, file, hardlink, make_deb, symlink

pytestmark = pytest.mark.oracle

WHOLE = Treatment(pruning=Pruning(rules=(), allowed=("setuid", "devices")), merged_usr=False)
NAMES = ("a", "b-1", "ä", "with space", "x" * 120, "[", ".hidden", "+c")


def random_entries(seed: int) -> list[Entry]:
    """A package's worth of folders, files, links and hard links, every folder before what is in it."""
    chance = random.Random(seed)
    folders = [""]
    paths: dict[str, int] = {}
    for _ in range(chance.randint(1, 25)):
        path = f"{chance.choice(folders)}/{chance.choice(NAMES)}".lstrip("/")
        kind = paths.setdefault(path, chance.randint(0, 4))
        folders += [path] if kind == 0 else []
    entries: list[Entry] = []
    files: list[str] = []
    for path in sorted(paths, key=lambda path: path.split("/")):
        mtime = MTIME - chance.randint(0, 10**6)
        mode = chance.choice([0o644, 0o755, 0o600, 0o1777, 0o2755, 0o4755])
        match paths[path]:
            case 0:
                entries.append(directory(path, mode=mode, mtime=mtime))
            case 1:
                entries.append(symlink(path, chance.choice(["a", "/etc/b", "b-1/c"]), mtime=mtime))
            case 2 if files:
                entries.append(hardlink(path, chance.choice(files)))
            case _:
                data = chance.randbytes(chance.choice([0, 1, 511, 512, 513, 3000]))
                entries.append(file(path, data, mode=mode, mtime=mtime))
                files.append(path)
    return entries


def taken_apart(data: bytes, folder: Path) -> list[str]:
    """What dpkg-deb makes of a package."""
    (folder / "made.deb").write_bytes(data)
    root = folder / "root"
    subprocess.run(["dpkg-deb", "--extract", folder / "made.deb", root], check=True)
    return sorted(on_disk(path, path.relative_to(root).as_posix()) for path in root.rglob("*"))


def on_disk(path: Path, name: str) -> str:
    found = path.lstat()
    if path.is_symlink():
        what = f"link {path.readlink()}"
    elif path.is_dir():
        what = f"folder {found.st_mode & 0o7777:04o} {found.st_uid}:{found.st_gid}"
    else:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        what = f"file {found.st_mode & 0o7777:04o} {found.st_uid}:{found.st_gid} {digest} {found.st_nlink}"
    return f"{name} {what} {int(found.st_mtime)}"


def ours(found: Unpacked) -> list[str]:
    names: dict[str, int] = {}
    for entry in found.entries:
        end = entry.target if isinstance(entry, Hardlink) else entry.path
        names[end] = names.get(end, 0) + 1
    return sorted(line(entry, found, names) for entry in found.entries)


def line(entry: AnyEntry, found: Unpacked, names: dict[str, int]) -> str:
    owner = f"{entry.mode:04o} {entry.uid}:{entry.gid}"
    match entry:
        case Directory():
            what = f"folder {owner}"
        case Symlink():
            what = f"link {entry.target}"
        case File():
            what = f"file {owner} {hashlib.sha256(found.contents[entry.path]).hexdigest()} {names[entry.path]}"
        case Hardlink():
            what = f"file {owner} {hashlib.sha256(found.contents[entry.target]).hexdigest()} {names[entry.target]}"
        case Device():
            what = entry.kind
    return f"{entry.path} {what} {entry.mtime}"


@pytest.mark.parametrize("compression", ["xz", "zst"])
@pytest.mark.parametrize("seed", range(20))
def test_dpkg_takes_a_package_apart_as_we_do(seed: int, compression: str, tmp_path: Path) -> None:
    data = make_deb("made", entries=random_entries(seed), compression=compression)

    assert taken_apart(data, tmp_path) == ours(unpack(lambda: io.BytesIO(data), "made", WHOLE))


def test_we_take_apart_what_dpkg_puts_together(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: made\nVersion: 1\nArchitecture: all\nDescription: made\n"
        "Maintainer: Test Archive <archive@mirror.example>\n"
    )
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/one").write_bytes(b"1" * 70000)
    (tree / "usr/bin/two").hardlink_to(tree / "usr/bin/one")
    (tree / "usr" / ("n" * 200)).symlink_to("t" * 150)
    subprocess.run(["dpkg-deb", "--build", tree, tmp_path / "x.deb"], check=True, capture_output=True)
    data = (tmp_path / "x.deb").read_bytes()

    assert taken_apart(data, tmp_path) == ours(unpack(lambda: io.BytesIO(data), "made", WHOLE))
