"""What builds in other surroundings need: Pythons, checkouts, stores with packages alone, a clock that is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.cli.obtaining import obtain
from bareboat.cli.progress import Lines
from bareboat.cli.wiring import machine_store
from bareboat.plan.desk import Desk
from bareboat.plan.lock import Lock
from bareboat.plan.names import for_architectures, select
from bareboat.plan.needed import needed
from bareboat.store.disk import DiskStore

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")

CLOCK = """\
# Python's ways to ask the time, wrong by SHIFTED_CLOCK_S seconds.
import datetime, os, time
shift = int(os.environ["SHIFTED_CLOCK_S"])
real, real_ns = time.time, time.time_ns
time.time = lambda: real() + shift
time.time_ns = lambda: real_ns() + shift * 10**9
def shifted(function):
    return lambda seconds=None: function(time.time() if seconds is None else seconds)
for name in ("localtime", "gmtime", "ctime"):
    setattr(time, name, shifted(getattr(time, name)))
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
datetime.datetime = Shifted
"""


class UnavailableError(Exception):
    """This machine cannot make the condition, for the reason that is said."""


def chosen(images: list[str], architectures: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of all images that are to be built, by the words of the caller; the catalogue for no words."""
    desk = Desk.at(None, Path(os.devnull))
    wanted = for_architectures(select(desk.recipes, images, desk.default_distro), architectures)
    return tuple(recipe.name for recipe in wanted)


def fill(seed: Path, lock: Lock, names: Iterable[str], architectures: tuple[str, ...] | None, lock_path: Path) -> int:
    """Have in the folder `seed` a store of exactly what building needs; returns the bytes.

    What the user's store does not have is fetched into it.
    """
    desk = Desk.at(None, lock_path)
    recipes = tuple(for_architectures(select(desk.recipes, tuple(names), desk.default_distro), architectures))
    source, target = machine_store(), DiskStore(seed)
    obtain(desk, lock, recipes, architectures, source, Lines(), offline=False)
    packages, programs = needed(lock, recipes, architectures)
    digests = {package.sha256 for package in packages} | {file.sha256 for one in programs for file in one.files}
    for digest in sorted(digests):
        place = target.place_of(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.place_of(digest), place)
        place.chmod(0o444)
    return sum(target.size(digest) for digest in digests)


def linked_store(seed: Path, folder: Path) -> None:
    """Have in `folder` a store with the same files as the one in `seed`, without copying them."""
    shutil.copytree(seed, folder, copy_function=os.link)


def thinned(store: Path, seed: Path, kept: int) -> None:
    """Take away all but `kept` per cent of what a build added to a store; the choice is always the same."""
    for path in sorted(_files(store)):
        of_seed = (seed / path.relative_to(store)).exists()
        if not of_seed and int(Digest.of(path.name.encode()).hex[:8], 16) % 100 >= kept:
            path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def checkout(folder: Path, *, changed: bool = False) -> Path:
    """A copy of the package's source; a changed one has other times, and nobody may write to it."""
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__"))
    if changed:
        for path in [*folder.rglob("*"), folder]:
            os.utime(path, (1, 1))
            path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


def clock_folder(work: Path) -> Path:
    """The folder whose `sitecustomize` has a wrong clock."""
    folder = work / "clock"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(CLOCK)
    return folder


@cache
def python(work: Path, *, newest: bool, nobody: bool) -> tuple[Path, str]:
    """A Python with all that bareboat needs, and its version; a new virtual environment unless our own will do.

    Raises:
        UnavailableError: When this machine has none.
    """
    own = Path(sys.executable)
    if not newest and (not nobody or _runs(own, nobody=True)):
        return own, _version(own, nobody=nobody)
    found = [(_version(path, nobody=nobody), path) for path in _pythons() if _runs(path, nobody=nobody)]
    fitting = [(tuple(map(int, version.split("."))), version, path) for version, path in found]
    fitting = sorted(one for one in fitting if one[0] >= (3, 11))
    if not fitting or (newest and not nobody and fitting[-1][0] <= sys.version_info[:3]):
        raise UnavailableError("no other Python is here" if newest else "no Python that other users may run is here")
    _, version, path = fitting[-1]
    return _environment(path, work / f"python-{version}{'-nobody' if nobody else ''}"), version


def _pythons() -> list[Path]:
    folders = [Path(name) for name in os.environ.get("PATH", "").split(":") if name]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    return [folder / f"python3.{minor}" for folder in folders for minor in range(11, 20)]


def _runs(path: Path, *, nobody: bool) -> bool:
    try:
        _version(path, nobody=nobody)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _version(path: Path, *, nobody: bool) -> str:
    program = "import sys, venv, ssl; print('.'.join(map(str, sys.version_info[:3])))"
    command = [*(AS_NOBODY if nobody and os.geteuid() == 0 else ()), str(path), "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd="/").stdout.strip()


def _environment(path: Path, folder: Path) -> Path:
    """A virtual environment with what `requirements/run.txt` pins, and without the checkout."""
    made = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([str(path), "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
        pinned = ["--require-hashes", "--requirement", str(ROOT / "requirements/run.txt")]
        subprocess.run([*pip, *pinned], check=True, timeout=900)
    except subprocess.SubprocessError as fault:
        raise UnavailableError(f"{path} cannot be set up: {fault}") from fault
    return made
