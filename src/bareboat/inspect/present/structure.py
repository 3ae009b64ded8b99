"""Structure tests as text, in the form that container-structure-test prints, so that no eye has to learn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath

from bareboat.inspect.present.columns import plain
from bareboat.inspect.structure.outcome import FileResults, Result, Verdict

Paint = Callable[[str, str], str]
"""A text in a colour: `green`, `red`, `blue`, `yellow`, `magenta`, `cyan`."""

_LEAST_WIDTH = 27


def unpainted(text: str, colour: str) -> str:  # noqa: ARG001  the port's signature
    """The text alone."""
    return text


def present_structure(verdict: Verdict, paint: Paint = unpainted) -> Iterator[str]:
    """The lines: a banner for each file, each test with what it came to, and the sums."""
    width = _LEAST_WIDTH
    for image in verdict.images:
        if len(verdict.images) > 1:
            yield ""
            yield paint(f"Image: {plain(image.name)} ({image.platform})", "magenta")
        for file in image.files:
            banner = _banner(file)
            width = len(banner)
            yield from _file(file, banner, paint)
    yield from _sums(verdict, width + (width % 2 == 0), paint)


def _banner(file: FileResults) -> str:
    return f"====== Test file: {plain(PurePath(file.file).name)} ======"


def _file(file: FileResults, banner: str, paint: Paint) -> Iterator[str]:
    if file.passed_over:
        yield ""
        yield paint(f"====== Test file: {plain(PurePath(file.file).name)}: passed over: {file.passed_over}", "yellow")
        return
    yield ""
    yield from (paint(line, "magenta") for line in ("=" * len(banner), banner, "=" * len(banner)))
    for result in file.results:
        yield from _result(result, paint)


def _result(result: Result, paint: Paint) -> Iterator[str]:
    yield f"=== RUN: {plain(result.name)}"
    if result.skipped:
        yield paint(f"--- SKIP: {result.skipped}", "yellow")
        return
    yield paint("--- PASS", "green") if result.passed else paint("--- FAIL", "red")
    yield f"duration: {seconds(result.duration_s)}"
    for what, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if text:
            yield paint(f"{what}: {_block(text)}", "blue")
    for note in result.notes:
        yield paint(f"Note: {plain(note)}", "cyan")
    for error in result.errors:
        yield paint(f"Error: {_block(error)}", "yellow")


def _block(text: str) -> str:
    """Text of several lines, with everything else that a terminal would obey written out."""
    return "\n".join(plain(line) for line in text.split("\n"))


def _sums(verdict: Verdict, width: int, paint: Paint) -> Iterator[str]:
    if not verdict.results:
        yield paint("No tests run! Check config file format.", "red")
        return
    side = "=" * ((width - 9) // 2)
    yield ""
    yield "=" * width
    yield f"{side} RESULTS {side}"
    yield "=" * width
    yield paint(f"Passes:      {verdict.passes}", "green")
    yield paint(f"Failures:    {verdict.failures}", "red")
    if verdict.skips:
        yield paint(f"Skipped:     {verdict.skips}", "yellow")
    yield f"Duration:    {seconds(verdict.duration_s)}"
    yield paint(f"Total tests: {len(verdict.results)}", "cyan")
    yield ""
    yield paint("PASS", "green") if verdict.passed else paint("FAIL", "red")


def seconds(duration_s: float) -> str:
    """A time as Go writes it, in the unit that leaves something before the point: `1.5s`, `12.3ms`, `41µs`."""
    for factor, unit, digits in ((1.0, "s", 3), (1e3, "ms", 3), (1e6, "µs", 0)):
        if duration_s * factor >= 1 or unit == "µs":
            number = f"{duration_s * factor:.{digits}f}"
            return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{unit}"
    return "0s"


def structure_document(verdict: Verdict) -> dict[str, object]:
    """The results for programs, with the keys of the original and, for each test, its image, platform and file."""
    return {
        "Pass": verdict.passes,
        "Fail": verdict.failures,
        "Skip": verdict.skips,
        "Total": len(verdict.results),
        "Duration": _nanoseconds(verdict.duration_s),
        "Results": [
            {
                "Name": result.name,
                "Pass": result.passed,
                "Duration": _nanoseconds(result.duration_s),
                "Image": image.name,
                "Platform": image.platform,
                "Digest": str(image.digest),
                "File": file.file,
                **{key: value for key, value in _said(result).items() if value},
            }
            for image in verdict.images
            for file in image.files
            for result in file.results
        ],
    }


def _said(result: Result) -> dict[str, object]:
    return {
        "Stdout": result.stdout,
        "Stderr": result.stderr,
        "Errors": list(result.errors),
        "Notes": list(result.notes),
        "Skipped": result.skipped,
    }


def _nanoseconds(duration_s: float) -> int:
    """As Go's `time.Duration` is written."""
    return round(duration_s * 1e9)
