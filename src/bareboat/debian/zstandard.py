"""The one place that knows where zstd comes from: the standard library since Python 3.14, its backport before."""

from __future__ import annotations

import sys
from types import ModuleType


def zstd() -> ModuleType:
    """The module `compression.zstd`, or `backports.zstd` with the same names; loaded when first asked for."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module
