"""The loader's cache of every image, judged by the ldconfig of its own distro and architecture, emulated where it must.

Debian's python3 images have that ldconfig, and it needs no library to run.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bareboat.base.platform import Architecture
from bareboat.plan.recipe import Recipe
from tests.makers.ldcache import read_cache
from tests.scale.catalogue import Catalogue, chosen_platforms, chosen_recipes
from tests.scale.conftest import Say
from tests.scale.machine import Emulators

pytestmark = [pytest.mark.scale, pytest.mark.network]

IMAGES = ("base", "cc", "java-base", "python3", "nodejs24")
CACHE = "etc/ld.so.cache"


@pytest.mark.parametrize(
    ("judge", "arch"),
    [pytest.param(recipe, arch, id=f"{recipe.distro}-{arch}") for recipe, arch in chosen_platforms("python3")
     if recipe.image == "python3"],
)  # fmt: skip
def test_ldconfig_finds_the_libraries_that_the_cache_has(
    judge: Recipe, arch: Architecture, images: Catalogue, emulators: Emulators, tmp_path: Path, say: Say
) -> None:
    looked_at = [
        recipe for recipe in chosen_recipes()
        if recipe.distro == judge.distro and recipe.image in IMAGES and arch.oci in recipe.architectures
    ]  # fmt: skip
    lines = []
    with images.root(f"{judge.name}:nonroot", arch, tmp_path / "judge") as judging:
        ldconfig = emulators.program(arch, judging.folder / "usr/sbin/ldconfig")
        for recipe in looked_at:
            with images.root(f"{recipe.name}:nonroot", arch, tmp_path) as root:
                count = _agree(ldconfig, root.folder)
            lines.append(f"{recipe.name} {arch}: {count} sonames")
    assert lines
    say("caches of the loader are ldconfig's", lines)


def _agree(ldconfig: list[Path], root: Path) -> int:
    """Ask ldconfig for a cache of the same files: the same records in the same order, and no link made or removed."""
    ours = (root / CACHE).read_bytes()
    (root / "ours").write_bytes(ours)
    before = _links(root)
    subprocess.run([*ldconfig, "-r", root], check=True, capture_output=True)
    records, _ = read_cache((root / CACHE).read_bytes())
    assert read_cache(ours)[0] == records
    assert _links(root) == before
    assert _listed(ldconfig, root / "ours") == [(record.soname, record.path) for record in records]
    assert records
    return len({record.soname for record in records})


def _links(root: Path) -> dict[str, Path]:
    return {str(path): path.readlink() for path in root.rglob("*.so*") if path.is_symlink()}


def _listed(ldconfig: list[Path], cache: Path) -> list[tuple[str, str]]:
    """What ldconfig itself reads out of a cache: sonames and paths, in its order."""
    done = subprocess.run([*ldconfig, "-p", "-C", cache], check=True, capture_output=True, text=True)
    lines = (line.split() for line in done.stdout.splitlines() if " => " in line)
    return [(words[0], words[-1]) for words in lines]

