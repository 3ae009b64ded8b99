"""The images of the catalogue as users get them: built by the command, into one layout for all workers of a run."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bareboat.base.platform import Architecture, architecture
from bareboat.inspect.chosen import chosen_image
from bareboat.oci.config import ImageConfig
from bareboat.oci.descriptor import Platform
from bareboat.plan.catalog import catalog
from bareboat.plan.inherit import catalog_recipes
from bareboat.plan.recipe import Recipe
from bareboat.store.layout import Layout
from tests.scale.sizes import ARCHITECTURES, is_wanted

UNSAFE = ("--unsafe-expired", "--unsafe-missing")
"""What is looked at are programs, not fixes: a mirror in the middle of an update will do."""


@dataclass(frozen=True)
class Root:
    """The root filesystem of an image in a folder, with the configuration that containers get."""

    folder: Path
    config: ImageConfig


@dataclass(frozen=True)
class Catalogue:
    """A layout with every image that is asked about."""

    layout: Path

    @contextmanager
    def root(self, image: str, arch: Architecture, folder: Path) -> Iterator[Root]:
        """The root filesystem of `image` (`name:variant`) below `folder`, gone afterwards."""
        folder.mkdir(exist_ok=True)
        store = Layout.at(self.layout)
        place = folder / f"{image.replace(':', '-')}-{arch}"
        bareboat(folder, "export", self.layout, image, place, "--platform", arch.platform)
        try:
            yield Root(place, chosen_image(store, image, Platform.of(arch)).config)
        finally:
            shutil.rmtree(place)


def built(folder: Path, recipes: Sequence[Recipe]) -> Catalogue:
    """Build the two variants that are asked about, once, whoever comes first."""
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not done.exists():
            names = [f"{recipe.name}:{variant}" for recipe in recipes for variant in variants_of(recipe)]
            found = {name for recipe in recipes for name in recipe.architectures} & set(ARCHITECTURES)
            bareboat(folder, "build", *names, "--arch", ",".join(sorted(found)), "--out", "out", "--quiet", *UNSAFE)
            done.touch()
    return Catalogue(folder / "out")


def variants_of(recipe: Recipe) -> tuple[str, ...]:
    """What is asked about: what most people run, and busybox once for each distro."""
    return ("debug-nonroot",) if recipe.image == "static" else ("nonroot",)


def chosen_recipes() -> tuple[Recipe, ...]:
    """The images of the catalogue that this run looks at."""
    return tuple(recipe for recipe in catalog_recipes(catalog()) if is_wanted(recipe.name))


def chosen_platforms(*images: str) -> list[tuple[Recipe, Architecture]]:
    """Every image called one of `images`, or beginning with it, for each architecture that it has."""
    return [
        (recipe, architecture(name))
        for recipe in chosen_recipes()
        if recipe.image.startswith(images)
        for name in recipe.architectures
        if name in ARCHITECTURES
    ]


def bareboat(folder: Path, *arguments: str | Path) -> None:
    """The command, run in `folder`."""
    command = [sys.executable, "-m", "bareboat", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"bareboat {' '.join(map(str, arguments))}: {done.stderr[-4000:]}"
