"""What a container gets of an image that stands on a base image: the base's own words, with ours over them.

As `FROM` has it in a Dockerfile: https://docs.docker.com/reference/dockerfile/#from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bareboat.oci import annotations as names
from bareboat.oci.config import Execution
from bareboat.oci.config import Healthcheck as OciHealthcheck
from bareboat.plan.config.config import Healthcheck, Variant
from bareboat.plan.recipe import RunConfig

_INHERITED = re.compile(r"\$\{(?!arch\}|gnu\}|oci-arch\})([A-Za-z_][A-Za-z0-9_]*)\}")
_ROOT_NAMES = ("", "0", "root")

# What a runtime takes where an image says nothing (containerd, `oci.WithDefaultPathEnv`).
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_ABOUT_THE_BASE = (names.TITLE, names.VERSION, names.CREATED)
"""Labels that say what the base image is, which ours is not."""


def run_over(run: RunConfig, base: Execution, variant: Variant) -> RunConfig:
    """`run` with everything that it does not speak of as `base` has it.

    - `env`, `labels`, `ports` and `volumes` are added to the base's, one of the same name takes its place, and
      `${NAME}` stands for the base's value.
    - `entrypoint` takes the base's `cmd` away too.
    - A nonroot variant has the base's user unless that is root.
    """
    said = run.said
    is_own_program = "entrypoint" in said
    user = run.user
    if "user" not in said and (not variant.is_nonroot or base.user.partition(":")[0] not in _ROOT_NAMES):
        user = base.user
    return replace(
        run,
        env=_environment(run.env, base.environment),
        entrypoint=run.entrypoint if is_own_program else base.entrypoint,
        cmd=run.cmd if is_own_program or "cmd" in said else base.cmd,
        user=user,
        workdir=run.workdir if "workdir" in said else base.working_dir or run.workdir,
        ports=tuple(dict.fromkeys([*base.exposed_ports, *run.ports])),
        volumes=tuple(dict.fromkeys([*base.volumes, *run.volumes])),
        labels=MappingProxyType({**_kept(base.labels), **run.labels}),
        stop_signal=run.stop_signal if "stop-signal" in said else base.stop_signal,
        healthcheck=run.healthcheck if "healthcheck" in said else _healthcheck(base.healthcheck),
    )


def _environment(own: Mapping[str, str], base: Mapping[str, str]) -> Mapping[str, str]:
    known = {"PATH": _DEFAULT_PATH, **base}
    filled = {key: _INHERITED.sub(lambda match: known.get(match[1], match[0]), text) for key, text in own.items()}
    return MappingProxyType({**base, **filled})


def _kept(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in labels.items() if key not in _ABOUT_THE_BASE}


def _healthcheck(said: OciHealthcheck | None) -> Healthcheck | None:
    if said is None:
        return None
    return Healthcheck(
        test=said.test,
        interval_ns=said.interval_ns or None,
        timeout_ns=said.timeout_ns or None,
        start_period_ns=said.start_period_ns or None,
        start_interval_ns=said.start_interval_ns or None,
        retries=said.retries or None,
    )
