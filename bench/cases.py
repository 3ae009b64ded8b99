"""The cases, each a function from the yard to what it found; `CASES` has them in the order of the table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench import baselines, shipping, synthetic
from bench.changed import with_another_libc
from bench.measure import Figure, Sample, alternate
from bench.result import MB, MIB, Found, Outcome, said, seconds, times
from bench.sizes import compressed_sizes
from bench.yard import ACCEPTED, Yard, packages_of
from tests.makers.engine import an_engine

PYTHON = "python3-debian13"
DISTRO = "debian13"
SIZES = {"static": 0.75, "base": 6.2, "cc": 7.2, "python3": 17.0}
"""Compressed megabytes of an image of amd64, at most."""


def start(yard: Yard, runs: int) -> Found:
    """How long the program takes to say anything."""
    figures = alternate(max(runs, 9), {"bareboat --help": lambda: yard.bareboat("--help")})
    return Found(
        case="start", outcomes=tuple(seconds(name, one, 0.15) for name, one in figures.items()),
        figures=tuple(figures.values()),
    )  # fmt: skip


def image(yard: Yard, runs: int) -> Found:
    """One image from its .debs, beside the tools that a Debian has."""
    yard.have([PYTHON], ["amd64"])
    packages = packages_of(yard.lock, [PYTHON], ["amd64"])
    names = sorted(package.name for package in packages)
    archive = baselines.local_archive(baselines.debs(yard, packages))

    def ours() -> Sample:
        store = yard.seeded("store-image", [PYTHON], ["amd64"])
        return yard.build(store, yard.fresh("out-image"), PYTHON, "--arch", "amd64")

    contestants: dict[str, Callable[[], Sample]] = {"bareboat": ours, "dpkg-deb": lambda: baselines.by_dpkg(archive)}
    if shutil.which("mmdebstrap") and shutil.which("dockerd"):
        with an_engine() as engine:
            contestants["mmdebstrap"] = partial(baselines.by_mmdebstrap, yard, archive, names, engine.address)
            figures = alternate(runs, contestants)
    else:
        figures = alternate(runs, contestants)
    mine = figures["bareboat"]
    work = "python3 amd64 from its .debs, to dpkg-deb | gzip -6 | sha256sum"
    outcomes = [times(work, figures["dpkg-deb"], mine, 2.5)]
    if "mmdebstrap" in figures:
        work = "python3 amd64 from its .debs, to mmdebstrap + gzip + docker build"
        outcomes.append(times(work, figures["mmdebstrap"], mine, 4))
    return Found(
        case="image", outcomes=tuple(outcomes), figures=tuple(figures.values()), facts={"packages": len(packages)}
    )


def again(yard: Yard, runs: int) -> Found:
    """The same image once more, all variants and architectures, nothing changed."""
    store, out = yard.seeded("store-again", [PYTHON], yard.platforms), yard.fresh("out-again")

    def build() -> Sample:
        return yard.build(store, out, PYTHON, "--arch", yard.platform)

    build()
    figures = alternate(max(runs, 7), {"python3 again": build})
    work = f"python3 again, all variants ({yard.platform}), nothing changed"
    return Found(
        case="again", outcomes=(seconds(work, figures["python3 again"], 0.5),), figures=tuple(figures.values())
    )


def catalogue(yard: Yard, runs: int) -> Found:
    """The whole catalogue from its .debs, then once more."""
    out = yard.fresh("out-catalogue")

    def build(store: Path) -> Sample:
        return yard.build(store, out, "--all", "--arch", yard.arch)

    def cold() -> Sample:
        yard.fresh(out.name)
        return build(yard.seeded("store-catalogue", None, yard.architectures))

    first = alternate(1 if runs < 5 else 2, {"catalogue": cold}, warm_up=False)
    again = alternate(runs, {"catalogue again": lambda: build(yard.folder / "store-catalogue")})
    return Found(
        case="catalogue",
        outcomes=(
            seconds(f"the whole catalogue ({yard.arch}), .debs in the store", first["catalogue"], 240),
            seconds(f"the whole catalogue ({yard.arch}) again, nothing changed", again["catalogue again"], 5),
        ),
        figures=(*first.values(), *again.values()),
        facts={"images": len(yard.lock.images)},
    )


def changed(yard: Yard, runs: int) -> Found:
    """One package changed: what is made again of one distro's images."""
    names = sorted(image.name for image in yard.lock.images.values() if image.name.endswith(f"-{DISTRO}"))

    def build(lock: Path) -> Sample:
        return yard.build(
            yard.folder / "store-changed", yard.folder / "out-changed", *names, "--arch", yard.arch, lock=lock
        )

    def cold() -> Sample:
        yard.seeded("store-changed", names, yard.architectures)
        yard.fresh("out-changed")
        return build(yard.lock_path)

    def after() -> Sample:
        lock, fresh = with_another_libc(yard, DISTRO)
        for digest, data in fresh.items():
            place = yard.folder / "store-changed" / "blobs" / "sha256" / digest.hex[:2] / digest.hex
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return build(lock)

    figures = alternate(1 if runs < 5 else 2, {"one distro": cold, "libc6 changed": after}, warm_up=False)
    share = 100 * figures["libc6 changed"].wall_s / figures["one distro"].wall_s
    outcome = Outcome(
        work=f"libc6 changed: the catalogue of {DISTRO} ({yard.arch})", value=share, unit="%", most=20,
        detail=f"{said(figures['libc6 changed'])} of {said(figures['one distro'])}",
    )  # fmt: skip
    return Found(case="changed", outcomes=(outcome,), figures=tuple(figures.values()), facts={"images": len(names)})


