"""The smallest programs: static ELF files that write a message and end well, for engines to run."""

from __future__ import annotations

import shutil
import struct

from bareboat.base.platform import Architecture

_HEADER_BYTES = 64 + 56
_ADDRESS = 0x400000


def make_program(architecture: Architecture, message: bytes) -> bytes:
    """A static program for amd64 or arm64: write(1, message), exit(0)."""
    code = {"amd64": _amd64, "arm64": _arm64}[architecture.oci](message)
    size = _HEADER_BYTES + len(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = struct.pack(
        "<HHIQQQIHHHHHH", 2, architecture.elf_machine, 1, _ADDRESS + _HEADER_BYTES, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _ADDRESS, _ADDRESS, size, size, 0x1000)
    return identity + header + segment + code


def _amd64(message: bytes) -> bytes:
    write = b"\xb8\x01\0\0\0" + b"\xbf\x01\0\0\0"  # mov eax, 1; mov edi, 1
    leave = b"\x0f\x05" + b"\xb8\x3c\0\0\0" + b"\x31\xff" + b"\x0f\x05"  # syscall; mov eax, 60; xor edi, edi; syscall
    length = b"\xba" + struct.pack("<I", len(message))  # mov edx, length
    distance = len(length) + len(leave)
    return write + b"\x48\x8d\x35" + struct.pack("<I", distance) + length + leave + message  # lea rsi, [rip + distance]


def _arm64(message: bytes) -> bytes:
    words = [
        0xD2800020,  # mov x0, #1
        0x10000001 | (7 * 4 >> 2) << 5,  # adr x1, the seventh word from here
        0xD2800002 | len(message) << 5,  # mov x2, #length
        0xD2800808,  # mov x8, #64: write
        0xD4000001,  # svc #0
        0xD2800000,  # mov x0, #0
        0xD2800BA8,  # mov x8, #93: exit
        0xD4000001,  # svc #0
    ]
    return struct.pack("<8I", *words) + message


def here(name: str) -> str | None:
    """The whole path of a program of this machine."""
    return shutil.which(name)
