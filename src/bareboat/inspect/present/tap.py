"""Structure tests in the Test Anything Protocol, version 14 (testanything.org/tap-version-14-specification.html)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bareboat.inspect.present.columns import plain
from bareboat.inspect.structure.outcome import Result, Verdict

VERSION = "TAP version 14"


def tap_of(verdict: Verdict) -> Iterator[str]:
    """The lines: the version, the plan, and a test point for each test with its diagnostics."""
    yield VERSION
    yield f"1..{len(verdict.results)}"
    number = 0
    for image in verdict.images:
        for file in image.files:
            yield f"# {plain(f'{image.name} ({image.platform}) {file.file}')}"
            if file.passed_over:
                yield f"# passed over: {plain(file.passed_over)}"
            for result in file.results:
                number += 1
                yield from _point(number, result)


def _point(number: int, result: Result) -> Iterator[str]:
    # "Any hash or backslash in a description must be escaped"
    description = plain(result.name).replace("\\", "\\\\").replace("#", "\\#")
    skipped = f" # SKIP {plain(result.skipped)}" if result.skipped else ""
    yield f"{'not ok' if result.errors else 'ok'} {number} - {description}{skipped}"
    said = {"errors": list(result.errors), "notes": list(result.notes), "duration_ms": round(result.duration_s * 1000)}
    if result.errors:
        said |= {"stdout": result.stdout, "stderr": result.stderr}
    if result.skipped:
        return
    # A YAML diagnostic block; every value is written as JSON, which is YAML 1.2 too
    yield "  ---"
    for key, value in said.items():
        if value or key == "duration_ms":
            yield f"  {key}: {json.dumps(value, ensure_ascii=True)}"
    yield "  ..."
