"""What this machine's disk answers when it refuses, said for people."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bareboat.base.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP}


def refusal(fault: OSError, action: str) -> StoreError:
    """The error for `fault`, which happened on trying to do `action` (`write "/some/where"`)."""
    hint = None
    if fault.errno in _FULL:
        hint = "free some space, or set BAREBOAT_CACHE to a folder on another disk"
    elif fault.errno in _FORBIDDEN:
        hint = "set BAREBOAT_CACHE to a folder that you may write to"
    reason = os.strerror(fault.errno) if fault.errno is not None else str(fault)
    return StoreError(f"cannot {action}: {reason}", hint=hint)


@contextmanager
def refusing(action: str) -> Iterator[None]:
    """Turn every OSError inside into a StoreError about `action`.

    Raises:
        StoreError: As said.
    """
    try:
        yield
    except OSError as fault:
        raise refusal(fault, action) from fault
