"""SIGKILL at random moments; `make kill` does the same a thousand times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = "8"


def test_builds_that_are_killed_break_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill", "--runs", RUNS], cwd=ROOT, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"of {RUNS} runs were killed" in done.stdout.splitlines()[-1]
