"""`bareboat serve` as a process of its own, whose memory can be measured."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Serving:
    """The process; `host` is `127.0.0.1:port`."""

    host: str
    process: int

    @property
    def peak_bytes(self) -> int:
        """The most memory that it has had (proc_pid_status(5), VmHWM)."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


@contextmanager
def serving(layout: Path) -> Iterator[Serving]:
    """The layout on a port of its own, until the block ends."""
    command = [sys.executable, "-m", "bareboat", "serve", str(layout), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "}\n")) + "}"
            yield Serving(json.loads(said)["address"].removeprefix("http://"), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
