"""Sizes, durations, modes and ports as people write them."""

from __future__ import annotations

import re

from bareboat.base.errors import FormatError

# SI and IEC 80000-13: a megabyte is 1000 kB, a mebibyte 1024 KiB.
_BYTES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
}
_SIZE = r"([0-9]{1,15})(?:\.([0-9]{1,9}))? ?([A-Za-z]{0,3})"

_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = r"(?:[0-9]{1,9}(?:ns|us|ms|s|m|h))+"
_DURATION_PART = r"([0-9]+)(ns|us|ms|s|m|h)"

_OCTAL = r"0?o?([0-7]{3,4})"
_PORT = r"([0-9]{1,5})(?:/(tcp|udp|sctp))?"
_MOST_PORT = 65535
_SHOWN = 40


def read_size(text: str) -> int:
    """Read a size in bytes: `25MB` (25,000,000), `25MiB` (26,214,400), `1.5 GB`, `800`.

    Raises:
        FormatError: When it is not a size of at least one byte.
    """
    match = re.fullmatch(_SIZE, text)
    factor = _BYTES.get(match[3].lower()) if match else None
    if match is None or factor is None:
        raise FormatError(f'cannot read "{text[:_SHOWN]}" as a size', hint="write one such as 25MB or 25MiB")
    fraction = match[2] or ""
    size = int(match[1] + fraction) * factor // int("1" + "0" * len(fraction))
    if size < 1:
        raise FormatError(f'cannot take "{text[:_SHOWN]}" as a size: it is less than one byte')
    return size


def read_duration(text: str) -> int:
    """Read a duration in nanoseconds, as Docker's health checks have it: `30s`, `1m30s`, `500ms`.

    Raises:
        FormatError: When it is not a duration longer than zero.
    """
    if not re.fullmatch(_DURATION, text):
        raise FormatError(f'cannot read "{text[:_SHOWN]}" as a duration', hint="write one such as 30s or 1m30s")
    total = sum(int(count) * _NANOSECONDS[unit] for count, unit in re.findall(_DURATION_PART, text))
    if total == 0:
        raise FormatError(f'cannot take "{text[:_SHOWN]}" as a duration: it is zero')
    return total


def read_plain_mode(text: str) -> int:
    """Read a mode that stands in YAML without quotes: `0644` or `0o644`.

    A bare `644` is refused: one reader of YAML would take it as octal, the next as decimal.

    Raises:
        FormatError: When it is not an octal mode that begins with a zero.
    """
    if re.fullmatch(r"[1-9][0-9]*", text):
        octal = re.fullmatch(_OCTAL, text)
        hint = f'write "0{octal[1]}"' if octal else 'write one such as "0644"'
        raise FormatError(f"cannot tell whether {text[:_SHOWN]} is octal or decimal", hint=hint)
    return read_quoted_mode(text)


def read_quoted_mode(text: str) -> int:
    """Read a mode in quotes, which is octal whatever it begins with: `644`, `0644`, `1777`.

    Raises:
        FormatError: When it is not three or four octal digits.
    """
    octal = re.fullmatch(_OCTAL, text)
    if octal is None:
        raise FormatError(f'cannot read "{text[:_SHOWN]}" as an octal mode', hint='write one such as "0644"')
    return int(octal[1], 8)


def read_port(text: str) -> str:
    """Read a port as OCI's `ExposedPorts` has it, with its protocol: `8080` is `8080/tcp`.

    Raises:
        FormatError: When it is not a port from 1 to 65535, alone or with tcp, udp or sctp.
    """
    match = re.fullmatch(_PORT, text)
    if match is None or not 1 <= int(match[1]) <= _MOST_PORT:
        raise FormatError(f'cannot read "{text[:_SHOWN]}" as a port', hint="write one such as 8080 or 53/udp")
    return f"{int(match[1])}/{match[2] or 'tcp'}"
