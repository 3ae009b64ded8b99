"""What the oracles at scale share: the live archive, the images of the catalogue, and a place for their tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.scale.live import Live, live

_SAID = "said"

Say = Callable[[str, Sequence[str]], None]
"""Takes a heading and the lines of a table, which stand at the end of the run."""


@pytest.fixture(scope="session")
def trixie() -> Iterator[Live]:
    """The live archive of debian13."""
    with live("debian13") as archive:
        yield archive


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Tell what was found, whether the test passes or not."""

    def told(heading: str, lines: Sequence[str]) -> None:
        request.node.user_properties.append((_SAID, (heading, list(lines))))

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every table, with the seconds that its test took."""
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
                terminalreporter.write_sep("-", f"{heading} ({report.duration:.0f} s)")
                for line in lines:
                    terminalreporter.write_line(line)
