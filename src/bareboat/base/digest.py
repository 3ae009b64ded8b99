"""A digest as a type: algorithm and lower-case hexadecimal, as in the OCI image specification, "Digests"."""

from __future__ import annotations

import hashlib
import re

from bareboat.base.errors import FormatError
from bareboat.base.frozen import frozen

_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


@frozen(kw_only=False, order=True)
class Digest:
    """The digest of some bytes; only well-formed ones exist.

    Raises:
        FormatError: For an unknown algorithm or a value that is not lower-case hexadecimal of its length.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        if _HEX_LENGTH.get(self.algorithm) != len(self.hex) or not _HEX.fullmatch(self.hex):
            raise FormatError(f'cannot read "{self.algorithm}:{self.hex[:140]}" as a digest')

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @property
    def short(self) -> str:
        """The first twelve hexadecimal digits, for people."""
        return self.hex[:12]

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `algorithm:hex`.

        Raises:
            FormatError: When `text` is not a digest.
        """
        algorithm, colon, value = text.partition(":")
        if not colon:
            raise FormatError(f'cannot read "{text[:140]}" as a digest')
        return cls(algorithm, value)

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview, algorithm: str = "sha256") -> Digest:
        """The digest of `data`."""
        return cls(algorithm, hashlib.new(algorithm, data).hexdigest())


def sha256(hexadecimal: str) -> Digest:
    """The sha256 digest written as bare hexadecimal, as Debian's indexes do.

    Raises:
        FormatError: When it is not 64 lower-case hexadecimal digits.
    """
    return Digest("sha256", hexadecimal)
