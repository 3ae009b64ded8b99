"""Packages of the live archive: dpkg-deb and we take them apart alike, to the last path, owner, mode and second."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bareboat.make.unpack import unpack
from tests.makers.unpacked import WHOLE, by_dpkg, by_us
from tests.scale.conftest import Say
from tests.scale.live import Live, main_suite, newest
from tests.scale.sizes import LARGEST_DEB, TREES, chance

pytestmark = [pytest.mark.scale, pytest.mark.network]


def test_dpkg_takes_packages_drawn_at_random_apart_as_we_do(trixie: Live, tmp_path: Path, say: Say) -> None:
    archive = trixie.read("amd64")
    supply = main_suite(archive.universe("amd64"))
    names = sorted(supply.names)
    every = (newest(supply.named(name)) for name in chance("trees").sample(names, len(names)))
    small = (package for package in every if package.size <= LARGEST_DEB)
    draw = [package for package, _ in zip(small, range(TREES), strict=False)]
    digests = archive.debs([(supply.archive, package) for package in draw])
    paths, differing = 0, {}
    for package, digest in zip(draw, digests, strict=True):
        theirs = by_dpkg(archive.file(digest), tmp_path / "root")
        shutil.rmtree(tmp_path / "root")
        mine = by_us(unpack(lambda digest=digest: archive.store.open(digest), package.name, WHOLE))
        paths += len(theirs)
        if mine != theirs:
            differing[str(package)] = sorted(set(mine) ^ set(theirs))
    size = sum(package.size for package in draw)
    say(f"{len(draw) - len(differing)} of {len(draw)} trees are dpkg's", [f"{paths} paths of {size} bytes of packages"])
    assert len(draw) == TREES
    assert differing == {}
