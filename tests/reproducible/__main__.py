"""The catalogue built again under every condition that must not count, and compared with the first build.

    make reproducible                                  the whole catalogue, all architectures, every condition
    make reproducible IMAGES="python3 java21" ARCH=amd64,arm64 CONDITIONS="together warm"

One lock is made (or LOCK names one), its packages are fetched once, and every build begins with a store that holds
these packages and nothing else.
The source is copied first, so that it may be worked on meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bareboat.cli.options import architectures_of
from bareboat.plan.desk import lock_at
from bareboat.store.layout import Layout
from tests.reproducible.conditions import FIRST, Condition, conditions
from tests.reproducible.layouts import differences, files_of
from tests.reproducible.places import (
    AS_NOBODY,
    NOBODY,
    UnavailableError,
    checkout,
    chosen,
    clock_folder,
    fill,
    linked_store,
    python,
    thinned,
)


class FailedError(Exception):
    """A build ended badly; the message has what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What all builds share: the folder for everything, the images, the architectures as typed, and the lock."""

    work: Path
    images: tuple[str, ...]
    architectures: tuple[str, ...] | None
    lock: Path

    @property
    def seed(self) -> Path:
        """The store that holds the packages alone."""
        return self.work / "packages"

    def build(self, condition: Condition, first: Path | None) -> Path:
        """Build under `condition`; returns the layout. `first` is the folder of the first build.

        Raises:
            UnavailableError: When this machine cannot make the condition.
            FailedError: When the build does.
        """
        if condition.nobody and os.geteuid() != 0:
            raise UnavailableError("only root can become somebody else")
        folder = self.work / "builds" / (condition.folder or condition.name)
        folder.mkdir(parents=True)
        self._store(condition, folder / "cache", first)
        shutil.copyfile(self.lock, folder / "bareboat.lock")
        if condition.nobody:
            _give_away(folder)
        images = self.images[::-1] if condition.reverse else self.images
        for some in [(name,) for name in images] if condition.alone else [images]:
            self._run(condition, folder, some)
        return folder / "out"

    def _store(self, condition: Condition, cache: Path, first: Path | None) -> None:
        linked_store(self.seed, cache)
        if condition.kept and first is not None:
            shutil.copytree(first / "cache", cache, copy_function=_link, dirs_exist_ok=True)
            thinned(cache, self.seed, condition.kept)

    def _run(self, condition: Condition, folder: Path, images: tuple[str, ...]) -> None:
        program = python(self.work, newest=condition.newest, nobody=condition.nobody)
        source = self.work / ("copy" if condition.copied else "source")
        paths = [str(source)]
        prefix = list(AS_NOBODY if condition.nobody else ())
        variables = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "BAREBOAT_CACHE": str(folder / "cache"),
            "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", **program.environment, **condition.environment,
        }  # fmt: skip
        if condition.clock_s and (faketime := shutil.which("faketime")):
            prefix += [faketime, "-f", f"{condition.clock_s:+d}s"]
        elif condition.clock_s:
            paths.insert(0, str(clock_folder(self.work)))
            variables["SHIFTED_CLOCK_S"] = str(condition.clock_s)
        variables["PYTHONPATH"] = ":".join(paths)
        command = [*prefix, str(program.path), "-m", "bareboat", "build", *images, "--frozen", "--offline", "--quiet"]
        command += ["--no-check", "--jobs", str(condition.jobs), "--arch", self._arch(condition)]
        done = subprocess.run(
            command, cwd=folder, env=variables, umask=condition.umask, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise FailedError(f"exit code {done.returncode}: {done.stderr[-2000:]}")

    def _arch(self, condition: Condition) -> str:
        if self.architectures is None:
            return "all"
        return ",".join(self.architectures[::-1] if condition.reverse else self.architectures)


def main() -> int:
    """Run every condition that was asked for; returns the exit code."""
    begun = time.monotonic()
    words = {name: os.environ.get(name, "").split() for name in ("IMAGES", "CONDITIONS", "LOCK")}
    architectures = architectures_of(os.environ.get("ARCH") or None)
    every = conditions(_locales())
    unknown = sorted(set(words["CONDITIONS"]) - {one.name for one in every})
    if unknown:
        print(f"there is no condition {', '.join(unknown)}; there are {', '.join(one.name for one in every)}")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the folder below goes away then too
    work = Path(tempfile.mkdtemp(prefix="reproducible-", dir=os.environ.get("TMPDIR")))
    work.chmod(0o755)
    try:
        trial = _prepared(work, words["IMAGES"], architectures, words["LOCK"])
        asked = [one for one in every if not words["CONDITIONS"] or one.name in words["CONDITIONS"]]
        return _all(trial, asked, begun)
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prepared(work: Path, images: list[str], architectures: tuple[str, ...] | None, given: list[str]) -> Trial:
    names = chosen(images, architectures)
    lock = work / "bareboat.lock"
    if given:
        shutil.copyfile(given[0], lock)
    else:
        arch = ",".join(architectures) if architectures is not None else "all"
        command = [sys.executable, "-m", "bareboat", "lock", *names, "--arch", arch, "--lock", str(lock)]
        # Debian's testing may be expired or incomplete on a mirror; what is asked here is another matter.
        subprocess.run([*command, "--unsafe-expired", "--unsafe-missing"], check=True, cwd=work, stdout=sys.stderr)
    trial = Trial(work=work, images=names, architectures=architectures, lock=lock)
    locked = lock_at(lock, needed=True)
    assert locked is not None
    size = fill(trial.seed, locked, names, architectures, lock)
    checkout(work / "source")
    checkout(work / "copy", changed=True)
    _say("packages", f"{size / 1e6:,.0f} MB in {len(locked.packages)} packages for {len(names)} images", 0)
    return trial


def _all(trial: Trial, asked: list[Condition], begun: float) -> int:
    before = time.monotonic()
    out = trial.build(FIRST, None)
    count, size = len(Layout.at(out).images), sum((out / name).stat().st_size for name in files_of(out))
    _say(FIRST.name, f"{FIRST.about}: {len(files_of(out))} files, {size / 1e6:,.0f} MB", time.monotonic() - before)
    tally = {"same": 0, "not the same": 0, "left out": 0}
    for condition in asked:
        before = time.monotonic()
        word, lines = _one(trial, condition, out)
        tally[word] += 1
        _say(condition.name, f"{condition.about}{_python_of(trial, condition)}: {word}", time.monotonic() - before)
        for line in lines:
            print(f"    {line}", flush=True)
    counts = ", ".join(f"{number} {word}" for word, number in tally.items() if number)
    print(f"{len(asked)} conditions, {count} names of images: {counts}; {time.monotonic() - begun:.0f} s")
    return 1 if tally["not the same"] else 0


def _one(trial: Trial, condition: Condition, first: Path) -> tuple[str, list[str]]:
    try:
        out = trial.build(condition, first.parent)
    except UnavailableError as reason:
        return "left out", [str(reason)]
    except FailedError as fault:
        return "not the same", [str(fault)]
    else:
        found = differences(first, out, ("first", condition.name))
        return ("not the same", found) if found else ("same", [])
    finally:
        shutil.rmtree(trial.work / "builds" / Path(condition.folder or condition.name).parts[0], ignore_errors=True)


def _python_of(trial: Trial, condition: Condition) -> str:
    """Which Python it was, where it may be another one."""
    if not (condition.newest or condition.nobody):
        return ""
    try:
        return f", Python {python(trial.work, newest=condition.newest, nobody=condition.nobody).version}"
    except UnavailableError:
        return ""


def _link(source: str, target: str) -> None:
    if not os.path.lexists(target):
        os.link(source, target, follow_symlinks=False)


def _give_away(folder: Path) -> None:
    """Folders go to nobody; files are the links of others and stay theirs."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            os.chown(path, NOBODY, NOBODY)


def _locales() -> frozenset[str]:
    if shutil.which("locale") is None:
        return frozenset()
    return frozenset(subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split())


def _say(name: str, text: str, seconds: float) -> None:
    print(f"{name:12} {text}  ({seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
