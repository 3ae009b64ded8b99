"""Feeds inputs to one parser, led by what code they reach (atheris, which is libFuzzer for Python).

    python -m tests.fuzz.guided tar --seconds 300

Inputs that reach new code are small and few in the end; `--keep` copies those into the corpus that the tests replay.
Atheris has wheels for some versions of Python only, so it is no dependency: `pip install atheris` where it is wanted.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.seeds import CORPUS, seeds_of
from tests.fuzz.targets import TARGETS, Target, fault_of
from tests.fuzz.tokens import TOKENS

MOST_KEPT_BYTES = 2048
MOST_KEPT = 24
MOST_MEMORY_MIB = 2048
LONGEST_S = 20

TraceFunction = Callable[[FrameType, str, Any], Any]

_MISSING = "guided fuzzing needs atheris: pip install atheris, into an environment of its own if you like"


class FaultError(Exception):
    """Tells libFuzzer that the input shows a fault."""


def feed(name: str, arguments: Sequence[str]) -> None:
    """Run libFuzzer over a target in this process, which it ends; the code of Bareboat is instrumented."""
    try:
        import atheris
    except ImportError:
        sys.exit(_MISSING)
    _instrument(atheris)
    target = TARGETS[name]

    def one(data: bytes) -> None:
        if target.mend is not None and data and data[0] & 7:
            mended = bytearray(data)
            target.mend(mended)
            data = bytes(mended)
        fault = fault_of(target, data)
        if fault is not None:
            raise FaultError(f"{fault.id}: {fault.message}")

    atheris.Setup([sys.argv[0], *arguments], one, enable_python_coverage=True)
    atheris.Fuzz()


def _instrument(atheris: object) -> None:
    """Have every function of ours and of the parsers below it report what it reaches."""
    wanted = ("bareboat.", "email.", "tarfile", "fnmatch")
    for name, module in list(sys.modules.items()):
        if not name.startswith(wanted) or "errors" in name:
            continue
        for value in list(vars(module).values()):
            for function in (value, *(vars(value).values() if isinstance(value, type) else ())):
                plain = getattr(function, "__func__", function)
                if getattr(plain, "__module__", None) == name and hasattr(plain, "__code__"):
                    with contextlib.suppress(AttributeError, TypeError, ValueError):
                        atheris.instrument_func(plain)  # type: ignore[attr-defined]


def search(name: str, seconds: int, folder: Path) -> tuple[int, list[bytes]]:
    """Feed a target for some time in a process of its own.

    Returns:
        Its exit code, zero without a fault, and the inputs that reached new code.
    """
    found = folder / "found"
    found.mkdir(parents=True, exist_ok=True)
    for seed in seeds_of(name):
        found.joinpath(hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = folder / "words"
    lines = ["".join(f"\\x{byte:02x}" for byte in word) for word in TOKENS[name]]
    words.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")
    code = _process(name, [
        f"-max_total_time={seconds}", f"-max_len={TARGETS[name].most_bytes}", f"-dict={words}", f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MEMORY_MIB}", f"-artifact_prefix={folder}/fault-", "-print_final_stats=1", str(found),
    ])  # fmt: skip
    return code, [file.read_bytes() for file in sorted(found.iterdir())]


def worth_keeping(target: Target, inputs: Iterable[bytes]) -> list[bytes]:
    """A bounded number of small inputs that together reach most; the smaller one of two that reach the same."""
    small = sorted({data for data in inputs if 0 < len(data) <= MOST_KEPT_BYTES}, key=lambda data: (len(data), data))
    reached: set[object] = set()
    for seed in seeds_of(target.name):
        reached |= arcs_of(target, seed)
    gains = []
    for data in small:
        new = arcs_of(target, data) - reached
        reached |= new
        if new:
            gains.append((-len(new), data))
    return [data for _, data in sorted(gains)[:MOST_KEPT]]


def arcs_of(target: Target, data: bytes) -> set[object]:
    """Every step from one line of Bareboat to the next that reading `data` takes."""
    arcs: set[object] = set()

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        if "/bareboat/" not in frame.f_code.co_filename:
            return None
        last = 0

        def local(inner: FrameType, event: str, _: object) -> TraceFunction:
            nonlocal last
            arcs.add((inner.f_code, last, inner.f_lineno))
            last = inner.f_lineno
            return local

        return local

    sys.settrace(trace)
    try:
        fault_of(target, data)
    finally:
        sys.settrace(None)
    return arcs


def keep(name: str, inputs: Iterable[bytes]) -> None:
    """Put inputs into the corpus."""
    for data in inputs:
        place = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _process(name: str, arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "tests.fuzz.guided", name, "--feed", *arguments]
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode


def main(arguments: Sequence[str]) -> int:
    """The command line; after `--feed` follow libFuzzer's own words."""
    if len(arguments) > 1 and arguments[1] == "--feed":
        feed(arguments[0], arguments[2:])
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", nargs="+", choices=sorted(TARGETS), metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=300, help="how long for each target")
    parser.add_argument("--keep", action="store_true", help="copy small inputs that reach new code into the corpus")
    said = parser.parse_args(arguments)
    worst = 0
    for name in said.target:
        folder = Path(tempfile.mkdtemp(prefix=f"bareboat-fuzz-{name}-"))
        code, found = search(name, said.seconds, folder)
        kept = worth_keeping(TARGETS[name], found) if said.keep and code == 0 else []
        keep(name, kept)
        print(f"{name}: exit code {code}, {len(found)} inputs reached new code, {len(kept)} kept; {folder}", flush=True)
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
