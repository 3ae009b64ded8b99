"""A lock in which libc6 is another build: the same files but for one, packed anew, as a security update would be."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bareboat.base.digest import Digest
from bareboat.plan.lock import LockedPackage
from bareboat.plan.lock_file import format_lock
from bench.yard import Yard, packages_of

_CHANGED = "libc6"
_FILE = "usr/share/doc/libc6/copyright"


def with_another_libc(yard: Yard, distro: str) -> tuple[Path, dict[Digest, bytes]]:
    """The path of the lock, and the .debs that it names anew, by digest."""
    lock = yard.lock
    images = [name for name in lock.images if name.endswith(f"-{distro}")]
    packages = dict(lock.packages)
    fresh: dict[Digest, bytes] = {}
    for package in packages_of(lock, images, yard.architectures):
        if package.name == _CHANGED:
            data = _rebuilt(yard, package)
            digest = Digest.of(data)
            fresh[digest] = data
            packages[package.id] = replace(package, sha256=digest, size=len(data))
    path = yard.folder / "changed.lock"
    path.write_text(format_lock(replace(lock, packages=MappingProxyType(packages))), encoding="utf-8")
    return path, fresh


def _rebuilt(yard: Yard, package: LockedPackage) -> bytes:
    folder = yard.fresh("rebuilt")
    blob = yard.packages / "blobs" / "sha256" / package.sha256.hex[:2] / package.sha256.hex
    subprocess.run(["dpkg-deb", "--raw-extract", blob, folder], check=True)
    file, sums = folder / _FILE, folder / "DEBIAN" / "md5sums"
    before = hashlib.md5(file.read_bytes()).hexdigest()
    file.write_bytes(file.read_bytes() + b"\n")
    after = hashlib.md5(file.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(f"{before}  {_FILE}", f"{after}  {_FILE}"))
    built = yard.folder / "rebuilt.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", folder, built], check=True, capture_output=True)
    shutil.rmtree(folder)
    return built.read_bytes()
