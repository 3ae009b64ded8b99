"""Makes a project whose packages come from a vendor's archive on a server that may be hostile: no other place has them.

    with Server({}) as server:
        vendor = make_vendor(tmp_path, server)
        server.pages[vendor.path] = Answer(status=404)
        vendor.project.run("build", "--frozen")
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.store.disk import DiskStore
from tests.makers.archive import make_archive, signing_key
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

CONFIGURATION = """\
distro: debian13
sources:
  - {{name: vendor, url: "{url}", suite: trixie, components: [main], keys: [vendor.asc]}}
images:
  hello: {{from: scratch, packages: [hello], architectures: [amd64]}}
"""
DEB = make_deb("hello", files={"/usr/bin/hello": bytes(range(256)) * 100}, compression="none")
"""The vendor's only package; larger than what travels at a time."""


@dataclass(frozen=True)
class Vendor:
    """A locked project whose store has nothing, and the path of the package that it needs, on the server."""

    project: Project
    path: str

    @property
    def has_package(self) -> bool:
        """Whether the package is in the store."""
        return DiskStore(self.project.cache).has(Digest.of(DEB))


def make_vendor(folder: Path, url: str) -> Vendor:
    """A project of a vendor at `url`, whose path is `/vendor`."""
    configuration = CONFIGURATION.format(url=url)
    project = make_project(folder, configuration, [DEB], archive="debian13/vendor/trixie")
    project.write("vendor.asc", signing_key().certificate.decode())
    DiskStore(project.cache).discard(Digest.of(DEB))
    return Vendor(project, f"/vendor/{make_archive([DEB]).pool['hello']}")
