"""What is told of long work where the standard error is no terminal."""

from __future__ import annotations

import pytest

from bareboat.cli import progress
from bareboat.cli.progress import observed

WARNING = "warning: something\n"


@pytest.mark.parametrize(("quiet", "told"), [(False, f"build: 100 %\n{WARNING}"), (True, WARNING)])
def test_a_quiet_observer_tells_warnings_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, quiet: bool, told: str
) -> None:
    monkeypatch.setattr(progress, "_LINES_APART_S", 0)
    with observed(quiet=quiet) as observer:
        observer.begin("build", 1)
        observer.advance("build", 1)
        observer.warn("something")
        observer.end("build")
    assert capsys.readouterr().err == told
