"""Catalogues of as many images as one likes: each is python3 with a file and a label of its own."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Figure, Sample, alternate
from bench.yard import ACCEPTED, Yard

_BASE = "python3-debian13"


def grown(yard: Yard, count: int, runs: int) -> list[Figure]:
    """Building `count` images anew, and once more with nothing changed."""
    folder = yard.fresh("synthetic")
    folder.mkdir()
    (folder / "bareboat.yaml").write_text(configuration(count), encoding="utf-8")
    yard.bareboat("lock", *ACCEPTED, cwd=folder)
    name = "image" if count == 1 else "images"

    def build(store: Path, out: Path) -> Sample:
        return yard.bareboat("build", "--frozen", "--offline", "--quiet", "--out", out, store=store, cwd=folder)

    def cold() -> Sample:
        return build(yard.seeded("synthetic/store", [_BASE], ["amd64"]), yard.fresh("synthetic/out"))

    first = alternate(1, {f"{count} {name}": cold}, warm_up=False)
    again = alternate(runs, {f"{count} {name} again": lambda: build(folder / "store", folder / "out")})
    return [*first.values(), *again.values()]


def configuration(count: int) -> str:
    """A bareboat.yaml with `count` images."""
    images = "".join(
        f"  app{number}:\n"
        f"    from: python3\n"
        f"    files: [{{path: /app/main.py, text: 'print({number})'}}]\n"
        f"    labels: {{number: '{number}'}}\n"
        f"    entrypoint: [/usr/bin/python3, /app/main.py]\n"
        f"    variants: [latest]\n"
        f"    architectures: [amd64]\n"
        for number in range(count)
    )
    return f"distro: debian13\nimages:\n{images}"
