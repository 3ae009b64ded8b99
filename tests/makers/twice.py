"""Builds a small catalogue as a program of its own, for tests that build it again in other surroundings.

    python -m tests.makers.twice STORE JOBS ORDER

Prints one JSON mapping from what is in the images (`IMAGE:VARIANT ARCHITECTURE LAYER PATH`) to how it is.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

from bareboat.base.digest import Digest
from bareboat.make.build import Built, Wanted
from bareboat.make.layer import Layer
from bareboat.oci.media import Compression
from bareboat.oci.payload import unpacked
from bareboat.plan.config.config import Layers, LayerStrategy
from bareboat.plan.recipe import Recipe
from bareboat.store.blobs import read
from bareboat.store.disk import DiskStore
from tests.makers.bench import ACCOUNTS, Bench, MadeStage, make_file, make_lock, make_recipe, make_stage
from tests.makers.deb import file, hardlink, symlink
from tests.makers.elf import make_elf, make_library

_ARCHITECTURES = ("amd64", "arm64")
_EFFECTS = ("os-release", "accounts", "folders", "nsswitch", "ldcache")


def main(store: str, jobs: str, order: str) -> None:
    """Build and print."""
    folder = Path("configuration")
    _write_sources(folder)
    bench = Bench(store=DiskStore(Path(store)))
    recipes, stages = _catalog(bench)
    turn = slice(None, None, -1 if order == "backward" else 1)
    lock = make_lock({name: dict.fromkeys(_ARCHITECTURES[turn], stages[name]) for name in list(stages)[turn]})
    builder = bench.builder(lock, recipes, jobs=int(jobs), folder=folder)
    built = builder.build([Wanted(recipe=recipe, architectures=_ARCHITECTURES[turn]) for recipe in recipes[turn]])
    print(json.dumps({key: value for one in built for key, value in _facts(bench, one).items()}))


def _write_sources(folder: Path) -> None:
    (folder / "dist/deep").mkdir(parents=True, exist_ok=True)
    for name in ("b", "a", "deep/ü"):
        (folder / "dist" / name).write_text(name)
    (folder / "dist/a").chmod(0o755)


def _catalog(bench: Bench) -> tuple[list[Recipe], dict[str, list[MadeStage]]]:
    many = {f"/usr/share/many/{number}": bytes([number]) * number for number in range(200)}
    libraries = [
        bench.package(f"lib{name}", files={f"/lib/lib{name}.so.1": make_elf(make_library(f"lib{name}.so.1"))})
        for name in ("c", "b", "a")
    ]
    odd = bench.package(
        "odd",
        entries=[
            file("usr/m", b"linked" * 99), hardlink("usr/a", "usr/m"), symlink("usr/s", "m"), file("usr/é", b"", uid=7),
            file("usr/share/man/x", b"dropped"), hardlink("usr/kept", "usr/share/man/x"), file(f"usr/{'l' * 200}", b""),
            file("usr/x", b"", xattrs={"user.b": b"1", "user.a": b"2"}),
        ],
    )  # fmt: skip
    shared = [bench.package(name, files={"/etc/shared": b"same", f"/etc/{name}": name}) for name in ("two", "one")]
    static = make_stage(
        "static", bench.base_files(file("usr/lib/os-release", b"replaced")), odd, effects=_EFFECTS, accounts=ACCOUNTS,
    )  # fmt: skip
    base = make_stage("base", *libraries, *shared)
    app = make_stage(
        "app", bench.package("many", files=many),
        files=[make_file("/app", source="dist", owner="nonroot"), make_file("/etc/one", text="mine")],
    )  # fmt: skip
    busybox = bench.package("busybox-static", files={"/bin/busybox": b"[\0[[\0cat\0sh\0\0"})
    debug = make_stage("debug:static", busybox, effects=["busybox"])
    chains = {"static": [static], "base": [static, base], "app": [static, base, app]}
    parents = {"base": "static", "app": "base"}
    recipes = [
        make_recipe(name, chain, [debug], base=parents.get(name), architectures=_ARCHITECTURES)
        for name, chain in chains.items()
    ]
    one_each = Layers(strategy=LayerStrategy.package)
    recipes.append(make_recipe("packed", chains["app"], [debug], architectures=_ARCHITECTURES, layers=one_each))
    chains["packed"] = chains["app"]
    return recipes, {name: [*chain, debug] for name, chain in chains.items()}


def _facts(bench: Bench, built: Built) -> dict[str, str]:
    where = f"{built.recipe.name}:{built.variant}"
    facts = {f"{where} index": str(built.index.digest)}
    for architecture, image in sorted(built.images.items()):
        place = f"{where} {architecture}"
        facts[f"{place} manifest"] = read(bench.workshop.blobs, image.descriptor.digest).decode()
        facts[f"{place} config"] = read(bench.workshop.blobs, image.manifest.config.digest).decode()
        for number, layer in enumerate(image.layers):
            facts |= {f"{place} layer {number} {key}": value for key, value in _layer_facts(bench, layer).items()}
    return facts


def _layer_facts(bench: Bench, layer: Layer) -> dict[str, str]:
    with bench.workshop.blobs.open(layer.digest) as stream:
        data = unpacked(stream, Compression(layer.compression)).read()
    facts = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for item in archive:
            content = archive.extractfile(item) if item.isreg() else None
            facts[f"/{item.name}"] = json.dumps({
                **item.get_info(), "type": item.type.decode(), "pax": item.pax_headers, "offset": item.offset,
                "digest": str(Digest.of(content.read())) if content else None,
            })  # fmt: skip
    return facts | {"whole": str(layer.digest)}


if __name__ == "__main__":
    main(*sys.argv[1:])