def resolving(yard: Yard, runs: int) -> Found:
    """Deciding on the whole catalogue anew, indexes in the store; only the signed Releases are asked for."""
    folder = yard.fresh("deciding")
    folder.mkdir()

    def decide() -> Sample:
        (folder / "bareboat.lock").unlink(missing_ok=True)
        return yard.bareboat("lock", "--all", *ACCEPTED, cwd=folder)

    figures = alternate(min(runs, 3), {"lock --all": decide})
    work = "resolving the whole catalogue, indexes in the store"
    return Found(
        case="resolving", outcomes=(seconds(work, figures["lock --all"], 15),), figures=tuple(figures.values())
    )


def growth(yard: Yard, runs: int) -> Found:
    """How cost grows with the number of images, which differ by a file each."""
    figures: list[Figure] = []
    for count in (10, 100, 1000):
        figures += synthetic.grown(yard, count, min(runs, 3))
    return Found(case="growth", outcomes=tuple(seconds(one.name, one, None) for one in figures), figures=tuple(figures))


def size(yard: Yard, runs: int) -> Found:  # noqa: ARG001  a size is the same in every run
    """How large images are, compressed, and which packages the bytes are of."""
    images = [f"{name}-{DISTRO}" for name in SIZES]
    out = yard.fresh("out-size")
    yard.build(yard.seeded("store-size", images, ["amd64"]), out, *images, "--arch", "amd64")
    found = compressed_sizes(out, images)
    outcomes = [
        Outcome(
            work=f"{name} amd64, gzip", value=sum(layers.values()) / MB, unit="MB", most=most,
            detail=", ".join(f"{about} {size:,}" for about, size in layers.items()),
        )
        for (name, most), layers in zip(SIZES.items(), found.values(), strict=True)
    ]
    return Found(case="size", outcomes=tuple(outcomes), facts={"layers": found})


def memory(found: list[Found]) -> Found:
    """The most memory that any run of ours took, of all cases before; nothing when none was measured."""
    others = ("dpkg-deb", "mmdebstrap", *shipping.OTHERS)
    figures = [one for case in found for one in case.figures if one.name not in others]
    if not figures:
        return Found(case="memory", outcomes=())
    worst = max(figures, key=lambda one: one.peak_bytes)
    outcome = Outcome(
        work="peak memory of any of these", value=worst.peak_bytes / MIB, unit="MiB", most=600, detail=worst.name
    )
    return Found(case="memory", outcomes=(outcome,))


CASES: Mapping[str, Callable[[Yard, int], Found]] = {
    "start": start,
    "image": image,
    "again": again,
    "catalogue": catalogue,
    "changed": changed,
    "resolving": resolving,
    "size": size,
    "growth": growth,
    "push": shipping.push,
    "pull": shipping.pull,
    "serve": shipping.serve,
}

LEFTOVERS = ("store-image", "store-again", "store-catalogue", "store-changed", "store-size", "debs", "context",
             "out-image", "out-again", "out-catalogue", "out-changed", "out-size", "deciding", "synthetic")  # fmt: skip


def clear(folder: Path) -> None:
    """Take away what cases left in the yard; the lock stays."""
    for name in LEFTOVERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    shipping.clear(folder)
