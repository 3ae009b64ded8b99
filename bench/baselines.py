"""What others do for the same packages: dpkg-deb with gzip, and mmdebstrap with gzip and an engine's build."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bareboat.plan.lock import LockedPackage
from bench.measure import Sample, run
from bench.yard import Yard


def debs(yard: Yard, packages: Sequence[LockedPackage]) -> Path:
    """A folder with the .debs of `packages`, under names that dpkg's tools know."""
    folder = yard.fresh("debs")
    folder.mkdir()
    for package in packages:
        version = package.version.replace(":", "%3a")
        blob = yard.packages / "blobs" / "sha256" / package.sha256.hex[:2] / package.sha256.hex
        place = folder / f"{package.name}_{version}_{package.architecture}.deb"
        try:
            os.link(blob, place)
        except OSError:
            shutil.copyfile(blob, place)
    return folder


def by_dpkg(folder: Path) -> Sample:
    """Every data.tar unpacked, compressed and hashed, one after the other."""
    script = 'for deb in "$0"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | gzip -6 | sha256sum; done'
    return run(["bash", "-o", "pipefail", "-ec", script, folder], cwd=folder.parent)


def local_archive(folder: Path) -> Path:
    """An archive of the .debs in `folder`, whose packages depend on nothing: apt chooses just these."""
    index = subprocess.run(
        ["dpkg-scanpackages", "--multiversion", "."], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    dependent = ("Depends:", "Pre-Depends:", "Recommends:", "Suggests:", "Conflicts:", "Breaks:")
    kept = "\n".join(line for line in index.splitlines() if not line.startswith(dependent))
    (folder / "Packages").write_text(kept + "\n", encoding="utf-8")
    return folder


def by_mmdebstrap(yard: Yard, archive: Path, names: Sequence[str], engine: str) -> Sample:
    """The same packages unpacked by mmdebstrap, compressed, and made an image by `docker build`."""
    context = yard.fresh("context")
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nADD rootfs.tar.gz /\n", encoding="utf-8")
    script = (
        'mmdebstrap --quiet --mode=root --variant=extract --architectures=amd64 --include="$1" '
        '--skip=check/empty "" "$2/rootfs.tar" "deb [trusted=yes] copy://$0 ./" && gzip -6 "$2/rootfs.tar" && '
        'DOCKER_BUILDKIT=0 docker --host "$3" build --quiet --no-cache --network none --tag bench "$2"'
    )
    return run(["bash", "-ec", script, archive, ",".join(names), context, engine], cwd=yard.folder)
