"""Builds the program of the component `healthcheck` for every architecture, and records how: `make healthcheck`.

The compiler is Zig's `zig cc` from the wheel `ziglang`, in the version that the record names: one file to install, with
clang, a linker and the sources of musl for every architecture, so that nothing of the machine gets into the bytes.
`tests/healthcheck/test_rebuild.py` builds again and compares.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src/bareboat/catalog/healthcheck"
SOURCE = FOLDER / "source"
RECORD = FOLDER / "build.json"
PROGRAM = "healthcheck"
COPYRIGHT = "copyright"

VERSION = "1.0.0"
LINE = "1"
TOOLCHAIN = ("ziglang", "0.15.2")
FLAGS = (
    "-std=gnu11", "-Os", "-static", "-s", "-Wall", "-Wextra", "-Wconversion", "-Werror",
    "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-fno-asynchronous-unwind-tables",
    "-fstack-protector-strong", "-fsanitize=undefined", "-fsanitize-trap=undefined",
)  # fmt: skip
TARGETS = {
    "amd64": "x86_64-linux-musl",
    "arm": "arm-linux-musleabihf",
    "arm64": "aarch64-linux-musl",
    "loong64": "loongarch64-linux-musl",
    "ppc64le": "powerpc64le-linux-musl",
    "riscv64": "riscv64-linux-musl",
    "s390x": "s390x-linux-musl",
}


def sources() -> list[Path]:
    """Every file of the source, sorted by name."""
    return sorted(SOURCE.glob("*.[ch]"))


def build(architecture: str, out: Path, cache: Path) -> bytes:
    """The program for `architecture` (OCI's name), written to `out`; `cache` is the compiler's own folder."""
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", TARGETS[architecture], *FLAGS]
    units = [file.name for file in sources() if file.suffix == ".c"]
    environment = {
        "PATH": os.environ.get("PATH", ""), "HOME": str(cache), "LC_ALL": "C",
        "ZIG_GLOBAL_CACHE_DIR": str(cache), "ZIG_LOCAL_CACHE_DIR": str(cache),
    }  # fmt: skip
    subprocess.run([*compiler, "-o", str(out), *units], cwd=SOURCE, env=environment, check=True)
    return out.read_bytes()


def installed_version() -> str | None:
    """The version of the compiler that is installed, None without one."""
    try:
        return metadata.version(TOOLCHAIN[0])
    except metadata.PackageNotFoundError:
        return None


def record_of(programs: dict[str, bytes]) -> dict[str, object]:
    """What stands in the record: the pins of the catalogue, and what a stranger needs to make the same bytes."""
    copyright_text = (FOLDER / COPYRIGHT).read_bytes()
    files = {
        name: {PROGRAM: _pin(data), COPYRIGHT: _pin(copyright_text)} for name, data in sorted(programs.items())
    }
    return {
        "pins": {LINE: {"version": VERSION, "files": files}},
        "source": {file.name: _digest(file.read_bytes()) for file in sources()},
        "toolchain": {"package": TOOLCHAIN[0], "version": TOOLCHAIN[1], "command": ["zig", "cc"]},
        "flags": list(FLAGS),
        "targets": TARGETS,
    }


def text_of(record: dict[str, object]) -> str:
    """The record as it is written."""
    return json.dumps(record, indent=2) + "\n"


def _pin(data: bytes) -> dict[str, object]:
    return {"sha256": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(names: Iterable[str]) -> int:
    """Build for `names`, or all, beside the source; the record is written when all were built."""
    version = installed_version()
    if version != TOOLCHAIN[1]:
        sys.stderr.write(f"healthcheck: needs {'=='.join(TOOLCHAIN)}, and {version or 'none'} is installed\n")
        return 1
    chosen = list(names) or sorted(TARGETS)
    programs = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in chosen:
            place = FOLDER / name
            place.mkdir(exist_ok=True)
            programs[name] = build(name, place / PROGRAM, Path(cache))
            sys.stdout.write(f"{name}: {len(programs[name]):,} bytes\n")
    if set(programs) == set(TARGETS):
        RECORD.write_text(text_of(record_of(programs)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
