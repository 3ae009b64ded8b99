"""By what programs of images are run, as the verbs `run` and `test` ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from bareboat.base.observer import Observer

if TYPE_CHECKING:
    from bareboat.ship.running.runner import Runner

ENGINES = ("docker", "podman", "sandbox")
"""What `--engine` takes."""


@contextmanager
def runner_for(engine: str | None, observer: Observer | None = None) -> Iterator[Runner]:
    """The runner that `--engine` names; else the first engine that answers, else a sandbox; closed at the end.

    Raises:
        UsageError: When there is no such engine.
        EngineError: When the engine that was asked for is not there.
    """
    from bareboat.base.errors import UsageError
    from bareboat.base.platform import architecture
    from bareboat.cli.engines import surroundings
    from bareboat.cli.options import this_platform
    from bareboat.cli.wiring import machine_store
    from bareboat.ship.engines.choose import RunnerName
    from bareboat.ship.engines.choose import runner_for as chosen

    if engine is not None and engine not in ENGINES:
        raise UsageError(f'there is no engine "{engine}"', hint=f"one of: {', '.join(ENGINES)}")
    runner = chosen(
        RunnerName(engine) if engine else None, surroundings(),
        host=architecture(this_platform().architecture), corner=machine_store().folder / "tmp", observer=observer,
    )  # fmt: skip
    with closing(runner):
        yield runner


def engine_name(runner: Runner) -> str:
    """What `--engine` calls `runner`: a sandbox is one, whoever makes it."""
    return runner.name if runner.name in ENGINES else "sandbox"
