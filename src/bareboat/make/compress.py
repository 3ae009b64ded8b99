"""One compressor setting for each format, so that the same bytes become the same bytes everywhere.

gzip (RFC 1952) by libdeflate and zstd (RFC 8878) by libzstd: what they give depends on the version and the level alone,
not on the processor.
A known answer is checked once in each process; a version that compresses differently is refused, not shipped.
Both formats allow members (frames) to be concatenated, which is what makes cached parts of a layer reusable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal

import deflate

from bareboat.base.errors import BuildError, FormatError, InternalError
from bareboat.debian.zstandard import zstd

GZIP_LEVEL = 6
"""Of libdeflate: 1 % larger than level 9 at two and a half times its speed (decision 0005)."""

ZSTD_LEVEL = 9

MEMBER_BYTES = 8 << 20
"""How much at most goes into one member, in bytes: bounds the memory of a compression."""

_ANSWERS = {
    "gzip": "b2c62e51b071cff08b1b7f45eaf025c0ef18027f7d82be8f250b54c593aeed61",
    "zstd": "a062a7a6592f8c612f285afd5d0aecc7de284426e167a5749a6799277e401004",
}


@dataclass(frozen=True, slots=True)
class Compression:
    """A format of compressed layers: `suffix` is that of the layer's media type."""

    name: Literal["gzip", "zstd"]
    suffix: str
    level: int
    compress: Callable[[bytes], bytes]

    @property
    def key(self) -> str:
        """What determines the bytes, for keys of caches."""
        return f"{self.name}-{self.level}"


@cache
def compression(name: str) -> Compression:
    """The compression called `name`: `gzip` or `zstd`.

    Raises:
        InternalError: For other names.
        BuildError: When the installed library gives other bytes than those of this byte format.
    """
    match name:
        case "gzip":
            return _checked(Compression("gzip", "+gzip", GZIP_LEVEL, _gzip_member))
        case "zstd":
            return _checked(Compression("zstd", "+zstd", ZSTD_LEVEL, _zstd_member))
        case _:
            raise InternalError(f'no compression is called "{name}"')


def _checked(found: Compression) -> Compression:
    answer = sha256(found.compress(_sample())).hexdigest()
    if answer != _ANSWERS[found.name]:
        other = "zstd" if found.name == "gzip" else "gzip"
        raise BuildError(
            f"cannot compress with {found.name}: the installed library gives other bytes than everybody else's "
            f"({answer[:12]}, not {_ANSWERS[found.name][:12]})",
            hint=f"install the versions that bareboat asks for, or use {other}",
        )
    return found


def _sample() -> bytes:
    """64 KiB with the mix of repetition and noise that a compressor has to choose in."""
    noise = b"".join(sha256(b"%d" % number).digest() for number in range(512))
    text = b"".join(b"/usr/lib/%d/lib%d.so\n" % (number % 7, number) for number in range(1800))
    return (noise + text)[: 64 << 10]


def _gzip_member(data: bytes) -> bytes:
    return bytes(deflate.gzip_compress(data, GZIP_LEVEL))


def _zstd_member(data: bytes) -> bytes:
    return bytes(zstd().compress(data, level=ZSTD_LEVEL))


def decompress(name: str, member: bytes, size: int) -> bytes:
    """The `size` bytes of one member.

    Raises:
        FormatError: When it is not a member of that size.
    """
    read: Callable[[], bytes] = {
        "gzip": lambda: deflate.gzip_decompress(member, size),
        "zstd": lambda: zstd().decompress(member),
    }[name]
    try:
        data = bytes(read())
    except Exception as error:  # both libraries have their own trees of errors
        raise FormatError(f"cannot decompress a cached {name} member: {error}") from error
    if len(data) != size:
        raise FormatError(f"a cached {name} member holds {len(data)} bytes, not {size}")
    return data
