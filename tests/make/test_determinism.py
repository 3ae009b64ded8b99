"""The same inputs give the same bytes, whatever surrounds the build: every build here is a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What must not count."""

    jobs: int = 1
    order: str = "forward"
    umask: int = 0o022
    environment: dict[str, str] = field(default_factory=dict)


HERE = Surroundings(environment={"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"})
ELSEWHERE = {
    "clock and language": Surroundings(environment={"TZ": "Pacific/Chatham", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}),
    "hash seed": Surroundings(environment={"PYTHONHASHSEED": "4711"}),
    "umask": Surroundings(umask=0o077),
    "workers": Surroundings(jobs=4),
    "order": Surroundings(order="backward"),
    "everything": Surroundings(
        jobs=4, order="backward", umask=0o000,
        environment={"TZ": "America/St_Johns", "LC_ALL": "POSIX", "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": "1"},
    ),
}  # fmt: skip


def built(folder: Path, surroundings: Surroundings) -> dict[str, str]:
    """What a build in `folder` gives; its store is there too, so that a second build is a warm one."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LD_LIBRARY_PATH")}
    environment = kept | {"HOME": str(folder), "PYTHONPATH": str(ROOT)} | surroundings.environment
    arguments = ["store", str(surroundings.jobs), surroundings.order]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.makers.twice", *arguments],
        cwd=folder, env=environment, umask=surroundings.umask, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts: dict[str, str] = json.loads(done.stdout)
    return facts


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Every path of every image that is not the same, with the fields that differ."""
    found = []
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key, "nothing"), other.get(key, "nothing")
        if left != right:
            found += [f"{key}: {line}" for line in _fields(left, right)]
    return found


def _fields(left: str, right: str) -> list[str]:
    if not (left.startswith("{") and right.startswith("{")):
        return [f"{left} is not {right}"]
    one, other = json.loads(left), json.loads(right)
    names = sorted(one.keys() | other.keys())
    return [f"{name}: {one.get(name)} is not {other.get(name)}" for name in names if one.get(name) != other.get(name)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return built(tmp_path_factory.mktemp("here"), HERE)


def test_the_catalogue_is_worth_comparing(expected: dict[str, str]) -> None:
    assert len([key for key in expected if key.endswith(" index")]) == 16
    assert len([key for key in expected if key.endswith(" whole")]) > 60
    assert "app:latest amd64 layer 2 /app/deep/ü" in expected


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_surrounds_a_build_does_not_count(name: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert differences(expected, built(tmp_path / "else where/é", ELSEWHERE[name])) == []


def test_a_warm_build_gives_what_the_cold_one_gave(expected: dict[str, str], tmp_path: Path) -> None:
    cold = built(tmp_path, HERE)
    warm = built(tmp_path, ELSEWHERE["everything"])

    assert differences(expected, cold) == []
    assert differences(cold, warm) == []


def test_a_difference_is_told_by_path_and_field() -> None:
    one = {"app layer 0 /a": '{"mode": 1, "uid": 0}', "app index": "x"}
    other = {"app layer 0 /a": '{"mode": 2, "uid": 0}', "app layer 0 /b": "{}"}

    assert differences(one, other) == [
        "app index: x is not nothing", "app layer 0 /a: mode: 1 is not 2", "app layer 0 /b: nothing is not {}",
    ]  # fmt: skip
