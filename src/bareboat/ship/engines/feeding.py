"""A stream fed to a program of this machine, whose answer is waited for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import IO

from bareboat.base.errors import EngineError
from bareboat.ship.running.process import starting


def feed(
    name: str, command: Sequence[str], pieces: Iterator[bytes], env: Mapping[str, str] | None = None
) -> str:
    """What `command` prints after it was given `pieces` on its standard input.

    Args:
        name: What to call the program in an error.
        command: The program and its arguments.
        pieces: What it reads; what they raise ends the program before it has read to the end.
        env: Its environment; None means ours.

    Raises:
        EngineError: When it fails, with the last thing that it says, or cannot be started.
    """
    with starting(command[0]):
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101, PT018
    said: dict[str, bytes] = {}
    readers = [
        Thread(target=_read, args=(said, which, stream), daemon=True)
        for which, stream in (("stdout", process.stdout), ("stderr", process.stderr))
    ]
    for reader in readers:
        reader.start()
    try:
        _write(process.stdin, pieces)
        code = process.wait()
    except BaseException:
        process.kill()  # before it sees an end that is none
        process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()
        raise
    finally:
        for reader in readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()
    if code != 0:
        raise EngineError(f"{name}: cannot load: {_last(said['stderr'] or said['stdout'])}")
    return said["stdout"].decode("utf-8", "replace")


def _write(stream: IO[bytes], pieces: Iterator[bytes]) -> None:
    """Give the pieces; a program that stops reading has its reasons, which it says."""
    with suppress(BrokenPipeError):
        for piece in pieces:
            stream.write(piece)
    with suppress(BrokenPipeError):
        stream.close()


def _read(said: dict[str, bytes], which: str, stream: IO[bytes]) -> None:
    said[which] = stream.read()


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it does not say why"
