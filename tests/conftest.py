"""Fixtures of every test, and which tests this machine can run.

Tests that ask another program, the live archive or a container engine are left out, by name, where that is not there.
With BAREBOAT_ALL_TESTS=1, as in CI, nothing is left out: what is missing then fails.
Tests that take minutes have a mark and a target of make of their own; others leave them out, and say so.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.makers.engine import containerd, docker_engine
from tests.makers.machine import can_mount

__all__ = ["containerd", "docker_engine"]

# A shared machine pauses now and then; how long an example takes says nothing about what it claims.
# CI asks the same examples each time, so that a change is judged by what it changes; everybody else explores.
settings.register_profile("bareboat", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("bareboat")

ORACLE_PROGRAMS = (
    "apt-get",
    "bsdtar",
    "busybox",
    "docker-registry",
    "dpkg",
    "dpkg-architecture",
    "dpkg-deb",
    "go",
    "java",
    "keytool",
    "ldconfig",
    "openssl",
    "skopeo",
    "umoci",
)
ENGINE_PROGRAMS = ("busybox", "containerd", "ctr", "docker", "dockerd", "podman")
EMULATORS = tuple(f"qemu-{name}" for name in ("aarch64", "arm", "loongarch64", "ppc64le", "riscv64", "s390x"))
SANDBOX_PROGRAMS = ("busybox", "bwrap", "setpriv", "unshare")
SCALE_PROGRAMS = ("apt-get", "chroot", "dpkg", "dpkg-deb", "javac", "keytool", "openssl", "tar", "unshare")
OWN_TARGETS = {"scale": "make oracles"}
"""Marks of tests that run only when `-m` names the mark, and the target that does."""


def missing_for(mark: str) -> str:
    """Why tests with `mark` cannot run here; empty when they can."""
    match mark:
        case "oracle":
            absent = [program for program in ORACLE_PROGRAMS if shutil.which(program) is None]
            return f"no {', '.join(absent)}" if absent else ""
        case "engine":
            absent = [program for program in ENGINE_PROGRAMS if shutil.which(program) is None]
            return f"no {', '.join(absent)}" if absent else "" if os.geteuid() == 0 else "not root"
        case "sandbox":
            absent = [program for program in SANDBOX_PROGRAMS if shutil.which(program) is None]
            return f"no {', '.join(absent)}" if absent else "" if can_mount() else "no namespaces for us"
        case "emulated":
            # Debian 12 calls the static ones so, later releases have no others.
            absent = [one for one in EMULATORS if not (shutil.which(f"{one}-static") or shutil.which(one))]
            return f"no {', '.join(absent)}" if absent else ""
        case "structure":
            return "" if shutil.which("container-structure-test") else "no container-structure-test"
        case "toolchain":
            return "" if importlib.util.find_spec("ziglang") else "no ziglang, which `make healthcheck` installs"
        case "scale":
            absent = [program for program in SCALE_PROGRAMS if shutil.which(program) is None]
            absent += [] if has_python_apt() else ["python3-apt"]
            return f"no {', '.join(absent)}" if absent else "" if os.geteuid() == 0 else "not root"
        case _:
            return (
                "" if shutil.which("apt-get") or os.environ.get("BAREBOAT_MIRROR") else "no mirror of Debian is known"
            )


def has_python_apt() -> bool:
    """Whether Debian's own Python has apt's library."""
    asked = ["/usr/bin/python3", "-c", "import apt_pkg"]
    return Path(asked[0]).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has a target of its own, and what cannot run here unless everything was asked for."""
    asked = config.getoption("markexpr")
    reasons = {mark: f"`{target}` runs these" for mark, target in OWN_TARGETS.items() if mark not in asked}
    if not os.environ.get("BAREBOAT_ALL_TESTS"):
        marks = {mark.name for item in items for mark in item.iter_markers()} - set(reasons)
        asking = ("oracle", "structure", "engine", "sandbox", "emulated", "toolchain", "network", "scale")
        reasons |= {mark: reason for mark in asking if mark in marks and (reason := missing_for(mark))}
    out = [item for item in items if any(item.get_closest_marker(mark) for mark in reasons)]
    if out:
        counts = {mark: sum(item.get_closest_marker(mark) is not None for item in out) for mark in reasons}
        config.stash[LEFT_OUT] = [f"{counts[mark]} {mark}: {why}" for mark, why in reasons.items() if counts[mark]]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With several workers, tell the process that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left out"] = session.config.stash.get(LEFT_OUT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear from a worker; each of them leaves out the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out."""
    for reason in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(f"left out, {reason}")
