"""Two hundred clients at once: none fails, and memory stays small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.makers.image import make_image, make_layout
from tests.makers.serving import serving

CLIENTS = 200
MOST_BYTES = 300 << 20


def test_two_hundred_clients_pull_at_once(tmp_path: Path) -> None:
    image = make_image([{"usr/lib/a": os.urandom(2 << 20)}, {"usr/lib/b": os.urandom(1 << 20)}])
    make_layout(tmp_path / "out", {"app:1": image})
    with serving(tmp_path / "out") as registry:
        command = [sys.executable, "-m", "tests.makers.many_clients", registry.host, "app", "1", str(CLIENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        peak = registry.peak_bytes

    assert done.returncode == 0, done.stdout + done.stderr
    assert peak < MOST_BYTES
