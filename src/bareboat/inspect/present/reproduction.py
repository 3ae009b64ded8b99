"""A reproduction as lines for people: a line for each image, its differences under it, then what is the same."""

from __future__ import annotations

from collections.abc import Iterator

from bareboat.inspect.present.columns import many, plain
from bareboat.inspect.present.compare import present_comparison
from bareboat.inspect.reproduction import Reproduction, Verdict


def present_reproduction(reproduction: Reproduction) -> list[str]:
    """The lines of a reproduction."""
    lines = [line for verdict in reproduction.verdicts for line in _verdict(verdict)]
    if reproduction.images:
        images, layers = many(reproduction.images, "image"), many(reproduction.layers, "layer")
        lines.append(f"same: {images}, {layers}, {reproduction.bytes:,} bytes")
    return lines


def _verdict(verdict: Verdict) -> Iterator[str]:
    head = "  ".join(filter(None, [plain(verdict.claim.names[0]), ",".join(verdict.architectures)]))
    if verdict.comparison is None:
        yield f"{head}  not compared: {plain(verdict.claim.reason)}"
        return
    yield f"{head}  {'same' if verdict.is_same else 'not the same'}"
    yield from present_comparison(verdict.comparison, "layout", "made again")
