"""Small changes to inputs, the same ones for the same seed: bits, tokens, numbers, lines, pieces of other inputs."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from random import Random

_NUMBER = re.compile(rb"[0-9]+")
_BYTES = bytes([0, 1, 9, 10, 13, 32, 34, 45, 46, 47, 48, 58, 92, 127, 128, 192, 255])
_DECIMAL = (b"0", b"1", b"-1", b"8", b"255", b"4096", b"65536", b"2147483647", b"2147483648", b"4294967295",
            b"9223372036854775807", b"18446744073709551616", b"1e9", b"0x10", b"9" * 40, b"0" * 30)  # fmt: skip
_BINARY = tuple(
    struct.pack(layout, number & ((1 << bits) - 1))
    for bits, layouts in ((16, ("<H", ">H")), (32, ("<I", ">I")), (64, ("<Q", ">Q")))
    for layout in layouts
    for number in (0, 1, -1, 1 << (bits - 1), 1 << (bits - 2), 64, 255, 4096)
)


class Mutator:
    """Gives one changed input after the other.

    Args:
        seeds: Valid inputs.
        tokens: Words of the format.
        most_bytes: How large an input may become.
        random: Where chance comes from.
    """

    def __init__(self, seeds: Sequence[bytes], tokens: Sequence[bytes], most_bytes: int, random: Random) -> None:
        self._seeds = [seed for seed in seeds if len(seed) <= most_bytes] or [b""]
        self._tokens = list(tokens) or [b"\0"]
        self._most = most_bytes
        self._random = random.random
        self._ways: list[Callable[[bytearray], None]] = [
            self._flip, self._byte, self._insert_token, self._insert_token, self._overwrite, self._number,
            self._number, self._binary, self._delete, self._repeat, self._splice, self._truncate, self._line,
        ]  # fmt: skip

    def next(self) -> bytearray:
        """A seed with one to about eight changes; now and then nothing but tokens."""
        random, ways = self._random, self._ways
        chance = random()
        data = bytearray(self._tokens_only() if chance < 0.05 else self._seeds[int(random() * len(self._seeds))])
        while True:
            ways[int(random() * len(ways))](data)
            if random() < 0.45:
                break
        del data[self._most :]
        return data

    def _at(self, data: bytearray) -> int:
        return int(self._random() * (len(data) + 1))

    def _tokens_only(self) -> bytes:
        random, tokens = self._random, self._tokens
        return b"".join([tokens[int(random() * len(tokens))] for _ in range(1 + int(random() * 12))])

    def _flip(self, data: bytearray) -> None:
        if data:
            data[int(self._random() * len(data))] ^= 1 << int(self._random() * 8)

    def _byte(self, data: bytearray) -> None:
        if data:
            data[int(self._random() * len(data))] = _BYTES[int(self._random() * len(_BYTES))]

    def _insert_token(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = self._tokens[int(self._random() * len(self._tokens))]

    def _overwrite(self, data: bytearray) -> None:
        at = self._at(data)
        token = self._tokens[int(self._random() * len(self._tokens))]
        data[at : at + len(token)] = token

    def _number(self, data: bytearray) -> None:
        """Another number in digits; where its size stays the same, fixed fields keep their places."""
        at = self._at(data)
        match = _NUMBER.search(data, at) or _NUMBER.search(data)
        if match is None:
            return
        number = _DECIMAL[int(self._random() * len(_DECIMAL))]
        if self._random() < 0.5:
            number = number[: match.end() - match.start()].rjust(match.end() - match.start(), b"0")
        data[match.start() : match.end()] = number

    def _binary(self, data: bytearray) -> None:
        number = _BINARY[int(self._random() * len(_BINARY))]
        at = self._at(data)
        if self._random() < 0.7:
            at -= at % len(number)
        data[at : at + len(number)] = number

    def _delete(self, data: bytearray) -> None:
        at = self._at(data)
        del data[at : at + self._some()]

    def _repeat(self, data: bytearray) -> None:
        at = self._at(data)
        piece = data[at : at + self._some()]
        times = 1 + int(self._random() ** 4 * 64)
        data[at:at] = (piece * times)[: self._most]

    def _splice(self, data: bytearray) -> None:
        other = self._seeds[int(self._random() * len(self._seeds))]
        start = int(self._random() * (len(other) + 1))
        at = self._at(data)
        size = self._some()
        data[at : at + (size if self._random() < 0.5 else 0)] = other[start : start + size]

    def _truncate(self, data: bytearray) -> None:
        if self._random() < 0.3:
            del data[self._at(data) :]

    def _line(self, data: bytearray) -> None:
        """Take a line away, or have it twice, or elsewhere."""
        at = data.find(b"\n", self._at(data)) + 1
        end = data.find(b"\n", at) + 1 or len(data)
        line = data[at:end]
        if self._random() < 0.6:
            del data[at:end]
        if self._random() < 0.6:
            at = data.find(b"\n", self._at(data)) + 1
            data[at:at] = line

    def _some(self) -> int:
        """A size, more often small."""
        return 1 + int(self._random() ** 3 * 600)
