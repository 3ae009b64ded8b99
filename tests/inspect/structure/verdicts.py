"""Structure tests of one image in one line: what is wrong by test, and everything that was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from bareboat.inspect.selection import selected_images
from bareboat.inspect.structure.commands import Means
from bareboat.inspect.structure.outcome import Verdict
from bareboat.inspect.structure.read import parse_tests
from bareboat.inspect.structure.tester import verdict_on
from bareboat.ship.running.runner import Runner
from tests.makers.image import Made, make_layout

HEAD = 'schemaVersion: "2.0.0"\n'
FILE = "t.yaml"


def verdict_of(
    folder: Path,
    images: Made | Sequence[Made],
    text: str,
    *,
    runner: Runner | None = None,
    environment: Mapping[str, str] | None = None,
    network: bool = False,
) -> Verdict:
    """What the file `text`, without its version, comes to; every test takes a second."""
    layout = make_layout(folder / "layout", {"app:latest": images})
    tests = [parse_tests((text if "schemaVersion" in text else HEAD + text).encode(), FILE)]
    chosen = [(one, tests) for one in selected_images(layout, None, None, None)]
    means = None
    if runner is not None:
        means = Means(runner=runner, timeout_s=60, environment=environment or {}, network=network)
    ticks = count()
    return verdict_on(layout, chosen, means=means, clock=lambda: float(next(ticks)))


def errors_of(folder: Path, images: Made | Sequence[Made], text: str, **said: object) -> dict[str, list[str]]:
    """What is wrong by test."""
    verdict = verdict_of(folder, images, text, **said)  # type: ignore[arg-type]
    return {result.name: list(result.errors) for result in verdict.results}
