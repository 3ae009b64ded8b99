"""What a container gets of an image that stands on a base image, word by word as `FROM` has it."""

from __future__ import annotations

from typing import Any

import pytest

from bareboat.make.base_run import run_over
from bareboat.oci.config import Execution
from bareboat.oci.config import Healthcheck as OciHealthcheck
from bareboat.plan.config.config import Healthcheck, Variant
from bareboat.plan.recipe import RunConfig

BASE = Execution(
    user="1000:1000", env=("PATH=/opt/bin", "A=base", "B=base"), entrypoint=("/base",), cmd=("--base",),
    working_dir="/srv", labels={"a": "base", "org.opencontainers.image.version": "7"}, exposed_ports=("80/tcp",),
    volumes=("/data",), stop_signal="SIGQUIT", healthcheck=OciHealthcheck(test=("CMD", "/base", "ping"), retries=3),
)  # fmt: skip
NOTHING = Execution()


def over(base: Execution = BASE, variant: Variant = Variant.latest, **said: Any) -> RunConfig:
    """A run that says `said` and nothing else; user and folder are what `plan.inherit` gives where nobody says."""
    keys = {key.replace("_", "-") for key in said}
    silent = {"user": "65532" if variant.is_nonroot else "0", "workdir": "/"}
    return run_over(RunConfig(**{**silent, **said}, said=frozenset(keys)), base, variant)


def test_what_is_not_said_is_the_bases() -> None:
    assert over() == RunConfig(
        env={"PATH": "/opt/bin", "A": "base", "B": "base"}, entrypoint=("/base",), cmd=("--base",), user="1000:1000",
        workdir="/srv", ports=("80/tcp",), volumes=("/data",), labels={"a": "base"}, stop_signal="SIGQUIT",
        healthcheck=Healthcheck(test=("CMD", "/base", "ping"), retries=3),
    )  # fmt: skip


def test_a_base_that_says_nothing_leaves_ours() -> None:
    assert over(NOTHING) == RunConfig(user="", workdir="/")


@pytest.mark.parametrize(
    ("said", "entrypoint", "cmd"),
    [
        ({}, ("/base",), ("--base",)),
        ({"cmd": ("--ours",)}, ("/base",), ("--ours",)),
        ({"cmd": ()}, ("/base",), ()),
        ({"entrypoint": ("/ours",)}, ("/ours",), ()),
        ({"entrypoint": ("/ours",), "cmd": ("--ours",)}, ("/ours",), ("--ours",)),
        ({"entrypoint": ()}, (), ()),
    ],
)
def test_an_entrypoint_takes_the_bases_command_away(
    said: dict[str, Any], entrypoint: tuple[str, ...], cmd: tuple[str, ...]
) -> None:
    run = over(**said)
    assert (run.entrypoint, run.cmd) == (entrypoint, cmd)


@pytest.mark.parametrize(
    ("base", "variant", "said", "user"),
    [
        ("1000", Variant.latest, {}, "1000"),
        ("1000", Variant.nonroot, {}, "1000"),
        ("", Variant.latest, {}, ""),
        ("", Variant.nonroot, {}, "65532"),
        ("root", Variant.nonroot, {}, "65532"),
        ("0:0", Variant.nonroot, {}, "65532"),
        ("app", Variant.debug_nonroot, {}, "app"),
        ("1000", Variant.latest, {"user": "7"}, "7"),
        ("1000", Variant.nonroot, {"user": "7"}, "7"),
    ],
)
def test_a_nonroot_variant_never_runs_as_the_bases_root(
    base: str, variant: Variant, said: dict[str, Any], user: str
) -> None:
    assert over(Execution(user=base), variant, **said).user == user


def test_what_is_a_set_is_added_and_what_has_a_name_is_replaced_where_it_stands() -> None:
    run = over(env={"B": "ours", "C": "new"}, labels={"a": "ours"}, ports=("80/tcp", "81/tcp"), volumes=("/more",))

    assert list(run.env.items()) == [("PATH", "/opt/bin"), ("A", "base"), ("B", "ours"), ("C", "new")]
    assert run.labels == {"a": "ours"}
    assert (run.ports, run.volumes) == (("80/tcp", "81/tcp"), ("/data", "/more"))


@pytest.mark.parametrize(
    ("base", "text", "value"),
    [
        (BASE, "/app:${PATH}", "/app:/opt/bin"),
        (NOTHING, "${PATH}:/busybox", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox"),
        (BASE, "${A}-${arch}-${UNKNOWN}", "base-${arch}-${UNKNOWN}"),
    ],
)
def test_a_name_stands_for_the_bases_value(base: Execution, text: str, value: str) -> None:
    assert over(base, env={"X": text}).env["X"] == value


@pytest.mark.parametrize(("said", "expected"), [({}, "SIGQUIT"), ({"stop_signal": ""}, "")])
def test_what_is_cleared_is_not_inherited(said: dict[str, Any], expected: str) -> None:
    assert over(**said).stop_signal == expected


def test_a_health_check_that_is_taken_away_is_not_inherited() -> None:
    assert over(healthcheck=None).healthcheck is None
