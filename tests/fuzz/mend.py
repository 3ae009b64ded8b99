"""Makes right again what a change has broken before the change is read: checksums of tar, sizes of ar."""

from __future__ import annotations

import re

_BLOCK = 512
_USTAR = b"ustar"
_MEMBER = re.compile(rb"(?:debian-binary|control\.tar|data\.tar|_[a-z]*)[!-~]* *[0-9 ]{12}[0-9 ]{6}[0-9 ]{6}[0-7 ]{8}"
                     rb"[0-9 ]{10}`\n")


def tar(data: bytearray) -> None:
    """Give every header its checksum."""
    _mend_headers(data, 0, len(data))


def ar_of_tars(data: bytearray) -> None:
    """Give every member of a package its size, and every header of the tars inside its checksum."""
    found = list(_MEMBER.finditer(data))
    starts = [match.end() for match in found]
    ends = [*(match.start() for match in found[1:]), len(data)][: len(found)]
    for match, start, end in zip(found, starts, ends, strict=True):
        if len(data) % 4:  # a size that was changed on purpose stays now and then
            data[start - 12 : start - 2] = b"%-10d" % (end - start)
        if b".tar" in match[0]:
            _mend_headers(data, start, end)


def _mend_headers(data: bytearray, start: int, end: int) -> None:
    for at in range(start, end - _BLOCK + 1, _BLOCK):
        if data[at + 257 : at + 262] == _USTAR:
            total = sum(data[at : at + 148]) + 8 * 32 + sum(data[at + 156 : at + _BLOCK])
            data[at + 148 : at + 156] = b"%06o\0 " % total
