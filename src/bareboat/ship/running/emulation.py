"""Programs of another architecture on this machine: the kernel's own way, QEMU's user mode, or none.

binfmt_misc: Documentation/admin-guide/binfmt-misc.rst of the kernel.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from bareboat.base.errors import EngineError, FormatError
from bareboat.base.platform import Architecture
from bareboat.make.elf import read_elf
from bareboat.ship.sandbox.plan import Binfmt, Emulation

REGISTERED = Path("/proc/sys/fs/binfmt_misc")
"""Where the kernel tells which programs it starts others for."""

_QEMU = {"amd64": "x86_64", "arm64": "aarch64", "loong64": "loongarch64"}
"""QEMU's names where they are not OCI's."""

_FIELD = re.compile(r"^(interpreter|flags:|offset|magic|mask) (.*)$", re.MULTILINE)
_FIXED = "F"
_MOST_PROGRAM_BYTES = 256 * 1024 * 1024

HINT = "install qemu-user-static (Debian, Ubuntu), or qemu-user-binfmt beside an engine"


def binfmt_of(architecture: Architecture) -> Binfmt:
    """How programs of `architecture` begin, and which of these bits count.

    `EI_OSABI` is free, and so is whether `e_type` is ET_EXEC or ET_DYN (2 or 3).
    """
    order = "<" if architecture.little_endian else ">"
    magic = _header(architecture)
    mask = b"\xff" * 7 + b"\x00" + b"\xff" * 8 + struct.pack(f"{order}HH", 0xFFFE, 0xFFFF)
    return Binfmt(magic=magic, mask=mask)


def kernel_runs(architecture: Architecture, registered: Path = REGISTERED) -> bool:
    """Whether this machine's kernel starts programs of `architecture` in any root filesystem, by its own emulator.

    That is when an emulator was registered with "F": "the kernel will open the binary at registration time".
    """
    start = _header(architecture)
    try:
        if (registered / "status").read_text(encoding="ascii").strip() != "enabled":
            return False
        said = [file.read_text(encoding="utf-8") for file in sorted(registered.iterdir())
                if file.name not in ("status", "register")]  # fmt: skip
    except OSError:
        return False
    return any(_takes(text, start) for text in said)


def emulation_of(architecture: Architecture, find: Callable[[str], str | None] = shutil.which) -> Emulation:
    """QEMU's program for `architecture`, which must need no libraries: inside of an image it finds none.

    Raises:
        EngineError: When this machine has none, with what to install.
    """
    name = f"qemu-{_QEMU.get(architecture.oci, architecture.oci)}"
    for candidate in (f"{name}-static", name):
        found = find(candidate)
        if found is not None and _needs_nothing(Path(found)):
            return Emulation(program=Path(os.path.realpath(found)), binfmt=binfmt_of(architecture))
    raise EngineError(f"cannot run programs for {architecture} on this machine: it has no {name}-static", hint=HINT)


def _header(architecture: Architecture) -> bytes:
    """The first bytes of a program: `e_ident`, `e_type`, `e_machine` of the ELF specification."""
    order = "<" if architecture.little_endian else ">"
    identity = b"\x7fELF" + bytes([architecture.elf_bits // 32, 1 if architecture.little_endian else 2, 1]) + bytes(9)
    return identity + struct.pack(f"{order}HH", 2, architecture.elf_machine)


def _takes(text: str, start: bytes) -> bool:
    """Whether the registration `text` is enabled, fixed, and for programs that begin with `start`."""
    fields = dict(_FIELD.findall(text))
    if not text.startswith("enabled\n") or _FIXED not in fields.get("flags:", "") or fields.get("offset") != "0":
        return False
    try:
        magic = bytes.fromhex(fields.get("magic", ""))
        mask = bytes.fromhex(fields["mask"]) if "mask" in fields else b"\xff" * len(magic)
    except ValueError:
        return False
    rows = zip(start.ljust(len(magic), b"\0"), magic, mask, strict=False)
    return bool(magic) and all(ours & bits == theirs & bits for ours, theirs, bits in rows)


def _needs_nothing(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            facts = read_elf(file.read(_MOST_PROGRAM_BYTES), str(program))
    except (OSError, FormatError):
        return False
    return facts is not None and facts.interpreter is None
