"""The signals that can ask a program to stop, as Linux numbers and names them (signal(7)).

OCI image specification 1.1, config.md, "StopSignal": "The signal can be a signal name in the format `SIGNAME`, for
instance `SIGKILL` or `SIGRTMIN+3`."
The lists do not depend on the machine that reads the configuration.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from bareboat.base.errors import FormatError

MOST = 64
"""The last signal of Linux; the first is 1."""

_PLAIN = (
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
)  # fmt: skip
# glibc keeps 32 and 33 to itself, so SIGRTMIN is 34; engines count up from it to +15, and down from SIGRTMAX to -14.
_REAL_TIME = (
    "RTMIN", *(f"RTMIN+{count}" for count in range(1, 16)), *(f"RTMAX-{count}" for count in range(14, 0, -1)), "RTMAX",
)  # fmt: skip

SIGNALS = tuple(f"SIG{name}" for name in (*_PLAIN, *_REAL_TIME))
"""Every name."""

_SHOWN = 40


def read_signal(text: str) -> str:
    """Read a signal by name (`SIGTERM`, `SIGRTMIN+3`) or number, as OCI's `StopSignal` has it.

    Raises:
        FormatError: When Linux has no such signal.
    """
    if text in SIGNALS or (re.fullmatch(r"[1-9][0-9]?", text) and int(text) <= MOST):
        return text
    if re.fullmatch(r"[0-9]+", text):
        raise FormatError(f'there is no signal "{text[:_SHOWN]}"', hint=f"they count from 1 to {MOST}")
    near = get_close_matches(text.upper().removeprefix("SIG"), (*_PLAIN, *_REAL_TIME), n=1)
    hint = f'did you mean "SIG{near[0]}"?' if near else "write one such as SIGTERM"
    raise FormatError(f'there is no signal "{text[:_SHOWN]}"', hint=hint)
