"""Fixtures of every test, and which tests this machine can run.

Tests that ask another program, the live archive or a container engine are left out, by name, where that is not there.
With BAREBOAT_ALL_TESTS=1, as in CI, nothing is left out: what is missing then fails.
"""

import os
import shutil

import pytest
from hypothesis import settings

from tests.makers.engine import containerd, docker_engine

__all__ = ["containerd", "docker_engine"]

# A shared machine pauses now and then; how long an example takes says nothing about what it claims.
# CI asks the same examples each time, so that a change is judged by what it changes; everybody else explores.
settings.register_profile("bareboat", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("bareboat")

ORACLE_PROGRAMS = (
    "apt-get",
    "bsdtar",
    "busybox",
    "dpkg",
    "dpkg-architecture",
    "dpkg-deb",
    "java",
    "keytool",
    "ldconfig",
    "openssl",
    "skopeo",
    "umoci",
)
ENGINE_PROGRAMS = ("containerd", "ctr", "docker", "dockerd")


def missing_for(mark: str) -> str:
    """Why tests with `mark` cannot run here; empty when they can."""
    match mark:
        case "oracle":
            absent = [program for program in ORACLE_PROGRAMS if shutil.which(program) is None]
            return f"no {', '.join(absent)}" if absent else ""
        case "engine":
            absent = [program for program in ENGINE_PROGRAMS if shutil.which(program) is None]
            return f"no {', '.join(absent)}" if absent else "" if os.geteuid() == 0 else "not root"
        case _:
            return (
                "" if shutil.which("apt-get") or os.environ.get("BAREBOAT_MIRROR") else "no mirror of Debian is known"
            )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, unless everything was asked for."""
    if os.environ.get("BAREBOAT_ALL_TESTS"):
        return
    reasons = {mark: reason for mark in ("oracle", "engine", "network") if (reason := missing_for(mark))}
    out = [item for item in items if any(item.get_closest_marker(mark) for mark in reasons)]
    if out:
        config.stash[LEFT_OUT] = [f"{mark}: {reason}" for mark, reason in reasons.items()]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out."""
    for reason in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(f"left out, {reason}")
