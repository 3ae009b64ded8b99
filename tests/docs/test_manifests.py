"""Manifests in the documentation fit the images of their page: names, variants, ports, users and commands."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bareboat.plan.catalog import catalog
from bareboat.plan.components import HEALTHCHECK, HEALTHCHECK_PROGRAM
from bareboat.plan.config.config import Variant
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.inherit import NONROOT_USER, config_recipes
from bareboat.plan.recipe import Recipe
from tests.docs.reading import ROOT, Block, blocks, blocks_of

PAGES = ("kubernetes", "docker-compose", "podman-quadlet", "aws-lambda", "cloud-run", "openshift")


def recipes_of(page: Path) -> dict[str, Recipe]:
    """The images of a page by name, the last of each."""
    found = {}
    for block in blocks_of(page):
        if block.language == "yaml":
            config = parse_config(block.text.encode(), str(block), catalog())
            found |= {recipe.image: recipe for recipe in config_recipes(config, catalog())}
    return found


def image_of(reference: str, page: Path) -> tuple[Recipe, Variant]:
    """The image of the page that a reference means."""
    name, _, tag = reference.rpartition("/")[2].partition(":")
    recipes = recipes_of(page)
    assert name in recipes, f"the page has no image {name}"
    assert Variant(tag) in recipes[name].variants
    return recipes[name], Variant(tag)


def has_component(recipe: Recipe) -> bool:
    return any(wish.name == HEALTHCHECK for stage in recipe.stages for wish in stage.upstream)


def mappings(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping inside a document."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from mappings(item)


def ports_in(container: dict[str, Any]) -> set[str]:
    """The ports that a container and its probes name."""
    found = {str(port["containerPort"]) for port in container.get("ports", []) if isinstance(port, dict)}
    probes = [container[key] for key in container if key.endswith("Probe")]
    return found | {str(probe["httpGet"]["port"]) for probe in probes if "httpGet" in probe}


def test_every_platform_has_a_page_with_an_image_and_a_manifest() -> None:
    for name in PAGES:
        languages = {block.language for block in blocks_of(ROOT / "docs" / "how-to" / f"{name}.md")}
        assert "yaml" in languages
        assert languages & {"yml", "ini"}


@pytest.mark.parametrize("block", blocks("yml"), ids=str)
def test_a_manifest_runs_images_of_its_page(block: Block) -> None:
    (document,) = yaml.safe_load_all(block.text)
    for container in mappings(document):
        commands = [probe["exec"]["command"] for probe in container.values() if _has_command(probe)]
        for command in commands:
            assert command[0] == HEALTHCHECK_PROGRAM
            assert any(has_component(recipe) for recipe in recipes_of(block.page).values())
        reference = container.get("image") or container.get("ImageUri")
        if reference is None:
            continue
        recipe, variant = image_of(reference, block.page)
        known = {port.partition("/")[0] for port in recipe.runs[variant].ports}
        published = {port.rpartition(":")[2] for port in container.get("ports", []) if isinstance(port, str)}
        assert ports_in(container) | published <= known
        if "Architectures" in container:
            assert set(container["Architectures"]) <= set(recipe.architectures)
        assert all(word.startswith("/") for word in container.get("command", []))
        if container.get("read_only"):
            assert container["tmpfs"] == ["/tmp"]


def _has_command(probe: object) -> bool:
    return isinstance(probe, dict) and isinstance(probe.get("exec"), dict)


@pytest.mark.parametrize("block", blocks("yml"), ids=str)
def test_a_pod_that_may_not_be_root_runs_a_variant_that_is_not(block: Block) -> None:
    document = yaml.safe_load(block.text)
    for pod in mappings(document):
        if "containers" not in pod:
            continue
        security = pod.get("securityContext", {})
        mounts = {volume["name"] for volume in pod.get("volumes", [])}
        for container in pod["containers"]:
            recipe, variant = image_of(container["image"], block.page)
            assert variant.is_nonroot
            assert recipe.runs[variant].user == NONROOT_USER, "a number, which runAsNonRoot can judge"
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= mounts
            if security.get("runAsNonRoot"):
                own = container["securityContext"]
                assert own["allowPrivilegeEscalation"] is False
                assert own["capabilities"] == {"drop": ["ALL"]}
                assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_deployment_is_restricted_as_the_pods_are_that_are_tested() -> None:
    """`tests/kubernetes` runs pods with these settings, and no others."""
    page = ROOT / "docs" / "how-to" / "kubernetes.md"
    (block,) = (one for one in blocks_of(page) if one.language == "yml")
    pod = yaml.safe_load(block.text)["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]


def test_services_depend_on_services_that_have_a_health_check() -> None:
    """Compose refuses to wait for one that has none."""
    page = ROOT / "docs" / "how-to" / "docker-compose.md"
    (block,) = (one for one in blocks_of(page) if one.language == "yml")
    services = yaml.safe_load(block.text)["services"]
    waited = {name for service in services.values() for name in service.get("depends_on", {})}
    assert waited
    for name in waited:
        recipe, variant = image_of(services[name]["image"], page)
        assert recipe.runs[variant].healthcheck is not None


@pytest.mark.parametrize("block", blocks("ini"), ids=str)
def test_a_quadlet_fits_its_image(block: Block) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block.text)
    container = unit["Container"]
    recipe, variant = image_of(container["Image"], block.page)
    port = container["PublishPort"].rpartition(":")[2]
    check = json.loads(container["HealthCmd"])

    assert f"{port}/tcp" in recipe.runs[variant].ports
    assert container["UserNS"] == f"keep-id:uid={NONROOT_USER},gid={NONROOT_USER}"
    assert check[0] == HEALTHCHECK_PROGRAM
    assert check[-1].startswith(f"http://127.0.0.1:{port}/")
    assert has_component(recipe)


def test_an_arbitrary_user_can_write_where_the_page_says_so() -> None:
    """Its group is 0, whatever its number is."""
    page = ROOT / "docs" / "how-to" / "openshift.md"
    (recipe,) = recipes_of(page).values()
    data = next(wish for stage in recipe.stages for wish in stage.files if wish.path == "data")

    assert data.owner is not None
    assert data.owner.partition(":")[2] == "0"
    assert data.mode is not None
    assert data.mode & 0o070 == 0o070
    assert recipe.runs[Variant.nonroot].env["HOME"] == "/tmp"


@pytest.mark.parametrize("name", PAGES)
def test_numbers_of_users_in_the_prose_are_those_of_images(name: str) -> None:
    text = (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")

    assert set(re.findall(r"\b65[0-9]{3}\b", text)) <= {NONROOT_USER}
