"""What the oracles at scale share: the live archive, the images of the catalogue, and a place for their tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.scale.catalogue import Catalogue, built, chosen_recipes
from tests.scale.live import Live, live
from tests.scale.machine import HERE, Emulators, fetched

_SAID = "said"

Say = Callable[[str, Sequence[str]], None]
"""Takes a heading and the lines of a table, which stand at the end of the run."""


@pytest.fixture(scope="session")
def trixie() -> Iterator[Live]:
    """The live archive of debian13."""
    with live("debian13") as archive:
        yield archive


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def images(shared: Path) -> Catalogue:
    """The images of the catalogue."""
    return built(shared / "catalogue", chosen_recipes())


@pytest.fixture(scope="session")
def emulators(trixie: Live, tmp_path_factory: pytest.TempPathFactory) -> Emulators:
    """What runs programs of other architectures."""
    return fetched(trixie.read(HERE.debian), tmp_path_factory.mktemp("emulators") / "bin")


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Tell what was found, whether the test passes or not."""

    def told(heading: str, lines: Sequence[str]) -> None:
        request.node.user_properties.append((_SAID, (heading, list(lines))))

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was told under each heading, with the seconds that its tests took."""
    tables: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}
    reports = [
        one
        for kind in ("passed", "failed")
        for one in terminalreporter.getreports(kind)
        if isinstance(one, pytest.TestReport) and one.when == "call"
    ]
    for report in sorted(reports, key=lambda one: one.nodeid):
        for name, said in report.user_properties:
            if name == _SAID:
                heading, lines = said
                tables.setdefault(heading, []).extend(lines)
                seconds[heading] = seconds.get(heading, 0) + report.duration
    for heading, lines in tables.items():
        terminalreporter.write_sep("-", f"{heading} ({seconds[heading]:.0f} s)")
        for line in lines:
            terminalreporter.write_line(line)
