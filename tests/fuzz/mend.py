"""Makes right again what a change has broken before the change is read: checksums of tar, sizes of ar."""

from __future__ import annotations

_BLOCK = 512
_USTAR = b"ustar"
_AR_HEADER = 60
_AR_END = b"`\n"
_AR_NAMES = (b"debi", b"cont", b"data")


def tar(data: bytearray) -> None:
    """Give every header its checksum."""
    _mend_headers(data, 0, len(data))


def ar_of_tars(data: bytearray) -> None:
    """Give every member of a package its size, and every header of the tars inside its checksum."""
    starts = _members(data)
    ends = [*(start - _AR_HEADER for start in starts[1:]), len(data)]
    for start, end in zip(starts, ends[: len(starts)], strict=True):
        if len(data) % 4:  # a size that was changed on purpose stays now and then
            data[start - 12 : start - 2] = b"%-10d" % (end - start)
        if b".tar" in data[start - _AR_HEADER : start - 44]:
            _mend_headers(data, start, end)


def _members(data: bytearray) -> list[int]:
    """Where the content of every member begins: behind the two bytes that end its header."""
    starts = []
    at = data.find(_AR_END)
    while at >= 0:
        name = bytes(data[at + 2 - _AR_HEADER : at + 2 - _AR_HEADER + 4])
        if at + 2 >= _AR_HEADER and (name in _AR_NAMES or name[:1] == b"_"):
            starts.append(at + 2)
        at = data.find(_AR_END, at + 2)
    return starts


def _mend_headers(data: bytearray, start: int, end: int) -> None:
    for at in range(start, end - _BLOCK + 1, _BLOCK):
        if data[at + 257 : at + 262] == _USTAR:
            total = sum(data[at : at + 148]) + 8 * 32 + sum(data[at + 156 : at + _BLOCK])
            data[at + 148 : at + 156] = b"%06o\0 " % total
