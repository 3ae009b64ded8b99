"""The world of the kill loop: a made project, a mirror on the disk, and one store for everybody."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.makers.archive import make_archive
from tests.makers.deb import make_deb
from tests.makers.project import Project, make_project

CONFIGURATION = """\
distro: debian13
defaults: {architectures: [amd64]}
images:
  ground: {from: scratch, packages: [ground]}
  service:
    from: ground
    packages: [service]
    files: [{path: /etc/service.toml, text: "workers = 4\\n"}]
  tool: {from: service, packages: [tool], variants: [latest, nonroot]}
"""

_PACKAGES = {"ground": 4, "libground": 2, "service": 3, "tool": 1}
_FILE_BYTES = 400_000


@dataclass(frozen=True)
class World:
    """A project, and where its builds write to; every command is a process of its own."""

    project: Project

    @property
    def store(self) -> Path:
        """The folder of the store that all runs share."""
        return self.project.cache

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `bareboat ARGUMENTS` in the project."""
        return subprocess.Popen(
            [sys.executable, "-m", "bareboat", *arguments],
            cwd=self.project.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def build(self, out: str) -> subprocess.Popen[str]:
        """Start a build of everything into the folder `out` of the project."""
        return self.start("build", "--frozen", "--offline", "--quiet", "--out", out)

    @property
    def environment(self) -> Mapping[str, str]:
        """That of the project, with this checkout's sources."""
        source = Path(__file__).resolve().parents[2] / "src"
        return {**self.project.environment, "PYTHONPATH": str(source)}

    def halves_of(self, processes: Collection[int]) -> set[str]:
        """The files that these processes have not finished, in the store and in outputs; folders come and go."""
        found: set[str] = set()
        for folder in (self.store / "tmp", *self.project.folder.glob("out*")):
            with suppress(FileNotFoundError):
                names = [file.name for file in folder.iterdir()]
                found |= {name for name in names if any(f"{process}-" in name for process in processes)}
        return found

    def finished(self, out: str) -> dict[str, str]:
        """Build into `out` without a disturbance, and return the digest of each image by name; none may be damaged."""
        process = self.build(out)
        _, said = process.communicate()
        if process.returncode != 0:
            raise AssertionError(f"an undisturbed build ended with {process.returncode}: {said}")
        return sound_images(self.project.folder / out)

    def verified(self) -> dict[str, object]:
        """What `bareboat store verify --json` says; a store that is not sound is an AssertionError."""
        process = self.start("store", "verify", "--json")
        said, error = process.communicate()
        if process.returncode != 0:
            raise AssertionError(f"the store is not sound ({process.returncode}): {said}{error}")
        return dict(json.loads(said))


def family(process: int) -> set[int]:
    """A process and its workers; only itself once it has ended."""
    try:
        words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        words = []
    return {process, *map(int, words)}


def make_world(folder: Path) -> World:
    """A world in `folder`: packages with a few files of random bytes, so that every step of a build takes a while."""
    folder.mkdir(parents=True)
    chance = random.Random(0)
    packages = [
        make_deb(
            name,
            files={f"/usr/share/{name}/{number}": chance.randbytes(_FILE_BYTES) for number in range(count)},
            depends="libground" if name == "ground" else "",
            compression="gz",
        )
        for name, count in _PACKAGES.items()
    ]
    project = make_project(folder, CONFIGURATION, packages)
    mirror = make_archive(packages).write(folder / "mirror")
    environment = {**project.environment, "BAREBOAT_MIRROR": mirror.as_uri()}
    return World(Project(project.folder, project.cache, environment))


def sound_images(layout: Path) -> dict[str, str]:
    """The digest of each image of a layout by name, after every blob was compared with its name."""
    for blob in (layout / "blobs/sha256").iterdir():
        if hashlib.sha256(blob.read_bytes()).hexdigest() != blob.name:
            raise AssertionError(f"{blob} is damaged")
    entries = json.loads((layout / "index.json").read_text())["manifests"]
    return {entry["annotations"]["org.opencontainers.image.ref.name"]: entry["digest"] for entry in entries}


def remove_some(folder: Path, chance: random.Random, share: float) -> None:
    """Remove each file below `folder` with a probability of `share`."""
    for path in sorted(folder.rglob("*")):
        if (path.is_file() or path.is_symlink()) and chance.random() < share:
            path.unlink(missing_ok=True)
