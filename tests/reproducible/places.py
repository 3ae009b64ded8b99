"""What builds in other surroundings need: Pythons, checkouts, stores with packages alone, a clock that is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python with its version; `library` is where its shared library is, where it was copied away from it."""

    path: Path
    version: str
    library: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it needs."""
        return {} if self.library is None else {"LD_LIBRARY_PATH": str(self.library)}


@cache
def python(work: Path, *, newest: bool, nobody: bool) -> Interpreter:
    """A Python with all that bareboat needs: our own, else one in a new virtual environment.

    Raises:
        UnavailableError: When this machine has none.
    """
    own = Path(sys.executable)
    if not newest and (version := _version(own, nobody=nobody)):
        return Interpreter(path=own, version=version)
    found = {version: path for path in _pythons() if (version := _version(path, nobody=False))}
    if not newest:
        found = {version: path for version, path in found.items() if _key(version)[:2] == sys.version_info[:2]}
    version = max(found, key=_key, default="")
    if not version or (newest and not nobody and _key(version) <= sys.version_info[:3]):
        raise UnavailableError("no other Python is here" if newest else "no Python that other users may run is here")
    path, library = found[version], None
    if nobody and _version(path, nobody=True) != version:
        path, library = _copied(path, version, work / f"copied-{version}")
    made = _environment(path, library, work / f"python-{version}{'-nobody' if nobody else ''}")
    return Interpreter(path=made, version=version, library=library)


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _pythons() -> list[Path]:
    folders = [Path(name) for name in os.environ.get("PATH", "").split(":") if name]
    folders += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    paths = [folder / f"python3.{minor}" for folder in folders for minor in range(11, 20)]
    return [path for path in paths if path.exists()]


def _version(path: Path, *, nobody: bool, library: Path | None = None) -> str:
    """The version of the Python at `path`; empty when it does not run."""
    program = "import sys, venv, ssl; print('.'.join(map(str, sys.version_info[:3])))"
    command = [*(AS_NOBODY if nobody and os.geteuid() == 0 else ()), str(path), "-c", program]
    variables = {**os.environ, **({} if library is None else {"LD_LIBRARY_PATH": str(library)})}
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, check=True, timeout=60, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _copied(path: Path, version: str, folder: Path) -> tuple[Path, Path]:
    """The Python at `path` with its library, where everybody may run it, and the folder of its shared library.

    Raises:
        UnavailableError: When it does not run there.
    """
    program = "import sys; print(sys.base_prefix)"
    told = subprocess.run([str(path), "-c", program], capture_output=True, text=True, check=True, cwd="/").stdout
    unneeded = shutil.ignore_patterns("test", "tests", "__pycache__", "idlelib", "*.a", "site-packages", "share")
    shutil.copytree(told.strip(), folder, ignore=unneeded, symlinks=True)
    copy, library = folder / "bin" / path.name, folder / "lib"
    if _version(copy, nobody=True, library=library) != version:
        raise UnavailableError(f"{path} cannot be run by others, nor can a copy of it")
    return copy, library


def _environment(path: Path, library: Path | None, folder: Path) -> Path:
    """A virtual environment with what `requirements/run.txt` pins, and without the checkout."""
    made = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet", "--disable-pip-version-check"]
    variables = {**os.environ, **({} if library is None else {"LD_LIBRARY_PATH": str(library)})}
    try:
        subprocess.run([str(path), "-m", "venv", "--without-pip", str(folder)], env=variables, check=True, timeout=120)
        pinned = ["--require-hashes", "--requirement", str(ROOT / "requirements/run.txt")]
        subprocess.run([*pip, *pinned], env=variables, check=True, timeout=900)
    except subprocess.SubprocessError as fault:
        raise UnavailableError(f"{path} cannot be set up: {fault}") from fault
    return made
