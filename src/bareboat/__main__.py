"""The program's entry point, and `python -m bareboat`.

Nothing is imported here but what the interpreter has already: ^C may come before anything else does.
"""

import gc
import os
import signal

_APART = (100_000, 20, 50)
"""How many objects are made between two searches for circles.

A command makes hundreds of thousands that all stay, and looked for circles after each seven hundred: a twelfth of its
time, for a few megabytes.
"""


def _leave(number: int, frame: object) -> None:  # noqa: ARG001  the signature of a handler
    os._exit(128 + number)  # nothing has been begun, nothing has to be put away


def run() -> None:
    """Load the command line and run it; ^C ends the loading without a word."""
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell's background job has it ignored
    if is_heard:
        signal.signal(signal.SIGINT, _leave)
    gc.set_threshold(*_APART)
    from bareboat import cli

    if is_heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.run()


if __name__ == "__main__":
    run()
