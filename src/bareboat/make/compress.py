"""One compressor setting for each format, so that the same bytes become the same bytes everywhere.

gzip (RFC 1952) by libdeflate: its output depends on its version and level alone, not on the processor.
A known answer is checked once in each process; another version that compresses differently is refused, not shipped.
Both formats allow members (frames) to be concatenated, which is what makes cached parts of a layer reusable.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Literal

import deflate

from bareboat.base.errors import FormatError, InternalError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_LEVEL = 6
"""Of libdeflate: 1 % larger than level 9 at two and a half times its speed (decision 0005)."""

ZSTD_LEVEL = 9

MEMBER_BYTES = 8 << 20
"""How much at most goes into one member, in bytes: bounds the memory of a compression."""


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


def compression(name: str) -> Compression:
    """The compression called `name`: `gzip` or `zstd`.

    Raises:
        InternalError: For other names, and when the library gives other bytes than those of this byte format.
    """
    if name == "gzip":
        return _gzip()
    if name == "zstd":
        return Compression("zstd", "+zstd", ZSTD_LEVEL, _zstd_member)
    raise InternalError(f'no compression is called "{name}"')


@cache
def _gzip() -> Compression:
    known = "b2c62e51b071cff08b1b7f45eaf025c0ef18027f7d82be8f250b54c593aeed61"
    answer = sha256(_gzip_member(_sample())).hexdigest()
    if answer != known:
        raise InternalError(f"the installed libdeflate compresses to other bytes ({answer[:12]}, not {known[:12]})")
    return Compression("gzip", "+gzip", GZIP_LEVEL, _gzip_member)


def _sample() -> bytes:
    """64 KiB with the mix of repetition and noise that a compressor has to choose in."""
    noise = b"".join(sha256(b"%d" % number).digest() for number in range(512))
    text = b"".join(b"/usr/lib/%d/lib%d.so\n" % (number % 7, number) for number in range(1800))
    return (noise + text)[: 64 << 10]


def _gzip_member(data: bytes) -> bytes:
    return bytes(deflate.gzip_compress(data, GZIP_LEVEL))


def _zstd_member(data: bytes) -> bytes:
    return bytes(zstd.compress(data, level=ZSTD_LEVEL))


def decompress(name: str, member: bytes, size: int) -> bytes:
    """The `size` bytes of one member.

    Raises:
        FormatError: When it is not a member of that size.
    """
    try:
        if name == "gzip":
            data = bytes(deflate.gzip_decompress(member, size))
        else:
            data = bytes(zstd.decompress(member))
    except Exception as error:  # noqa: BLE001  # both libraries have their own trees
        raise FormatError(f"cannot decompress a cached {name} member: {error}") from error
    if len(data) != size:
        raise FormatError(f"a cached {name} member holds {len(data)} bytes, not {size}")
    return data
