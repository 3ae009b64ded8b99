"""The catalogue's own structure tests, which lie beside its definitions, and which of them are about an image.

`catalog/tests/python3` holds files about the image `python3`; what they claim holds for images built on it as well, but
for `itself.yaml`, which is about that image alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from bareboat.base.errors import UsageError
from bareboat.inspect.structure.claims import StructureTests
from bareboat.inspect.structure.read import parse_tests
from bareboat.oci.annotations import FORMAT, TITLE
from bareboat.plan.catalog import catalog
from bareboat.plan.inherit import catalog_recipes

FOLDER = "tests"
ITSELF = "itself.yaml"

_SUFFIX = ".yaml"


def catalogue_tests(name: str, annotations: Mapping[str, str]) -> tuple[StructureTests, ...]:
    """The files about an image of the catalogue, those of the images that it is built on first.

    Args:
        name: What to call the image in an error.
        annotations: Of its manifest.

    Raises:
        UsageError: When it is none of the catalogue's.
    """
    title = annotations.get(TITLE, "").partition(":")[0] if FORMAT in annotations else ""
    chain = _chains().get(title)
    if chain is None:
        raise UsageError(f"{name}: no tests come with this image", hint="give a file of tests with --config")
    return tuple(tests for image in chain for tests in files_about(image) if image == chain[-1] or not _is_own(tests))


@cache
def files_about(image: str) -> tuple[StructureTests, ...]:
    """The files in the folder of one image of the catalogue, by name; none where it has no folder."""
    folder = resources.files("bareboat.catalog").joinpath(FOLDER, image)
    if not folder.is_dir():
        return ()
    files = sorted((item for item in folder.iterdir() if item.name.endswith(_SUFFIX)), key=_name)
    return tuple(parse_tests(item.read_bytes(), f"catalog/{FOLDER}/{image}/{item.name}") for item in files)


@cache
def _chains() -> Mapping[str, tuple[str, ...]]:
    """The images that each recipe of the catalogue is made of, the root first and itself last."""
    return {recipe.name: tuple(stage.name for stage in recipe.stages) for recipe in catalog_recipes(catalog())}


def _is_own(tests: StructureTests) -> bool:
    return tests.file.endswith(f"/{ITSELF}")


def _name(item: Traversable) -> str:
    return item.name
