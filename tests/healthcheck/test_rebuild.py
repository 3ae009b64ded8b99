"""The carried programs are what their record says, and the pinned compiler makes the same bytes again."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

import pytest

from bareboat.base.path import image_path
from bareboat.base.platform import ARCHITECTURES, Architecture
from bareboat.make.facts import facts_of
from bareboat.plan.upstream import program
from scripts import build_healthcheck as builder

FOLDER = Path(str(resources.files("bareboat.catalog").joinpath("healthcheck")))
RECORD = json.loads((FOLDER / "build.json").read_text(encoding="utf-8"))
MOST_BYTES = 64 << 10


def test_there_is_one_for_every_architecture_and_none_besides() -> None:
    known = {arch.oci for arch in ARCHITECTURES}

    assert set(builder.TARGETS) == known
    assert set(program("healthcheck").pins["1"]) == known
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == {*known, "source"}


def test_the_record_is_of_these_bytes_and_this_source() -> None:
    programs = {name: (FOLDER / name / "healthcheck").read_bytes() for name in builder.TARGETS}

    assert builder.record_of(programs) == RECORD, "run `make healthcheck`"
    assert f'#define VERSION "{builder.VERSION}"' in (FOLDER / "source" / "checks.h").read_text()


@pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)
def test_each_is_a_small_static_program_of_its_architecture(arch: Architecture) -> None:
    data = (FOLDER / arch.oci / "healthcheck").read_bytes()
    facts = facts_of(data, image_path("healthcheck"), "the catalogue").elf

    assert len(data) < MOST_BYTES
    assert facts is not None
    assert (facts.machine, facts.bits, facts.little_endian) == (arch.elf_machine, arch.elf_bits, arch.little_endian)
    assert facts.interpreter is None
    assert not facts.needed


@pytest.mark.toolchain
@pytest.mark.parametrize("name", ["amd64", "s390x"])
def test_the_pinned_compiler_makes_the_same_bytes(name: str, tmp_path: Path) -> None:
    """One of either byte order; `make healthcheck` builds all of them."""
    assert builder.installed_version() == builder.TOOLCHAIN[1]

    made = builder.build(name, tmp_path / "healthcheck", tmp_path / "cache")

    assert hashlib.sha256(made).hexdigest() == RECORD["pins"]["1"]["files"][name]["healthcheck"]["sha256"]


def test_the_compiler_that_is_installed_is_the_one_that_is_recorded() -> None:
    pinned = (Path(builder.__file__).parents[1] / "requirements/healthcheck.txt").read_text().split()[0]

    assert pinned == "==".join(builder.TOOLCHAIN)
