"""A small catalogue, and configurations read against it, in one line each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from bareboat.base.errors import ConfigurationError
from bareboat.base.problem import Place, Problems
from bareboat.plan.catalog import Catalog
from bareboat.plan.config.config import Config, Omission
from bareboat.plan.config.nodes import Node
from bareboat.plan.config.reader import compose
from bareboat.plan.config.values import image_of
from bareboat.plan.config.yaml import parse_config
from bareboat.plan.distro import Distro
from bareboat.plan.inherit import config_recipes
from bareboat.plan.recipe import Recipe

FILE = "bareboat.yaml"

STATIC = """
from: scratch
title: nothing that runs
packages: [base-files, tzdata]
effects: [accounts]
accounts:
  users:
    - {name: root, uid: 0, gid: 0, home: /root}
    - {name: nonroot, uid: 65532, home: /home/nonroot, home-mode: "0755"}
  groups: [{name: root, gid: 0}]
env: {PATH: /usr/bin:/bin, SSL_CERT_FILE: /etc/ssl/certs/ca-certificates.crt}
debug: {packages: [busybox-static], effects: [busybox]}
distros:
  debian12: {architectures: [amd64, arm64, s390x]}
  debian13: {architectures: [amd64, arm64, s390x, riscv64], packages: [tzdata-legacy]}
  debian14: {architectures: [amd64, arm64]}
"""
BASE = """
from: static
title: glibc
packages: [libc6]
drop: [docs, man]
distros: {debian12: {}, debian13: {packages: [libssl3t64]}}
"""
PYTHON3 = """
from: base
title: Python 3
env: {LANG: C.UTF-8}
files: [{path: /usr/bin/python3, link: python3.13}]
annotations: {org.opencontainers.image.version: "${upstream:python3-minimal}"}
distros:
  debian12: {packages: [python3.11-minimal], aliases: [python3.11], entrypoint: [/usr/bin/python3.11]}
  debian13: {packages: [python3.13-minimal], aliases: [python3.13], entrypoint: [/usr/bin/python3.13]}
"""
JAVA17 = """
from: base
entrypoint: [/usr/bin/java, -jar]
packages: [openjdk-17-jre-headless]
debug: {packages: [openjdk-17-jdk-headless]}
distros: {debian12: {}}
"""
OMISSIONS = (
    Omission(package="debconf", reason="nothing is configured"),
    Omission(package="perl-base", reason="for scripts only"),
    Omission(package="old-thing", reason="debian12 alone has it", distros=("debian12",)),
)


def node_of(text: str, file: str = FILE) -> Node:
    """The nodes of faultless YAML."""
    problems = Problems()
    node = compose(text.encode(), file, problems)
    assert node is not None
    assert problems.found == ()
    return node


def some_distro(name: str, *, preview: bool = False, default: bool = False) -> Distro:
    """A distro without suites."""
    return Distro(
        name=name, title=name, version=name[-2:], codename=name, suites=(), merged_usr=True, preview=preview,
        default=default,
    )


def some_catalog(**images: str) -> Catalog:
    """The catalogue of `static`, `base`, `python3` and `java17`, with further images by name (`_` is `-`)."""
    texts = {"static": STATIC, "base": BASE, "python3": PYTHON3, "java17": JAVA17}
    texts |= {name.replace("_", "-"): text for name, text in images.items()}
    return Catalog(
        images=MappingProxyType(
            {name: image_of(node_of(text, f"catalog/{name}.yaml"), name) for name, text in sorted(texts.items())}
        ),
        omissions=OMISSIONS,
        distros=MappingProxyType({
            "debian12": some_distro("debian12"),
            "debian13": some_distro("debian13", default=True),
            "debian14": some_distro("debian14", preview=True),
        }),
    )


def config_of(text: str) -> Config:
    """The value of a faultless configuration."""
    return parse_config(text.encode(), FILE, some_catalog())


def recipes_of(text: str) -> dict[str, Recipe]:
    """The recipes of a faultless configuration, by name."""
    return {recipe.name: recipe for recipe in config_recipes(config_of(text), some_catalog())}


def faults_of(text: str | bytes) -> list[str]:
    """Every fault that a configuration has, of reading or of inheritance, without the file's name."""
    data = text if isinstance(text, bytes) else text.encode()
    try:
        config_recipes(parse_config(data, FILE, some_catalog()), some_catalog())
    except ConfigurationError as error:
        return [str(problem).removeprefix(f"{FILE}:").removeprefix(" ") for problem in error.problems]
    return []


def without_places(value: object) -> object:
    """`value` in lists and mappings, without the places in it and what was not said."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.compare}
        said = {name: item for name, item in fields.items() if not isinstance(item, Place)}
        return {type(value).__name__: {name: without_places(item) for name, item in said.items()}}
    if isinstance(value, Mapping):
        return {key: without_places(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [without_places(item) for item in value]
    return value
