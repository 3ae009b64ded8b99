"""The tests that come with the catalogue: every image has some, and each claims something of a real image."""

from __future__ import annotations

from importlib import resources

import pytest

from bareboat.base.errors import UsageError
from bareboat.inspect.structure.catalogue import FOLDER, catalogue_tests, files_about
from bareboat.oci.annotations import FORMAT, TITLE
from bareboat.plan.catalog import catalog
from bareboat.plan.config.config import Variant
from bareboat.plan.inherit import catalog_recipes

RECIPES = {recipe.name: recipe for recipe in catalog_recipes(catalog())}
PROGRAMS = {"python3", "python3.13", "java17", "java21", "java25", "java26", "nodejs22", "nodejs24", "nodejs26"}


def files_of(name: str) -> list[str]:
    return [tests.file.removeprefix("catalog/tests/") for tests in catalogue_tests(name, {TITLE: name, FORMAT: "1"})]


@pytest.mark.parametrize("name", catalog().images)
def test_every_image_of_the_catalogue_has_tests(name: str) -> None:
    assert files_about(name) != ()


def test_every_folder_of_tests_is_about_an_image() -> None:
    folders = {item.name for item in resources.files("bareboat.catalog").joinpath(FOLDER).iterdir()}

    assert folders == set(catalog().images)


def test_an_image_has_the_tests_of_those_it_is_built_on_but_for_what_is_their_own() -> None:
    files = files_of("python3-debian13")

    assert [file for file in files if "loader" not in file] == [
        "static/contents.yaml", "static/debug-nonroot.yaml", "static/debug.yaml", "static/nonroot.yaml",
        "static/plain.yaml", "static/root.yaml", "base-nossl/contents.yaml", "base/contents.yaml",
        "python3/itself.yaml", "python3/python.yaml",
    ]  # fmt: skip
    assert "static/itself.yaml" in files_of("static-debian13")


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("variant", Variant)
def test_every_variant_of_every_image_is_run_on_every_architecture(name: str, variant: Variant) -> None:
    """What has nothing to run, `static` without busybox, is looked at alone."""
    recipe = RECIPES[name]
    tests = catalogue_tests(name, {TITLE: f"{name}:{variant}", FORMAT: "1"})
    for architecture in recipe.architectures:
        commands = [
            command.name
            for one in tests
            for command in one.command_tests
            if str(variant) in (one.bareboat.when.variants or (str(variant),))
            and architecture in (one.bareboat.when.architectures or (architecture,))
        ]
        least = 0 if recipe.image == "static" and not variant.is_debug else 3 if recipe.image in PROGRAMS else 2
        assert len(commands) >= least, (architecture, commands)


@pytest.mark.parametrize("annotations", [{}, {TITLE: "python3-debian13"}, {TITLE: "orders-api", FORMAT: "1"}])
def test_an_image_of_others_has_no_tests(annotations: dict[str, str]) -> None:
    with pytest.raises(UsageError) as fault:
        catalogue_tests("app:latest", annotations)

    assert fault.value.message == "app:latest: no tests come with this image"
