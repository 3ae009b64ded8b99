"""What a case found: figures beside their baselines, the value that counts, and the target that it is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.measure import Figure

MB = 1_000_000
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of the table.

    `value` is in `unit` (`x`, `s`, `MB`, `MiB`, `%`); `most` or `least` is the target, neither when there is none.
    """

    work: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None
    detail: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    @property
    def target(self) -> str:
        """The target in words."""
        if self.least is not None:
            return f"≥ {self.least:g} {self.unit}"
        return "" if self.most is None else f"≤ {self.most:g} {self.unit}"

    def to_document(self) -> dict[str, object]:
        """This as JSON."""
        return {
            "work": self.work, "value": round(self.value, 4), "unit": self.unit, "least": self.least,
            "most": self.most, "met": self.is_met, "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one case has to say."""

    case: str
    outcomes: tuple[Outcome, ...]
    figures: tuple[Figure, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def to_document(self) -> dict[str, object]:
        """This as JSON."""
        return {
            "case": self.case,
            "outcomes": [one.to_document() for one in self.outcomes],
            "figures": [one.to_document() for one in self.figures],
            "facts": dict(self.facts),
        }


def times(work: str, baseline: Figure, ours: Figure, least: float) -> Outcome:
    """How many times faster `ours` is than `baseline`, by the medians of the clock."""
    return Outcome(
        work=work, value=baseline.wall_s / ours.wall_s, unit="x", least=least,
        detail=f"{said(baseline)} to {said(ours)}",
    )  # fmt: skip


def seconds(work: str, figure: Figure, most: float | None) -> Outcome:
    """The median of the clock."""
    return Outcome(work=work, value=figure.wall_s, unit="s", most=most, detail=said(figure))


def memory(figures: Sequence[Figure], most_mib: float) -> Outcome:
    """The most memory that any of `figures` took."""
    worst = max(figures, key=lambda one: one.peak_bytes)
    return Outcome(
        work="peak memory of any of these", value=worst.peak_bytes / MIB, unit="MiB", most=most_mib, detail=worst.name
    )


def said(figure: Figure) -> str:
    """A figure in words: median, spread, processor time."""
    low, high = figure.spread_s
    return f"{figure.name} {figure.wall_s:.2f} s ({low:.2f}–{high:.2f}, cpu {figure.cpu_s:.2f})"


def lines(found: Sequence[Found]) -> list[str]:
    """The table as text."""
    rows = [(one.work, f"{one.value:.2f} {one.unit}", one.target, _verdict(one.is_met), one.detail)
            for case in found for one in case.outcomes]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    pad: Callable[[tuple[str, ...]], str] = lambda row: "  ".join(  # noqa: E731
        text.ljust(width) for text, width in zip(row, widths, strict=False)
    )
    return [f"{pad(row)}  {row[4]}".rstrip() for row in rows]


def _verdict(is_met: bool | None) -> str:
    return "" if is_met is None else "reached" if is_met else "MISSED"
