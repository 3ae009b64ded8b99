"""dpkg-deb and we take the same package apart: do we see the same files?"""

from __future__ import annotations

import io
import random
import subprocess
from pathlib import Path

import pytest

from bareboat.make.unpack import unpack
from tests.makers.deb import MTIME, Entry, directory, file, hardlink, make_deb, symlink
from tests.makers.unpacked import WHOLE, by_dpkg, by_us

pytestmark = pytest.mark.oracle

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
    return by_dpkg(folder / "made.deb", folder / "root")


@pytest.mark.parametrize("compression", ["xz", "zst"])
@pytest.mark.parametrize("seed", range(20))
def test_dpkg_takes_a_package_apart_as_we_do(seed: int, compression: str, tmp_path: Path) -> None:
    data = make_deb("made", entries=random_entries(seed), compression=compression)

    assert taken_apart(data, tmp_path) == by_us(unpack(lambda: io.BytesIO(data), "made", WHOLE))


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

    assert taken_apart(data, tmp_path) == by_us(unpack(lambda: io.BytesIO(data), "made", WHOLE))
