"""One compressor setting for each format, so that the same bytes become the same bytes everywhere.

gzip (RFC 1952) by libdeflate and zstd (RFC 8878) by libzstd: what they give depends on the version and the level alone,
not on the processor.
A known answer is checked once in each process; a version that compresses differently is refused, not shipped.
Both formats allow members (frames) to be concatenated, which is what makes cached parts of a layer reusable.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Literal

import deflate

from bareboat.base.errors import BuildError, FormatError, InternalError
from bareboat.base.frozen import frozen
from bareboat.debian.zstandard import zstd

GZIP_LEVEL = 6
"""Of libdeflate: half as fast again as level 7, for a third of a percent (decision 21)."""

TEXT_GZIP_LEVEL = 10
"""Of libdeflate, for small members without programs: 4 to 5 % smaller, in a tenth of a second for all of an image."""

TEXT_BYTES = 1 << 20
"""How many bytes a member at that level has at most before compression."""

ZSTD_LEVEL = 9

MEMBER_BYTES = 8 << 20
"""How much at most goes into one member, in bytes: bounds the memory of a compression."""

_ELF = b"\x7fELF"  # what every program and library begins with (gABI, "ELF Identification")

_ANSWERS = {
    "gzip": "651d882ef77368362f06b18c70cf90d7411bc375270814790357a5062e179362",
    "zstd": "47267a9980c5476b7982810214325e57f7bb28598f3c538de86b6361ee8023af",
}


@frozen(kw_only=False)
class Compression:
    """A format of compressed layers: `suffix` is that of the layer's media type."""

    name: Literal["gzip", "zstd"]
    suffix: str
    levels: tuple[int, ...]
    compress: Callable[[bytes], bytes]

    @property
    def key(self) -> str:
        """What determines the bytes, for keys of caches."""
        return "-".join([self.name, *map(str, self.levels)])


@cache
def compression(name: str) -> Compression:
    """The compression called `name`: `gzip` or `zstd`.

    Its `compress` raises BuildError when the installed library gives other bytes than those of this byte format.

    Raises:
        InternalError: For other names.
    """
    match name:
        case "gzip":
            return Compression("gzip", "+gzip", (GZIP_LEVEL, TEXT_GZIP_LEVEL), _checked("gzip", _gzip_member))
        case "zstd":
            return Compression("zstd", "+zstd", (ZSTD_LEVEL,), _checked("zstd", _zstd_member))
        case _:
            raise InternalError(f'no compression is called "{name}"')


def _checked(name: str, compress: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """`compress`, which is asked for the known answer before it is used for the first time."""

    @cache
    def check() -> None:
        text = _sample()
        answer = sha256(compress(text) + compress(_ELF + text)).hexdigest()
        if answer != _ANSWERS[name]:
            raise BuildError(
                f"cannot compress with {name}: the installed library gives other bytes than everybody else's "
                f"({answer[:12]}, not {_ANSWERS[name][:12]})",
                hint=f"install the versions that bareboat asks for, or use {'zstd' if name == 'gzip' else 'gzip'}",
            )

    def checked(data: bytes) -> bytes:
        check()
        return compress(data)

    return checked


def _sample() -> bytes:
    """64 KiB with the mix of repetition and noise that a compressor has to choose in."""
    noise = b"".join(sha256(b"%d" % number).digest() for number in range(512))
    text = b"".join(b"/usr/lib/%d/lib%d.so\n" % (number % 7, number) for number in range(1800))
    return (noise + text)[: 64 << 10]


def _gzip_member(data: bytes) -> bytes:
    is_text = len(data) <= TEXT_BYTES and _ELF not in data
    return bytes(deflate.gzip_compress(data, TEXT_GZIP_LEVEL if is_text else GZIP_LEVEL))


def _zstd_member(data: bytes) -> bytes:
    return bytes(zstd().compress(data, level=ZSTD_LEVEL))


def decompress(name: str, member: bytes, size: int) -> bytes | bytearray:
    """The `size` bytes of one member.

    Raises:
        FormatError: When it is not a member of that size.
    """
    read: Callable[[], bytes | bytearray] = {
        "gzip": lambda: deflate.gzip_decompress(member, size),
        "zstd": lambda: zstd().decompress(member),
    }[name]
    try:
        data = read()
    except Exception as error:  # both libraries have their own trees of errors
        raise FormatError(f"cannot decompress a cached {name} member: {error}") from error
    if len(data) != size:
        raise FormatError(f"a cached {name} member holds {len(data)} bytes, not {size}")
    return data
