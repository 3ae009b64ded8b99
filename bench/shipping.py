"""The cases of registries: push and pull beside skopeo and crane, and what two hundred clients cost who serves.

The registry is Debian's docker-registry on the loopback interface, which costs everybody the same; it starts empty for
every push, and starting it is not measured.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bareboat.base.platform import architecture
from bareboat.store.images import blobs_of
from bareboat.store.layout import Layout
from bench.changed import with_another_libc
from bench.measure import FailedError, Sample, alternate, run
from bench.result import MIB, Found, Outcome, seconds, times
from bench.yard import Yard
from tests.makers.distribution import distribution
from tests.makers.go_tool import CRANE, go_tool
from tests.makers.image import make_image, make_layout
from tests.makers.serving import serving

PYTHON = "python3-debian13"
IMAGE = f"{PYTHON}:latest"
IMAGES = 50
CLIENTS = 200
OTHERS = ("skopeo", "crane")
"""Whose memory is not ours."""

LEFTOVERS = ("store-ship", "out-ship", "alone", "registry", "many", "pulled", "store-pull", "rebuilt")


def push(yard: Yard, runs: int) -> Found:
    """An image of all architectures to an empty registry; what is there already; what one package changes."""
    alone = _built(yard)
    crane = go_tool(CRANE)

    def to_empty(command: Callable[[str], Sample]) -> Callable[[], Sample]:
        def once() -> Sample:
            with distribution(yard.fresh("registry")) as host:
                return command(host)

        return once

    figures = alternate(runs, {
        "bareboat push": to_empty(lambda host: yard.bareboat("push", alone, IMAGE, f"{host}/app:1")),
        "skopeo": to_empty(lambda host: run(
            ["skopeo", "copy", "--all", "--quiet", "--dest-tls-verify=false", f"oci:{alone}:{IMAGE}",
             f"docker://{host}/app:1"], cwd=yard.folder)),
        "crane": to_empty(lambda host: run([crane, "push", alone, f"{host}/app:1"], cwd=yard.folder)),
    })  # fmt: skip
    ours = figures["bareboat push"]
    work = f"push of python3 ({yard.platform}) to an empty registry, to"
    outcomes = [times(f"{work} {name}", figures[name], ours, 1) for name in OTHERS]
    again = _again(yard, runs)
    return Found(
        case="push",
        outcomes=(*outcomes, again.outcomes[0], _changed(yard)),
        figures=(*figures.values(), *again.figures),
    )


def pull(yard: Yard, runs: int) -> Found:
    """An image of all architectures out of a registry, into a layout that is new."""
    alone = _built(yard)
    crane = go_tool(CRANE)
    with distribution(yard.fresh("registry")) as host:
        yard.bareboat("push", alone, IMAGE, f"{host}/app:1")
        figures = alternate(runs, {
            "bareboat pull": lambda: yard.bareboat(
                "pull", f"{host}/app:1", "--out", yard.fresh("pulled"), store=yard.fresh("store-pull")
            ),
            "skopeo": lambda: run(
                ["skopeo", "copy", "--all", "--quiet", "--src-tls-verify=false", f"docker://{host}/app:1",
                 f"oci:{yard.fresh('pulled')}:app:1"], cwd=yard.folder),
            "crane": lambda: run(
                [crane, "pull", "--format", "oci", f"{host}/app:1", yard.fresh("pulled")], cwd=yard.folder),
        })  # fmt: skip
    work = f"pull of python3 ({yard.platform}), to"
    ours = figures["bareboat pull"]
    outcomes = [times(f"{work} {name}", figures[name], ours, 1 if name == "skopeo" else 0) for name in OTHERS]
    return Found(case="pull", outcomes=tuple(outcomes), figures=tuple(figures.values()))


def serve(yard: Yard, runs: int) -> Found:  # noqa: ARG001  so many clients are enough
    """Two hundred clients that pull python3 for one architecture from `serve` at the same time."""
    alone = _built(yard)
    here = architecture("amd64")
    yard.bareboat("copy", f"{alone}:{IMAGE}", f"oci:{yard.fresh('many')}:app:1", "--arch", here.oci)
    with serving(yard.folder / "many") as registry:
        command = [sys.executable, "-m", "tests.makers.many_clients", registry.host, "app", "1", str(CLIENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        peak = registry.peak_bytes
    if "." not in done.stdout:
        raise FailedError(done.stdout + done.stderr)
    took = float(done.stdout.splitlines()[-1])
    return Found(
        case="serve",
        outcomes=(
            Outcome(work=f"{CLIENTS} clients at once: failures", value=done.returncode, unit="", most=0),
            Outcome(work=f"{CLIENTS} clients at once: memory of serve", value=peak / MIB, unit="MiB", most=300),
            Outcome(work=f"{CLIENTS} clients at once: until all were done", value=took, unit="s"),
        ),
    )


def clear(folder: Path) -> None:
    """Take away what these cases left in the yard."""
    for name in LEFTOVERS:
        shutil.rmtree(folder / name, ignore_errors=True)


def _built(yard: Yard) -> Path:
    """A layout with `IMAGE` alone, for all architectures."""
    out, alone = yard.folder / "out-ship", yard.fresh("alone")
    if not out.exists():
        yard.build(yard.seeded("store-ship", [PYTHON], yard.platforms), out, PYTHON, "--arch", yard.platform)
    yard.bareboat("copy", f"{out}:{IMAGE}", f"oci:{alone}:{IMAGE}")
    return alone


def _again(yard: Yard, runs: int) -> Found:
    """Fifty images that are there already."""
    many = yard.fresh("many")
    make_layout(many, {f"app{number}:1": make_image([{"number": b"%d" % number}]) for number in range(IMAGES)})
    with distribution(yard.fresh("registry")) as host:
        yard.bareboat("push", many, host, "--all")
        figures = alternate(max(runs, 5), {"push again": lambda: yard.bareboat("push", many, host, "--all")})
    work = f"push of what is there already, {IMAGES} images"
    return Found(case="push", outcomes=(seconds(work, figures["push again"], 0.5),), figures=tuple(figures.values()))


def _changed(yard: Yard) -> Outcome:
    """libc6 changed: how many blobs are sent besides those that are others now."""
    with distribution(yard.fresh("registry")) as host:
        # The package is built anew for the architectures of whole catalogues.
        some = yard.fresh("alone")
        yard.build(yard.folder / "store-ship", some, PYTHON, "--arch", yard.arch)
        yard.bareboat("push", some, IMAGE, f"{host}/app:1")
        before = _blobs(some)
        lock, fresh = with_another_libc(yard, "debian13")
        for digest, data in fresh.items():
            place = yard.folder / "store-ship" / "blobs" / "sha256" / digest.hex[:2] / digest.hex
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        yard.build(yard.folder / "store-ship", some, PYTHON, "--arch", yard.arch, lock=lock)
        said = subprocess.run(
            [yard.program, "push", some, IMAGE, f"{host}/app:1", "--json"], capture_output=True, text=True, check=True
        ).stdout
    sent = json.loads(said)["sent"]
    changed = _blobs(some) - before
    return Outcome(
        work="push after libc6 changed: blobs that had not changed", value=sent["uploaded"] - len(changed), unit="",
        most=0, detail=f"{sent['uploaded']} sent, {sent['there']} there, {sent['bytes']:,} bytes",
    )  # fmt: skip


def _blobs(layout: Path) -> set[str]:
    """The configurations and layers of `IMAGE`."""
    store = Layout.at(layout)
    root = store.images[IMAGE]
    documents = {root.digest, *(one.digest for one in store.platforms(IMAGE))}
    return {str(blob.digest) for blob in blobs_of(store, [root]) if blob.digest not in documents}
