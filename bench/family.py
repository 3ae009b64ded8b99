"""The memory of a process and all that it started: each page is counted once, as `Pss` of proc(5) does."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

_APART_S = 0.25


class Family:
    """Looks at a process and its descendants four times a second; `peak_bytes` is the most that was seen."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_APART_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(_bytes, _members(self._process))))


def _members(process: int) -> list[int]:
    try:
        words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return [process]
    return [process, *(member for word in words for member in _members(int(word)))]


def _bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
