"""Makes an input smaller while it still shows the same fault."""

from __future__ import annotations

from collections.abc import Callable

_MOST_TRIES = 4000


def minimised(data: bytes, shows: Callable[[bytes], bool]) -> bytes:
    """The smallest part of `data` that was found with which `shows` is true, in a bounded number of tries."""
    tries = 0
    size = len(data) // 2
    while size and tries < _MOST_TRIES:
        at = 0
        while at < len(data) and tries < _MOST_TRIES:
            tries += 1
            without = data[:at] + data[at + size :]
            if shows(without):
                data = without
            else:
                at += size
        size //= 2
    return data
