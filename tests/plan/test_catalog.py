"""The catalogue that comes with Bareboat passes the same door as a user's file."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from bareboat.base.errors import InternalError, UsageError
from bareboat.base.problem import Problems
from bareboat.plan.catalog import OMISSIONS, catalog, image_names, load_catalog, read_data
from bareboat.plan.config.faults import find_image_faults, find_omission_faults
from bareboat.plan.distro import distros
from bareboat.plan.inherit import catalog_recipes
from tests.makers.catalog import some_catalog

FOLDER = resources.files("bareboat.catalog")


def test_every_file_of_the_catalogue_passes_the_door() -> None:
    problems = Problems()
    for name in image_names(FOLDER):
        find_image_faults(read_data(FOLDER, name), problems)
    omissions = read_data(FOLDER, OMISSIONS).value
    assert isinstance(omissions, list)
    for omission in omissions:
        find_omission_faults(omission, problems)
    assert problems.found == ()


def test_every_image_of_the_catalogue_becomes_a_recipe() -> None:
    recipes = catalog_recipes(catalog())
    assert len({recipe.name for recipe in recipes}) == len(recipes)
    assert {f"{image}-{distro}" for image in catalog().images for distro in catalog().distros_of(image)} == {
        recipe.name for recipe in recipes
    }


def test_every_omission_of_the_catalogue_is_said_once() -> None:
    packages = [(omission.package, omission.distros) for omission in catalog().omissions]
    assert len(set(packages)) == len(packages)


def test_javas_sound_is_known_to_be_without_its_library() -> None:
    """From Java 21 on the headless package ships libjsound.so and does not depend on what that needs."""
    accepted = {
        recipe.name: [(one.path, one.needs) for one in recipe.accept]
        for recipe in catalog_recipes(catalog())
        if recipe.accept
    }
    known = [("/usr/lib/jvm/*/lib/libjsound.so", "libasound.so.2")]
    assert accepted == dict.fromkeys(
        ["java21-debian13", "java21-debian14", "java25-debian13", "java25-debian14", "java26-debian14"], known
    )


def test_reading_the_catalogue_needs_no_pydantic() -> None:
    """It takes a tenth of a second to start, which a warm build has no use for."""
    code = (
        "import sys; from bareboat.plan.catalog import catalog; from bareboat.plan.inherit import catalog_recipes;"
        "import bareboat.plan.config.yaml; catalog_recipes(catalog()); sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_folder_is_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text("from: scratch\ntitle: Tiny\n")
    (tmp_path / "omissions.yaml").write_text("- {package: perl, reason: for scripts}\n")
    (tmp_path / "distros.yaml").write_text("not: read\n")
    (tmp_path / "notes.txt").write_text("not read")
    loaded = load_catalog(tmp_path, distros())
    assert {name: wish.title for name, wish in loaded.images.items()} == {"tiny": "Tiny"}
    assert [omission.package for omission in loaded.omissions] == ["perl"]


@pytest.mark.parametrize("text", ["a: [", "from: x\nfrom: y", "- x", "from: base\nfiles: [{path: ../x}]"])
def test_a_broken_file_is_our_own_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "tiny.yaml").write_text(text)
    loaded = load_catalog(tmp_path, distros())
    with pytest.raises(InternalError, match=r"catalog/tiny\.yaml"):
        loaded.images["tiny"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python3", ("python3", "debian13")),
        ("python3-debian12", ("python3", "debian12")),
        ("python3.13", ("python3", "debian13")),
        ("python3.11-debian12", ("python3", "debian12")),
    ],
)
def test_names_are_found_with_and_without_distro(name: str, expected: tuple[str, str]) -> None:
    assert some_catalog().find(name, "debian13") == expected


def test_an_image_of_the_name_outranks_an_alias() -> None:
    crowded = some_catalog(python3__13="{from: base, aliases: [python3.13], distros: {debian13: {}}}")
    assert crowded.find("python3.13", "debian13") == ("python3", "debian13")
    assert some_catalog(aaa="{from: base, aliases: [python3]}").find("python3", "debian13") == ("python3", "debian13")


def test_an_unknown_distro_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match='unknown distro "debian99"') as raised:
        some_catalog().find("python3-debian99", "debian13")
    assert raised.value.hint == "one of: debian12, debian13, debian14"
