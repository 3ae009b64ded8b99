"""SIGKILL at random moments; `make kill` does the same a thousand times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS = 8


def test_builds_that_are_killed_break_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill", "--kills", str(KILLS)], cwd=ROOT, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith((f"make kill: {KILLS} of ", f"make kill: {KILLS + 1} of "))
