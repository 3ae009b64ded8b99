"""Runs the programs of a root filesystem as a container would, without an engine: on this processor, or emulated.

The emulator is QEMU's user mode from trixie's own qemu-user, fetched and verified like every package of an image: a
machine needs none, and every machine asks the same one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.platform import Architecture, architecture
from tests.scale.catalogue import Root
from tests.scale.live import Live

HERE = architecture(os.uname().machine)
NAMES = {"arm64": "aarch64", "loong64": "loongarch64", "amd64": "x86_64"}
"""QEMU's names where they are not OCI's."""

PATIENCE_S = 1800


@dataclass(frozen=True)
class Emulators:
    """QEMU's programs, one for each architecture, which need no library."""

    folder: Path

    def of(self, arch: Architecture) -> Path | None:
        """The program that runs those of `arch`; None where this processor does."""
        return None if arch == HERE else self.folder / f"qemu-{NAMES.get(arch.oci, arch.oci)}"

    def program(self, arch: Architecture, path: Path) -> list[Path]:
        """How to run the static program at `path`."""
        emulator = self.of(arch)
        return [path] if emulator is None else [emulator, path]


def fetched(archive: Live, folder: Path) -> Emulators:
    """The emulators of this machine's own architecture, put into `folder`."""
    package = archive.universe(HERE.debian).candidates("qemu-user")[0]
    (digest,) = archive.debs([(package.archive, package.package)])
    members = [f"./usr/bin/qemu-{NAMES.get(name, name)}" for name in ("arm64", "arm", "s390x", "ppc64le", "riscv64")]
    folder.mkdir(parents=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive.file(digest)], stdout=subprocess.PIPE) as unpacked:
        command = ["tar", "--extract", "--directory", folder, "--strip-components=3"]
        subprocess.run([*command, *members, "./usr/bin/qemu-loongarch64"], stdin=unpacked.stdout, check=True)
    return Emulators(folder)


def run(root: Root, emulator: Path | None, *command: str, data: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in `root` as its configuration says: its user, its environment, and nothing of this machine's.

    The network of this machine is there, and a /proc of its own.
    """
    (root.folder / "proc").mkdir(exist_ok=True)
    words = list(command)
    if emulator is not None:
        if not (root.folder / ".emulator").exists():
            shutil.copy(emulator, root.folder / ".emulator")
        words = ["/.emulator", *words]
    user = root.config.config.user or "0"
    surroundings = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={root.folder}/proc"]
    entered = ["chroot", f"--userspec={user}:{user}", str(root.folder)]
    program = shutil.which(surroundings[0]) or surroundings[0]
    environment = dict(entry.partition("=")[::2] for entry in root.config.config.env)
    return subprocess.run(
        [program, *surroundings[1:], shutil.which(entered[0]) or entered[0], *entered[1:], *words],
        env=environment, input=data, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


def said(root: Root, emulator: Path | None, *command: str, data: str = "") -> str:
    """What a program prints; fails the test when it fails."""
    done = run(root, emulator, *command, data=data)
    assert done.returncode == 0, f"{' '.join(command)[:200]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
