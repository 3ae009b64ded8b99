"""For tests of readers: any input is either read or refused, and never anything else."""

from __future__ import annotations

from collections.abc import Callable

from bareboat.base.errors import BareboatError


def refusal_of(read: Callable[[], object]) -> BareboatError | None:
    """What `read` refuses with, or None when it reads; anything but a refusal goes through and fails the test."""
    try:
        read()
    except BareboatError as error:
        return error
    return None


def is_read_or_refused_at(where: str, read: Callable[[], object]) -> bool:
    """Whether `read` reads, or refuses with a message that begins with the place."""
    error = refusal_of(read)
    return error is None or error.message.startswith(where)
