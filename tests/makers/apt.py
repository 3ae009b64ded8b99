"""Makes an apt of its own: an empty system, sources of the test's choice, and nothing of this machine's but its proxy.

    Apt(tmp_path, ["deb [trusted=yes] file:/some/archive trixie main"]).prepare().would_install("hello, words (= 1)")
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_SETTINGS = """
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc "{folder}/etc";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "true";
"""


@dataclass(frozen=True)
class Apt:
    """apt with all its state below `folder`, and `sources` alone; `architecture` is Debian's name."""

    folder: Path
    sources: Sequence[str]
    architecture: str = "amd64"

    def prepare(self) -> Apt:
        """Read the sources."""
        for name in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "status").write_text("")
        (self.folder / "sources.list").write_text("".join(f"{line}\n" for line in self.sources))
        # What the machine's own apt must know to reach anybody (a proxy) holds here too.
        own = [path.read_text() for path in sorted(Path("/etc/apt/apt.conf.d").glob("*")) if "roxy" in path.read_text()]
        settings = _SETTINGS.format(folder=self.folder, architecture=self.architecture)
        (self.folder / "apt.conf").write_text("".join([*own, settings]))
        self._run("apt-get", "update", "--error-on=any")
        return self

    def would_install(self, wishes: str) -> str | None:
        """`name=version` of everything, sorted, with spaces between; None when apt refuses."""
        done = self.simulated(wishes)
        if done.returncode:
            return None
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith("Inst ")]
        return " ".join(sorted(f"{line[1]}={line[2].lstrip('(')}" for line in lines))

    def simulated(self, wishes: str) -> subprocess.CompletedProcess[str]:
        """What apt says when it is asked to install `wishes`, as Debian writes relations."""
        words = [wish.replace(" (= ", "=").removesuffix(")") for wish in wishes.split(", ")]
        return self._run("apt-get", "install", "--simulate", "--no-install-recommends", "-y", *words, check=False)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        command = [shutil.which(program) or program, *arguments]
        return subprocess.run(command, env=environment, check=check, capture_output=True, text=True)


def write_lists(folder: Path, lists: Mapping[str, bytes], architecture: str) -> list[str]:
    """Put Packages texts, by suite, where apt reads them as archives; the lines of sources.list for them."""
    for suite, text in lists.items():
        place = folder / "dists" / suite / "main" / f"binary-{architecture}"
        place.mkdir(parents=True)
        (place / "Packages").write_bytes(text)
        table = f" {sha256(text).hexdigest()} {len(text)} main/binary-{architecture}/Packages\n"
        (folder / "dists" / suite / "Release").write_text(
            f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nCodename: {suite}\nArchitectures: {architecture}\n"
            f"Components: main\nDate: Thu, 01 Jan 2015 00:00:00 UTC\nSHA256:\n{table}"
        )
    return [f"deb [trusted=yes] file:{folder} {suite} main" for suite in lists]
